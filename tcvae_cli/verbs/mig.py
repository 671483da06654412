"""Measure the mutual information gap of codes: eq. 5 and 6 of Chen et al. 2018, with its relatives."""

import math
import numbers
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.arrays import Array
from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.machine import start_torch
from tcvae_cli.progress import Note, Progress, heard, silent, warn
from tcvae_cli.text import listed
from tcvae_cli.verbs.checks import check_number, check_seed, check_share, check_word, shown
from tcvae_cli.verbs.factors import Labels, check_bins, choose_factors
from tcvae_cli.verbs.inputs import AnyPath, codes_in, data_in, posterior_of
from tcvae_cli.verbs.mig_result import MigResult
from tcvae_cli.verbs.record import origin_of

if TYPE_CHECKING:
    from tcvae_cli.estimators.information import Entropies, Method
    from tcvae_cli.estimators.mig import InformationGap
    from tcvae_cli.estimators.posterior import Posterior
    from tcvae_cli.files.codes import Codes
    from tcvae_cli.files.data_sets import DataSet

METHODS = ("exact", "monte-carlo", "histogram")
COUNTING_GAP = 0.1  # of H(v): a smaller one hardly raises MIG, and wins are often by chance there


def mig(
    codes: "Codes | AnyPath",
    *,
    factors: "DataSet | AnyPath | None" = None,
    factor: Sequence[str] | str | None = None,
    method: str = "exact",
    tolerance: float | None = None,
    samples: int = 10_000,
    seed: int = 0,
    bins: int = 20,
    factor_bins: int | None = None,
    ceiling: bool = False,
    active: float = ACTIVE_SHARE,
    device: str = "auto",
    progress: Progress = silent,
    note: Note = warn,
) -> MigResult:
    """Return the mutual information gap of some codes on their full aggregated posterior, per factor and mean.

    factors: the data set with the classes of the factors; without it they are those that the codes carry.
    factor: the names of the factors to score; without it those that the data set says are scored.
    method: "exact" integrates, until no entropy moves more than TOLERANCE nats if one is given; "monte-carlo" draws
    SAMPLES per entropy by SEED; "histogram" cuts the means into BINS. factor_bins: cut each factor of more classes into
    so many bins of equal count, for factors of real values. ceiling: find the largest gap that the images of
    the data set allow. active: the share of its variance that the mean of an active latent has at least.
    device: "auto", "cpu" or "cuda", where densities are computed.
    Errors: ArgumentError, and TcvaeError that names the file.
    """
    check_arguments(method, tolerance, samples, bins, active)
    check_bins(factor_bins)
    seed = check_seed(seed)
    note, said = heard(note)
    if ceiling and factors is None:
        raise ArgumentError("ceiling", "needs the images", "name their data set with {factors}")
    with data_in(factors, "factors", progress) as data:
        codes = codes_in(codes)
        labels = choose_factors(codes, data, factor, factor_bins)
        check_labels(labels, note)
        place = start_torch(device)
        posterior = posterior_of(codes, note, "cpu" if method == "histogram" else place)
        ceilings = largest_gaps(data, labels.classes, posterior, progress) if ceiling and data is not None else None
    way = method_of(method, tolerance, samples, seed, bins)
    gap, found = measure(posterior, labels.classes, way, tolerance, progress)
    refuse_drowned(found, gap, labels.names, method, codes.where)
    moved = move_of(found) if method == "exact" else None
    if tolerance is not None and (moved or 0) >= tolerance:
        note(f"an entropy still moved by {moved:.0e} nats, more than asked for: rounding allows no better")
    kin = relatives(gap, posterior, active)
    for sentence in mixed_latents(gap, labels.names, kin["mig_sup"]):
        note(sentence)
    return MigResult(
        estimator=method,
        mig=float(gap.mig),
        factors=labels.names,
        standard_error=error_of(found, gap) if method == "monte-carlo" else None,
        quadrature_error=moved,
        **arrays_of(gap),
        **kin,
        jemmig=jemmig_of(gap, None if method == "histogram" else posterior, labels.classes, progress),
        ceiling=ceilings,
        rows=len(codes.mean),
        rows_used=labels.rows_used,
        latents=codes.mean.shape[1],
        samples=samples if method == "monte-carlo" else None,
        bins=bins if method == "histogram" else None,
        factor_bins=factor_bins,
        seed=seed if method == "monte-carlo" else None,
        active=float(active),
        notes=tuple(said) or None,
        origin=origin_of(codes),
    )


def check_arguments(method: str, tolerance: float | None, samples: int, bins: int, active: float) -> None:
    """Raise ArgumentError for what no codes can be measured with."""
    check_word("method", method, METHODS)
    if tolerance is not None and not (isinstance(tolerance, numbers.Real) and 0 < tolerance < float("inf")):
        raise ArgumentError("tolerance", f"is {shown(tolerance)}", "give a number of nats above 0, such as 1e-8")
    check_number("samples", samples, 2, 1_000_000)
    check_number("bins", bins, 2, 1_000_000)
    check_share(active)


def check_labels(labels: Labels, note: Note) -> None:
    """Note what the classes of the factors are worth, and raise TcvaeError for one of single images."""
    if (single := labels.single_images()) is not None:
        raise single
    for sentence in labels.notes():
        note(sentence)


def method_of(method: str, tolerance: float | None, samples: int, seed: int, bins: int) -> "Method":
    """Return the way of estimating entropies by its name."""
    from tcvae_cli.estimators import information

    if method == "exact":
        return information.by_quadrature(tolerance)
    return information.by_sampling(samples, seed) if method == "monte-carlo" else information.by_histogram(bins)


def measure(
    posterior: "Posterior", classes: Array, method: "Method", tolerance: float | None, progress: Progress
) -> "tuple[InformationGap, Entropies]":
    """Return the gap by some METHOD, and the entropies that it follows from."""
    import torch

    from tcvae_cli.estimators.information import labelled_subsets, mutual_information_gap

    labels = torch.from_numpy(classes)
    latents = len(list(labelled_subsets(labels))) * posterior.mean.shape[1]
    with progress("measuring", None if tolerance is not None else latents) as advance:  # who knows in how many rounds?
        return mutual_information_gap(posterior, labels, method, advance)


def refuse_drowned(found: "Entropies", gap: "InformationGap", names: tuple[str, ...], method: str, where: str) -> None:
    """Raise TcvaeError for a factor of so little entropy that information, as a share of it, would be noise."""
    from tcvae_cli.estimators.information import drowned

    for factor in drowned(found, gap).nonzero().flatten().tolist():
        by_sampling = method == "monte-carlo"
        fault = f"H(v) of factor {names[factor]} is {float(found.factor[factor]):.1e} nats, less than what "
        fault += f"{'sampling' if by_sampling else 'rounding'} leaves uncertain of information"
        cure = "integrate with {method=exact}, or leave it out" if by_sampling else "leave it out"
        raise TcvaeError(where, fault, f"{cure}: name others by {{factor}}")


def move_of(found: "Entropies") -> float | None:
    """Return by how much a quadrature moved in its last round, in nats; None if there was one round only."""
    moved = max(float(found.marginal_error.max()), float(found.conditional_error.max()))
    return moved if moved > 0 else None


def error_of(found: "Entropies", gap: "InformationGap") -> float:
    """Return the standard error of a sampled MIG."""
    from tcvae_cli.estimators.information import standard_error

    return standard_error(found, gap.winner, gap.runner_up)


def arrays_of(gap: "InformationGap") -> dict[str, Any]:
    """Return what the gap is made of, as arrays of NumPy."""
    return {
        "gap_per_factor": gap.gap_per_factor.numpy(),
        "winner": gap.winner.numpy(),
        "runner_up": None if gap.runner_up is None else gap.runner_up.numpy(),
        "factor_entropy": gap.factor_entropy.numpy(),
        "marginal_entropy": gap.marginal_entropy.numpy(),
        "conditional_entropy": gap.conditional_entropy.numpy(),
        "mutual_information": gap.mutual_information.numpy(),
    }


def relatives(gap: "InformationGap", posterior: "Posterior", active: float) -> dict[str, Any]:
    """Return MIG-sup and RMIG, and the latents that are active."""
    from tcvae_cli.estimators.activity import active_latents
    from tcvae_cli.estimators.variants import mig_sup, rmig

    carrying = active_latents(posterior.mean, posterior.log_std, posterior.probability, active)
    return {
        "mig_sup": float(mig_sup(gap, carrying)),
        "rmig": float(rmig(gap)),
        "active_latents": tuple(carrying.nonzero().squeeze(1).tolist()),
    }


def mixed_latents(gap: "InformationGap", names: tuple[str, ...], mig_sup: float) -> list[str]:
    """Return a sentence for each latent that wins several factors by a gap that counts, which MIG does not punish."""
    counts = gap.gap_per_factor > COUNTING_GAP
    sentences = []
    for latent in gap.winner[counts].unique().tolist():
        won = [names[factor] for factor in (counts & (gap.winner == latent)).nonzero().flatten().tolist()]
        if len(won) > 1:
            said = f"latent {latent} tells most of {listed(won)}, each by a gap above {COUNTING_GAP}"
            sentences.append(f"{said}: MIG does not punish a latent that mixes factors, mig_sup ({mig_sup:.3f}) does")
    return sentences


def jemmig_of(gap: "InformationGap", posterior: "Posterior | None", classes: Array, progress: Progress) -> float | None:
    """Return JEMMIG from a POSTERIOR, without one from the entropies of bins that the gap is of."""
    from torch import from_numpy

    from tcvae_cli.estimators.bins import binned_entropies
    from tcvae_cli.estimators.variants import RESOLUTION, jemmig, winners

    if posterior is None:
        return float(jemmig(gap, gap.conditional_entropy.clamp(min=0)))
    wanted = winners(gap)
    with progress("cutting into bins", int(wanted.sum())) as advance:
        binned = binned_entropies(posterior, from_numpy(classes), wanted, RESOLUTION, advance)
    found = float(jemmig(gap, binned))
    return found if math.isfinite(found) else None


def largest_gaps(data: "DataSet", classes: Array, posterior: "Posterior", progress: Progress) -> tuple[float, ...]:
    """Return the largest gap of each factor that any code of the images of a data set can have."""
    from torch import from_numpy

    from tcvae_cli.estimators.information import attainable
    from tcvae_cli.files.distinct import number_images

    with progress("comparing images", data.description.rows) as advance:
        pictures = number_images(data, advance)
    return tuple(attainable(from_numpy(pictures), from_numpy(classes), posterior.probability.cpu()).tolist())
