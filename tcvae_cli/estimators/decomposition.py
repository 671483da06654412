"""The decomposition of the mean KL over the whole data set: eq. 2 of Chen et al. 2018, as in figures 2 and 4."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from tcvae_cli.estimators.densities import HALF_LOG_TWO_PI, NORMAL, differential_entropy, kl, log_density, sample
from tcvae_cli.estimators.latent_entropies import density_entropy, marginal_leaves
from tcvae_cli.estimators.posterior import Posterior
from tcvae_cli.estimators.prior import Prior, marginal_cross_entropy, standard_prior
from tcvae_cli.estimators.quadrature import Leaves, interpolation
from tcvae_cli.estimators.threads import map_in_threads

BLOCK_COMPONENTS = 1024  # with 256 samples 2 MB of float64: the temporaries of a block stay in cache
LARGEST_EXPONENT = 80.0
LARGEST_ROUNDING = 1e-6  # nats, of an exponent as a matrix product


@dataclass(frozen=True)
class Decomposition:
    """mean KL = index-code MI + total correlation + dimension-wise KL, in nats.

    Only H(z) is sampled; its standard error is that of the MI and of the TC as well. The rest is quadrature, and
    `analytic_kl` is the closed form, computed apart so that the sum can be checked against it. A flow prior has no
    closed form: there the check is that of `sampled_kl`.
    """

    index_code_mi: float
    total_correlation: float
    dimension_wise_kl: float
    analytic_kl: float
    standard_error: float
    joint_entropy: float  # H(z)
    marginal_entropy: Tensor  # H(z_j): (latent,)
    kl_per_latent: Tensor  # mean KL(q(z_j|n) || p(z_j)): (latent,)
    sampled_kl: float  # mean of log q(z|n) - log p(z) over the samples, with its standard error: a second check
    sampled_kl_standard_error: float
    has_closed_form: bool  # of the analytic KL; under a flow prior it is by the same quadrature as the terms

    @property
    def sum(self) -> float:
        """Return MI + TC + dimension-wise KL."""
        return self.index_code_mi + self.total_correlation + self.dimension_wise_kl

    @property
    def sum_agrees(self) -> bool:
        """Return whether the sum is the KL computed apart: in closed form, else the mean over samples (6 errors)."""
        if self.has_closed_form:
            return abs(self.sum - self.analytic_kl) < 1e-6 * max(1.0, abs(self.analytic_kl))
        return abs(self.sum - self.sampled_kl) < 6 * self.sampled_kl_standard_error + 1e-6


@dataclass(frozen=True)
class Integrals:
    """All of a decomposition that is not sampled, each (latent,) in nats."""

    posterior: Posterior
    prior: Prior
    marginals: list[list[Leaves]]  # the density of each latent
    marginal_entropy: Tensor  # H(z_j)
    cross_entropy: Tensor  # - E ln p(z_j)
    kl: Tensor  # mean KL(q(z_j|n) || p(z_j))
    posterior_entropy: Tensor  # mean H(z_j|n)


def integrate(posterior: Posterior, prior: Prior | None = None) -> Integrals:
    """Compute what needs no samples, by quadrature and in closed form. The PRIOR is factorised, by default normal."""
    prior = prior or standard_prior()
    marginals = marginal_leaves(posterior)
    cross_entropy = cross_entropies(marginals, prior)
    return Integrals(
        posterior,
        prior,
        marginals,
        marginal_entropy=torch.cat([density_entropy(panels) for panels in marginals]),
        cross_entropy=cross_entropy,
        kl=mean_kl(posterior, prior, cross_entropy),
        posterior_entropy=posterior.probability @ differential_entropy(posterior.log_std.double(), posterior.family),
    )


def decompose(
    posterior: Posterior,
    samples: int,
    generator: torch.Generator,
    advance: Callable[[int], object] = lambda count: None,
    prior: Prior | None = None,
) -> Decomposition:
    """Decompose the mean KL of a posterior from a factorised prior, a standard normal by default, over all N images."""
    return sample_entropy(integrate(posterior, prior), samples, generator, advance)


def sample_entropy(
    known: Integrals,
    samples: int,
    generator: torch.Generator,
    advance: Callable[[int], object] = lambda count: None,
) -> Decomposition:
    """Return the decomposition, by an estimate of H(z) beside its integrals.

    SAMPLES z are drawn, stratified over the images by p(n), each weighed against all N components; `advance` is told
    of the samples done. H(z) is estimated with control variates (log q(z|n), log p(z) and sum_j log q(z_j), whose
    expectations are known exactly): unbiased up to O(1 / samples).
    """
    posterior, prior = known.posterior, known.prior
    mean, log_std = posterior.mean.double(), posterior.log_std.double()
    posterior_entropy = known.posterior_entropy.sum()
    z, rows = sample_aggregate(posterior, samples, generator)
    log_qz = joint_log_density(z, rows, posterior, advance)
    log_qz_given_n = log_density(z, mean[rows], log_std[rows], posterior.family).sum(1)
    log_pz = prior.log_density(z).sum(1)
    # Three controls, whose means are integrals: E[-log q(z|n)] is the posterior entropy, E[-log p(z)] that plus the KL,
    # and E[-log prod_j q(z_j)] the sum of the marginal entropies. Where the latents are all but independent the last
    # one is nearly -log q(z) itself, and the standard error all but vanishes.
    log_prod_qzj = torch.stack([log_density_at(z[:, j], panels) for j, panels in enumerate(known.marginals)]).sum(0)
    joint_entropy, error = with_control_variates(
        -log_qz,
        torch.stack([-log_qz_given_n, -log_pz, -log_prod_qzj], dim=1),
        torch.stack([posterior_entropy, (known.kl + known.posterior_entropy).sum(), known.marginal_entropy.sum()]),
    )
    sampled_kl = log_qz_given_n - log_pz
    return Decomposition(
        index_code_mi=float(joint_entropy - posterior_entropy),
        total_correlation=float(known.marginal_entropy.sum() - joint_entropy),
        dimension_wise_kl=float((known.cross_entropy - known.marginal_entropy).sum()),
        analytic_kl=float(known.kl.sum()),
        standard_error=error,
        joint_entropy=float(joint_entropy),
        marginal_entropy=known.marginal_entropy,
        kl_per_latent=known.kl,
        sampled_kl=float(sampled_kl.mean()),
        sampled_kl_standard_error=float(sampled_kl.std() / math.sqrt(samples)),
        has_closed_form=prior.family is not None,
    )


def cross_entropies(marginals: list[list[Leaves]], prior: Prior) -> Tensor:
    """Return - E ln p(z_j) under each latent's aggregated posterior, by quadrature: (latent,)."""
    return torch.stack([marginal_cross_entropy(panels, prior, j) for j, panels in enumerate(marginals)])


def mean_kl(posterior: Posterior, prior: Prior, by_quadrature: Tensor | None = None) -> Tensor:
    """Return the mean KL(q(z_j|n) || p(z_j)) (latent,) in nats: in closed form, for a flow from cross-entropies."""
    mean, log_std = posterior.mean.double(), posterior.log_std.double()
    if prior.family is not None:
        return posterior.probability @ kl(mean, log_std, posterior.family, prior.family)
    if by_quadrature is None:
        by_quadrature = cross_entropies(marginal_leaves(posterior), prior)
    return by_quadrature - posterior.probability @ differential_entropy(log_std, posterior.family)


def sample_aggregate(posterior: Posterior, samples: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw z ~ q(z) (samples, latent) float64; return them and the images they came from.

    Images are drawn systematically: with p = (1/2, 1/4, 1/4), 4 samples and a start of 0.3 the positions are 0.075,
    0.325, 0.575 and 0.825, which fall on images 0, 0, 1 and 2. So each image is drawn within one of its share.
    """
    start = torch.rand((), generator=generator, dtype=torch.float64)
    positions = (torch.arange(samples, dtype=torch.float64) + start) / samples
    shuffled = torch.randperm(len(posterior.mean), generator=generator)  # so that grid order means nothing
    cumulative = posterior.probability[shuffled].cumsum(0)
    rows = shuffled[torch.searchsorted(cumulative, positions * cumulative[-1], right=True).clamp(max=len(shuffled) - 1)]
    return sample(posterior.mean[rows].double(), posterior.log_std[rows].double(), generator, posterior.family), rows


def joint_log_density(
    z: Tensor, rows: Tensor, posterior: Posterior, advance: Callable[[int], object] = lambda count: None
) -> Tensor:
    """Return log q(z) over all N components for z drawn from images ROWS: (samples,), float64.

    For normals the exponents are one matrix product in float64, [z^2, z, 1] with the components' natural parameters;
    relative to the sample's own component they fit float32, where exp is cheap. Other families, and normals so narrow
    that the product would cancel, are weighed one difference at a time, several times slower.
    """
    mean, log_std = posterior.mean.double(), posterior.log_std.double()
    own = log_density(z, mean[rows], log_std[rows], posterior.family).sum(1) + posterior.probability[rows].log()
    precision = (-2 * log_std).exp()
    # z^2/2s^2 - z m/s^2 + m^2/2s^2 is (z - m)^2/2s^2 only if its terms do not cancel. With m = 1000 s they are 5e5 each
    # and round at 5e5 * 2e-16 = 1e-10: harmless. With m = 1e6 s they round at 1e-4, and differences are taken instead.
    cancelled = float((mean.square() * precision).max()) * torch.finfo(torch.float64).eps
    block_rows = 256
    if posterior.family is NORMAL and cancelled < LARGEST_ROUNDING:
        constant = posterior.probability.log() - (log_std + HALF_LOG_TWO_PI + 0.5 * mean.square() * precision).sum(1)
        natural = torch.cat([-0.5 * precision, mean * precision, constant[:, None]], dim=1)  # (data, 2 latent + 1)
        features = torch.cat([z.square(), z, torch.ones_like(z[:, :1])], dim=1)

        def log_terms(samples: Tensor, components: slice) -> Tensor:
            return features[samples] @ natural[components].T

    else:
        block_rows = 16
        constant = posterior.probability.log() - (log_std + posterior.family.log_normaliser).sum(1)
        inverse_std = (-log_std).exp()

        def log_terms(samples: Tensor, components: slice) -> Tensor:
            total = constant[components].repeat(len(samples), 1)
            for j in range(z.shape[1]):
                t = (z[samples, j, None] - mean[components, j]).mul_(inverse_std[components, j])
                total += posterior.family.log_kernel(t)
            return total

    def of_samples(samples: Tensor) -> Tensor:
        total = torch.zeros(len(samples), dtype=torch.float64)
        for start in range(0, len(mean), BLOCK_COMPONENTS):
            relative = log_terms(samples, slice(start, start + BLOCK_COMPONENTS)).sub_(own[samples, None]).float()
            # Relative to the sample's own term, e^80 of which float32 holds; what is e^-80 of it is nothing.
            total += relative.clamp_(-LARGEST_EXPONENT, LARGEST_EXPONENT).exp_().sum(1)
        return own[samples] + total.log()

    blocks = torch.arange(len(z)).split(block_rows)
    return torch.cat(map_in_threads(of_samples, blocks, lambda samples: advance(len(samples))))


def log_density_at(points: Tensor, panels: list[Leaves]) -> Tensor:
    """Return ln of a one-group density at POINTS, by the polynomial of the panel each lies in: (points,)."""
    result = torch.full_like(points, -math.inf)
    for level in panels:
        if len(level.left) == 0:
            continue
        panel = (torch.searchsorted(level.left, points.contiguous(), right=True) - 1).clamp(min=0)
        inside = (points >= level.left[panel]) & (points < level.left[panel] + level.width)
        panel, local = panel[inside], 2 * (points[inside] - level.left[panel[inside]]) / level.width - 1
        density = (interpolation(local) * level.density[0, panel]).sum(1)
        result[inside] = density.clamp(min=torch.finfo(density.dtype).tiny).log()
    return result


def with_control_variates(values: Tensor, controls: Tensor, expectations: Tensor) -> tuple[Tensor, float]:
    """Return the mean of VALUES (samples,) and its standard error, by regression on controls of known expectation.

    controls: (samples, controls); expectations: (controls,). Owen 2013, Monte Carlo theory, section 8.9. Values 1, 3, 5
    with a control of 0, 1, 2 that is known to be 1.5 on average lie on the line 1 + 2 c: the estimate is 4, not their
    mean of 3, and its standard error 0.
    """
    centred = controls - controls.mean(0)
    slope = torch.linalg.lstsq(centred, (values - values.mean())[:, None], driver="gelsd").solution[:, 0]
    estimate = values.mean() - slope @ (controls.mean(0) - expectations)
    residual = values - values.mean() - centred @ slope
    freedom = max(1, len(values) - controls.shape[1] - 1)
    return estimate, math.sqrt(float(residual.square().sum()) / freedom / len(values))
