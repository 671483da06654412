"""What is known of each latent of a run: by what the run remembers, and by a sample of its data set."""

from dataclasses import dataclass

import numpy as np

from tcvae_cli.arrays import MISSING
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.codes import Codes
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.progress import quiet
from tcvae_cli.results.naming import factor_told
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.decoding import active_of, kl_of
from tcvae_cli.verbs.match import latents_of
from tcvae_cli.verbs.mig import mig
from tcvae_cli.verbs.sampled_codes import sample_of, sampled_codes

SAMPLE = 5_000  # images, drawn by seed 0: of so many, naming latents takes a second or two
BINS = 20  # into which factors of more classes are cut, so that each has images enough in the sample


@dataclass(frozen=True)
class LatentsTold:
    """The KL in nats (NaN: not known), activity, and factor that it tells most of ("": none) of each latent."""

    kl: list[float]
    active: list[bool] | None
    factors: list[str] | None = None
    sample: int = 0  # images that were looked at


def needs_images(run: Run) -> bool:
    """Return whether a data set would tell more than the run remembers: it is a checkpoint, or there are factors."""
    return active_of(run, 0) is None or bool(run.header.data.factor_names)


def latents_told(run: Run, data: DataSet | None, active: float) -> LatentsTold:
    """Return what is known of the latents of a run.

    KL and activity (see `estimators.activity`, by the share ACTIVE) are those of its end, if the run remembers them;
    else, and for the factors, they are those of 5,000 images of DATA.
    """
    kl, known = kl_of(run), active_of(run, active)
    sample = None if data is None else sample_of(data, SAMPLE)
    codes = None if sample is None else sampled_codes(run, sample)
    if codes is None:
        return LatentsTold(kl, known)
    if known is None:
        its = latents_of(codes, active)
        known = its.active.tolist()
        kl = its.kl.tolist() if np.isnan(kl).all() else kl
    return LatentsTold(kl, known, most_told(codes), len(codes.mean))


def most_told(codes: Codes) -> list[str] | None:
    """Return the factor that each latent tells most of, "" for none; None where no factor can be told from images.

    That is a factor of one class only, or of a class of its own for most images, as a number of the image has.
    """
    if codes.factor_classes is None:
        return None
    counts = [len(np.unique(column[column != MISSING])) for column in codes.factor_classes.T]
    pairs = zip(codes.factor_names, counts, strict=True)
    telling = [
        name for name, count in pairs if count > 1 and (name in codes.scored_factors or count <= len(codes.mean) / 2)
    ]
    try:
        gap = mig(codes, factor=telling, factor_bins=BINS, device="cpu", note=quiet) if telling else None
    except TcvaeError:  # such as a factor without a label in the sample
        return None
    if gap is None:
        return None
    shares = (gap.mutual_information / gap.factor_entropy[:, None]).tolist()
    return [factor_told(gap.factors, shares, latent) for latent in range(gap.latents)]
