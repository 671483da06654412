"""Decompose the mean KL of codes: what latents tell of images, of each other, and how they differ from the prior."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from tcvae_cli.arrays import Array, read_only
from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.machine import start_torch
from tcvae_cli.progress import Note, Progress, silent, warn
from tcvae_cli.verbs.checks import check_number, check_seed, check_word
from tcvae_cli.verbs.inputs import AnyPath, codes_in, posterior_of, prior_of
from tcvae_cli.verbs.record import Origin, origin_of, plain, start_of_line

if TYPE_CHECKING:
    import torch

    from tcvae_cli.estimators.posterior import Posterior
    from tcvae_cli.estimators.prior import Prior
    from tcvae_cli.files.codes import Codes

    Terms = dict[str, Any]
    Sampling = Callable[[int, torch.Generator], tuple[Terms, int]]  # terms, and samples taken

ESTIMATORS = ("exact", "mws", "mss")
TERMS = ("index_code_mi", "total_correlation", "dimension_wise_kl")
DEFAULT_SAMPLES = 10_000


@dataclass(frozen=True, eq=False)
class DecompositionResult:
    """Mean KL = index-code MI + total correlation + dimension-wise KL (eq. 2 of Chen et al. 2018), all in nats.

    What only one kind of estimator can say is None with the other, and its line leaves it out.
    """

    posterior: str
    prior: str
    estimator: str  # exact, mws or mss
    index_code_mi: float
    total_correlation: float
    dimension_wise_kl: float
    standard_error: float  # of the total correlation
    standard_error_per_term: Array | None  # (3,), of a minibatch estimator
    analytic_kl: float
    sum_minus_analytic_kl: float | None
    sum_agrees: bool | None
    sampled_kl: float | None
    sampled_kl_standard_error: float | None
    joint_entropy: float | None
    marginal_entropy: Array | None  # (latent,)
    kl_per_latent: Array | None  # (latent,)
    gaussian_total_correlation_of_means: float | None  # None also where the means depend linearly
    log_likelihood: float | None  # None where the codes have none
    elbo: float | None
    rows: int
    latents: int
    samples: int
    batch_size: int | None
    seed: int
    origin: Origin

    def __post_init__(self) -> None:
        read_only(self)

    def record(self) -> dict[str, Any]:
        """Return the line that `tcvae estimate-tc` prints."""
        never = [name for name in OF_ONE_KIND if getattr(self, name) is None]
        return {
            name: value for name, value in (start_of_line("estimate-tc") | plain(self)).items() if name not in never
        }


OF_ONE_KIND = [
    *("standard_error_per_term", "sum_minus_analytic_kl", "sum_agrees", "sampled_kl", "sampled_kl_standard_error"),
    *("joint_entropy", "marginal_entropy", "kl_per_latent"),
]


def decompose(
    codes: "Codes | AnyPath",
    *,
    estimator: str = "exact",
    samples: int = DEFAULT_SAMPLES,
    batch_size: int = 2048,
    seed: int = 0,
    device: str = "auto",
    progress: Progress = silent,
    note: Note = warn,
) -> DecompositionResult:
    """Return the decomposition of the mean KL of some codes, and their ELBO.

    estimator: "exact" over all images, or "mws" or "mss", what minibatches of BATCH_SIZE images would say (biased).
    samples: of z, for H(z) or for all terms. device: "auto", "cpu" or "cuda".
    Errors: ArgumentError, and TcvaeError that names the file.
    """
    return decompose_by_samples(
        codes,
        [samples],
        estimator=estimator,
        batch_size=batch_size,
        seed=seed,
        device=device,
        progress=progress,
        note=note,
    )[0]


def decompose_by_samples(
    codes: "Codes | AnyPath",
    samples: Sequence[int],
    *,
    estimator: str = "exact",
    batch_size: int = 2048,
    seed: int = 0,
    device: str = "auto",
    progress: Progress = silent,
    note: Note = warn,
) -> list[DecompositionResult]:
    """Return a decomposition for each number of SAMPLES, as `decompose` would; what needs no samples is done once."""
    check_word("estimator", estimator, ESTIMATORS)
    seed = check_seed(seed)
    for count in samples:
        check_number("samples", count, 100, 1_000_000)
    codes = codes_in(codes)
    place = start_torch(device)
    import torch

    check_batches(codes, estimator, batch_size)
    posterior, prior = posterior_of(codes, note, place), prior_of(codes)
    if estimator == "exact":
        draw = exact_terms(posterior, prior, progress)
    else:
        draw = batch_terms(posterior, prior, estimator, batch_size, progress)
    gaussian, likelihood = gaussian_of(posterior), likelihood_of(codes, posterior)
    absent: Terms = dict.fromkeys(OF_ONE_KIND)
    results = []
    for count in samples:
        terms, drawn = draw(count, torch.Generator().manual_seed(seed))
        results.append(
            DecompositionResult(
                posterior=codes.posterior,
                prior=codes.prior,
                estimator=estimator,
                **(absent | terms),
                gaussian_total_correlation_of_means=gaussian,
                log_likelihood=likelihood,
                elbo=None if likelihood is None else likelihood - terms["analytic_kl"],
                rows=len(codes.mean),
                latents=codes.mean.shape[1],
                samples=drawn,
                batch_size=None if estimator == "exact" else batch_size,
                seed=seed,
                origin=origin_of(codes),
            )
        )
    return results


def check_batches(codes: "Codes", estimator: str, batch_size: int) -> None:
    """Refuse a minibatch estimator that is not defined for such codes or such a batch."""
    if estimator == "exact":
        return
    check_number("batch_size", batch_size, 2)
    if codes.probability is not None and estimator == "mss":
        fault = "mss assumes uniform sampling; these codes have `probability`"
        raise ArgumentError("estimator", fault, "use mws")
    if batch_size > len(codes.mean):
        fault = f"has {len(codes.mean)} images, fewer than a batch of {batch_size}"
        raise TcvaeError(codes.where, fault, "lower {batch_size}")


def gaussian_of(posterior: "Posterior") -> float | None:
    """Return the total correlation of a normal distribution of the means' covariance; None if it is infinite."""
    from tcvae_cli.estimators.gaussian import gaussian_total_correlation

    gaussian = float(gaussian_total_correlation(posterior.mean, posterior.probability))
    return gaussian if math.isfinite(gaussian) else None


def likelihood_of(codes: "Codes", posterior: "Posterior") -> float | None:
    """Return the mean of log p(x|z) in nats; None where the codes have none."""
    import torch

    if codes.log_likelihood is None:
        return None
    return float(posterior.probability.cpu() @ torch.from_numpy(codes.log_likelihood).double())


def exact_terms(posterior: "Posterior", prior: "Prior", progress: Progress) -> "Sampling":
    """Return the decomposition over all N images, as a function of the number of samples."""
    from tcvae_cli.estimators.decomposition import integrate, sample_entropy

    known = integrate(posterior, prior)

    def draw(samples: int, generator: "torch.Generator") -> "tuple[Terms, int]":
        with progress("sampling H(z)", samples) as advance:
            found = sample_entropy(known, samples, generator, advance)
        shared = {field.name for field in fields(found)} & {field.name for field in fields(DecompositionResult)}
        terms = {name: getattr(found, name) for name in shared}
        terms |= {name: terms[name].numpy() for name in ("marginal_entropy", "kl_per_latent")}
        difference = found.sum - found.analytic_kl
        return {**terms, "sum_minus_analytic_kl": difference, "sum_agrees": found.sum_agrees}, samples

    return draw


def batch_terms(
    posterior: "Posterior", prior: "Prior", estimator: str, batch_size: int, progress: Progress
) -> "Sampling":
    """Return the means of the terms of minibatches, enough of them for a number of z, with their standard errors."""
    from tcvae_cli.estimators.decomposition import mean_kl
    from tcvae_cli.estimators.minibatch import batches_for, estimate_terms

    analytic_kl = float(mean_kl(posterior, prior).sum())

    def draw(samples: int, generator: "torch.Generator") -> "tuple[Terms, int]":
        batches = batches_for(samples, batch_size)
        with progress("sampling", batches) as advance:
            found = estimate_terms(posterior, prior, estimator, batches, batch_size, generator, advance)
        return {
            **dict(zip(TERMS, found.mean.tolist(), strict=True)),
            "standard_error": found.standard_error[1].item(),
            "standard_error_per_term": found.standard_error.numpy(),
            "analytic_kl": analytic_kl,
        }, found.samples

    return draw
