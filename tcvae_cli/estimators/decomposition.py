"""The decomposition of the mean KL over the whole data set: eq. 2 of Chen et al. 2018, as in figures 2 and 4."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from tcvae_cli.estimators.densities import differential_entropy, kl, log_density
from tcvae_cli.estimators.draws import Draws, draw, shares_by_distance, weighted_mean, with_control_variate
from tcvae_cli.estimators.joint_density import (
    BLOCK_POINTS,
    joint_log_density,
    log_product_of_marginals,
    rough_log_density_at,
)
from tcvae_cli.estimators.latent_entropies import density_entropy, marginal_leaves
from tcvae_cli.estimators.posterior import Posterior
from tcvae_cli.estimators.prior import Prior, marginal_cross_entropy, standard_prior
from tcvae_cli.estimators.quadrature import Leaves


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
    """All of a decomposition that is not sampled, each (latent,) in nats: on the CPU but for the posterior."""

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
        posterior_entropy=mean_of(posterior, differential_entropy(posterior.log_std.double(), posterior.family)),
    )


def mean_of(posterior: Posterior, values: Tensor) -> Tensor:
    """Return the mean over all images of VALUES (data, ...), by p(n): (...), on the CPU."""
    return (posterior.probability @ values).cpu()


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
    """Return the decomposition, by an estimate of I_q(z; n) = E ln q(z|n) / q(z) beside its integrals.

    SAMPLES z are drawn and weighed against all N components; `advance` is told of those done. The control variate is
    sum_j ln q(z_j|n) / q(z_j), whose mean is the sum of the latents' own mutual informations, known by quadrature.
    Where the latents are all but independent it is nearly ln q(z|n) / q(z) itself, and the standard error all but
    vanishes. Neither changes with the unit or the offset of a latent, and neither grows with the distance of an image
    from the rest: ln q(z|n) / q(z) <= -ln p(n), and so is each term of the control. Images are drawn the more often
    the further their control, or their KL, lies from its mean.
    """
    posterior, prior = known.posterior, known.prior
    drawn = draw(posterior, shares_by_distance(posterior.probability, at_means(known)), samples, generator)
    z, rows = drawn.z, drawn.rows.to(posterior.device)
    mean, log_std = (parameter[rows].cpu().double() for parameter in (posterior.mean, posterior.log_std))
    log_qz_given_n = log_density(z, mean, log_std, posterior.family).sum(1)
    index_code_mi, error = with_control_variate(
        drawn,
        log_qz_given_n - joint_log_density(z, drawn.rows, posterior, advance),
        log_qz_given_n - log_product_of_marginals(z, known.marginals),
        (known.marginal_entropy - known.posterior_entropy).sum(),
    )
    joint_entropy = index_code_mi + known.posterior_entropy.sum()
    sampled_kl, sampled_kl_error = sample_kl(known, drawn, log_qz_given_n - prior.log_density(z).sum(1))
    return Decomposition(
        index_code_mi=float(index_code_mi),
        total_correlation=float(known.marginal_entropy.sum() - joint_entropy),
        dimension_wise_kl=float((known.cross_entropy - known.marginal_entropy).sum()),
        analytic_kl=float(known.kl.sum()),
        standard_error=math.hypot(error, unseen_error(posterior.probability, drawn, float(index_code_mi))),
        joint_entropy=float(joint_entropy),
        marginal_entropy=known.marginal_entropy,
        kl_per_latent=known.kl,
        sampled_kl=float(sampled_kl),
        sampled_kl_standard_error=sampled_kl_error,
        has_closed_form=prior.family is not None,
    )


def at_means(known: Integrals) -> tuple[Tensor, Tensor]:
    """Return sum_j ln q(z_j|n) / q(z_j) and ln q(z|n) / p(z) at the mean of each image: (data,) each, nats.

    They stand for the image's control variate and for its KL, whose means over its own samples need an integral each.
    """
    mean, log_std = known.posterior.mean.double(), known.posterior.log_std.double()
    own = log_density(mean, mean, log_std, known.posterior.family).sum(1)
    log_pz = torch.cat([known.prior.log_density(block).sum(1) for block in mean.split(BLOCK_POINTS)])
    log_product = torch.stack([rough_log_density_at(mean[:, j], known.marginals[j]) for j in range(mean.shape[1])])
    return own - log_product.sum(0), own - log_pz


def sample_kl(known: Integrals, drawn: Draws, log_ratio: Tensor) -> tuple[Tensor, float]:
    """Return the mean KL from samples of log q(z|n) - log p(z) (samples,), and its standard error.

    Where the KL of an image has a closed form, what is sampled is how far its draws are from it.
    """
    posterior, prior = known.posterior, known.prior
    if prior.family is None:
        return weighted_mean(drawn, log_ratio)
    mean, log_std = posterior.mean.double(), posterior.log_std.double()
    per_image = kl(mean, log_std, posterior.family, prior.family).sum(1)
    off, error = weighted_mean(drawn, log_ratio - per_image[drawn.rows.to(per_image.device)].cpu())
    return mean_of(posterior, per_image) + off, error


def unseen_error(probability: Tensor, drawn: Draws, index_code_mi: float) -> float:
    """Return the standard error, in nats, for a kind of image that no draw has met.

    Of S draws none meets a kind of probability u = 3 / S in 5% of the cases (the rule of three). Its images are told
    from all others by ln 1/u at least, from each other besides by H(n) at most: so far from the mean ln q(z|n) / q(z),
    times u, they could move that mean, which is taken for two standard errors. Nothing is unseen where all are drawn.
    """
    samples, entropy = len(drawn.rows), float(torch.special.entr(probability).sum())
    distance = max(entropy - index_code_mi, index_code_mi - math.log(samples / 3), 0)
    return 1.5 * distance * math.sqrt(drawn.unseen) / samples


def cross_entropies(marginals: list[list[Leaves]], prior: Prior) -> Tensor:
    """Return - E ln p(z_j) under each latent's aggregated posterior, by quadrature: (latent,)."""
    return torch.stack([marginal_cross_entropy(panels, prior, j) for j, panels in enumerate(marginals)])


def mean_kl(posterior: Posterior, prior: Prior, by_quadrature: Tensor | None = None) -> Tensor:
    """Return the mean KL(q(z_j|n) || p(z_j)) (latent,) in nats: in closed form, for a flow from cross-entropies."""
    mean, log_std = posterior.mean.double(), posterior.log_std.double()
    if prior.family is not None:
        return mean_of(posterior, kl(mean, log_std, posterior.family, prior.family))
    if by_quadrature is None:
        by_quadrature = cross_entropies(marginal_leaves(posterior), prior)
    return by_quadrature - mean_of(posterior, differential_entropy(log_std, posterior.family))
