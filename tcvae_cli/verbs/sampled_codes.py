"""Codes of a sample of a data set, by which a run is watched or its latents are named, in bounded work."""

from dataclasses import dataclass, replace

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.files.codes import Codes, FlowTensors
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.files.headers import CodesHeader, DataHeader
from tcvae_cli.training.checkpoint import flow_of
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.shared_images import sampled_rows


@dataclass(frozen=True, eq=False)
class Sample:
    """Some images of a data set with all that is known of them."""

    images: Array  # as stored, uint8
    classes: Array | None
    probability: Array | None  # sums to 1
    data: DataHeader  # of the data set, with the rows of the sample


def sample_of(data: DataSet, most: int) -> Sample:
    """Draw MOST images of a data set without repetition, by seed 0, all if there are no more, none of probability 0."""
    rows = sampled_rows(data, most)
    likely = None if data.probability is None else data.probability[rows]
    return Sample(
        images=data.rows(rows),
        classes=None if data.classes is None else data.classes[rows],
        probability=None if likely is None else likely / likely.sum(),
        data=replace(data.header(), rows=len(rows)),
    )


def sampled_codes(run: Run, sample: Sample) -> Codes | None:
    """Return what a run makes of a sample, None where that is not finite."""
    encoded, flow = run.posterior(sample.images), flow_of(run.model)
    mean, log_std = np.asarray(encoded.mean), np.asarray(encoded.log_std)
    if not (np.isfinite(mean).all() and np.isfinite(log_std).all()):
        return None
    return Codes(
        mean=mean,
        log_std=log_std,
        factor_classes=sample.classes,
        probability=sample.probability,
        flow=FlowTensors(*flow.values()) if flow else None,
        header=CodesHeader(run.settings.posterior, run.settings.prior, run.header.settings, data=sample.data),
    )
