"""What a run tells: its means at the images that are compared, the terms of its ELBO and, with labels, MIG."""

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.codes import Codes, read_codes
from tcvae_cli.progress import Note, quiet, silent
from tcvae_cli.verbs.decompose import decompose
from tcvae_cli.verbs.inputs import AnyPath, run_in
from tcvae_cli.verbs.mig import mig
from tcvae_cli.verbs.rank_beside import Beside, Terms
from tcvae_cli.verbs.rank_entrants import Entrant
from tcvae_cli.verbs.rank_sample import Labels, Sample
from tcvae_cli.verbs.record import Origin, origin, origin_of

if TYPE_CHECKING:
    from torch import Tensor

    from tcvae_cli.files.data_sets import DataSet

BLOCK = 1_000  # images that are encoded at once


@dataclass(frozen=True, eq=False)
class Reading:
    """What is kept of a run: the ranks of its active means (image, active), and numbers."""

    entrant: Entrant
    ranks: "Tensor" = field(repr=False)
    active_latents: tuple[int, ...]
    terms: Terms
    mig: float | None
    rows: int  # all images
    labelled: bool  # whether it tells the factors of its images
    origin: Origin
    notes: tuple[str, ...] = ()  # what a person should know of its numbers


@dataclass(frozen=True)
class Reader:
    """How runs are read."""

    data: "DataSet | AnyPath | None"  # that runs are encoded on, None where it is the one that each remembers
    factors: "DataSet | None"  # that has the classes, None where codes have them
    images: int
    seed: int
    active: float
    device: str
    note: Note = quiet  # told of the run that is read

    def read(self, entrant: Entrant, sample: Sample | None) -> tuple[Reading, Sample]:
        """Return what a run tells at the images of the SAMPLE, which the first run draws."""
        said: list[str] = []
        reader = replace(self, note=said.append)
        if entrant.is_run:
            found, sample = reader.read_run(entrant, sample)
        else:
            codes = entrant.given if isinstance(entrant.given, Codes) else read_codes(entrant.name)
            found, sample = reader.read_codes(entrant, codes, sample)
        return replace(found, notes=tuple(said)), sample

    def read_codes(self, entrant: Entrant, codes: Codes, sample: Sample | None) -> tuple[Reading, Sample]:
        """Return what codes tell."""
        labels = None if codes.factor_classes is None else (codes.factor_classes, codes.factor_values)
        sample = self.sample_of(entrant, len(codes.mean), codes.probability, labels, sample)
        found = decompose(codes, device=self.device, note=self.note)
        terms = Terms(
            found.total_correlation,
            found.standard_error,
            tuple(np.asarray(found.kl_per_latent).tolist()),
            found.elbo,
        )
        means = self.ranked(codes.mean[sample.chosen], codes.log_std[sample.chosen], sample)
        known, made = labels is not None, origin_of(codes)
        return Reading(entrant, *means, terms, self.mig_of(codes), sample.rows, known, made), sample

    def read_run(self, entrant: Entrant, sample: Sample | None) -> tuple[Reading, Sample]:
        """Return what a run tells; where its results lie beside it, only the images of the sample are encoded."""
        from tcvae_cli.verbs.encode import encode, open_images_of
        from tcvae_cli.verbs.shared_images import intensities

        run = run_in(entrant.given, self.device)  # type: ignore[arg-type]
        with open_images_of(run, self.data, silent) as data:
            beside = Beside(os.path.dirname(entrant.name), run.header)
            own = data.digest == run.header.data.digest
            terms, gap = (beside.terms(), beside.mig()) if own and self.factors is None else (None, None)
            labelled = data.classes is not None and bool(data.description.scored_factors)
            if terms is None or (labelled and gap is None):
                return self.read_codes(entrant, encode(run, data), sample)
            labels = None if data.classes is None else (data.classes, None)
            sample = self.sample_of(entrant, data.description.rows, data.probability, labels, sample)
            rows = sample.chosen.tolist()
            blocks = [run.posterior(intensities(data, rows[at : at + BLOCK])) for at in range(0, len(rows), BLOCK)]
            mean, log_std = (np.concatenate([getattr(one, name) for one in blocks]) for name in ("mean", "log_std"))
            means, made = self.ranked(mean, log_std, sample), origin(data.header(), run.header)
            return Reading(entrant, *means, terms, gap, sample.rows, labels is not None, made), sample

    def sample_of(
        self, entrant: Entrant, rows: int, probability: Array | None, labels: Labels | None, sample: Sample | None
    ) -> Sample:
        """Return the images that are compared, drawn if this is the first run. TcvaeError for a run on others."""
        if sample is None:
            sample = Sample.drawn(rows, probability, self.images, self.seed)
        sample.check(rows, probability, entrant.where)
        return sample.labelled(labels, entrant.where)

    def ranked(self, mean: Array, log_std: Array, sample: Sample) -> "tuple[Tensor, tuple[int, ...]]":
        """Return the ranks of the active means (image, active), and which latents these are."""
        import torch

        from tcvae_cli.estimators.activity import active_latents
        from tcvae_cli.estimators.scores.udr import rank_codes

        means, widths, weights = torch.from_numpy(mean), torch.from_numpy(log_std), sample.weights()
        likely = torch.full((len(mean),), 1 / len(mean), dtype=torch.float64) if weights is None else weights
        active = active_latents(means, widths, likely, self.active)
        return rank_codes(means[:, active], weights), tuple(active.nonzero().squeeze(1).tolist())

    def mig_of(self, codes: Codes) -> float | None:
        """Return MIG where the factors are known; NOTE is told of those that give none, unless they were asked for."""
        if self.factors is None and (codes.factor_classes is None or not codes.scored_factors):
            return None
        try:
            return mig(codes, factors=self.factors, device=self.device, note=self.note).mig
        except TcvaeError as error:
            if self.factors is not None:
                raise
            self.note(f"no MIG beside the ranks: {error.fault}")
            return None
