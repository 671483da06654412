"""I(z_j; v_k) of a posterior by any method, over the images whose label is known, and what limits it."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from tcvae_cli.arrays import MISSING
from tcvae_cli.estimators.histogram import histogram_entropies, mass_entropy
from tcvae_cli.estimators.latent_entropies import (
    exact_entropies,
    factor_entropies,
    group_columns,
    monte_carlo_entropies,
)
from tcvae_cli.estimators.marginals import PANEL_STDS
from tcvae_cli.estimators.mig import InformationGap, information_gap
from tcvae_cli.estimators.posterior import Posterior

MOST_HALVINGS = 6
LEAST_ERROR = 1e-12  # nats, or of an entropy above 1: what float64 leaves uncertain of a difference of entropies


@dataclass(frozen=True)
class Entropies:
    """In nats: H(z_j) among the images with a known v_k, H(z_j|v_k) (factor, latent), H(v_k) (factor,)."""

    marginal: Tensor
    conditional: Tensor
    factor: Tensor
    marginal_error: Tensor  # (factor, latent): standard errors if sampled, moves of a refined quadrature, else zeros
    conditional_error: Tensor


Advance = Callable[[float], object]
Method = Callable[[Posterior, Tensor, Advance], tuple[Tensor, ...]]  # the marginal, conditional and their errors


def entropies(
    posterior: Posterior, classes: Tensor, method: Method, advance: Advance = lambda count: None
) -> Entropies:
    """Return all entropies by METHOD, together for the factors whose labels are known of the same images.

    classes: (data, factor) int64, MISSING where not known. ADVANCE is told of each of (subsets of images) x latents, in
    parts if it is long; of a quadrature with a tolerance, in every round.
    """
    factors, latents = classes.shape[1], posterior.mean.shape[1]
    found = torch.zeros(4, factors, latents, dtype=torch.float64)
    factor_entropy = torch.zeros(factors, dtype=torch.float64)
    for columns, known in labelled_subsets(classes):
        part, labels = among(posterior, known), classes[:, columns][known]
        for place, values in enumerate(method(part, labels, advance)):
            found[place, columns] = values
        factor_entropy[columns] = factor_entropies(*group_columns(labels), part.probability)
    return Entropies(found[0], found[1], factor_entropy, found[2], found[3])


def mutual_information_gap(
    posterior: Posterior,
    classes: Tensor,
    method: Method | None = None,
    advance: Advance = lambda count: None,
) -> tuple[InformationGap, Entropies]:
    """Return the gap of eq. 6 with the entropies that it follows from, by METHOD, without one by quadrature.

    classes: (data, factor) int64, MISSING where not known. Where all labels are known, `marginal_entropy` of the gap is
    (latent,), else (factor, latent). ADVANCE is that of `entropies`.

    >>> bits = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> straight = Posterior.from_tensors(10.0 * bits, torch.zeros(4, 2))
    >>> round(float(mutual_information_gap(straight, bits)[0].mig), 3)  # a latent for each bit
    1.0
    >>> twice = Posterior.from_tensors(10.0 * bits[:, [0, 0]], torch.zeros(4, 2))
    >>> round(float(mutual_information_gap(twice, bits[:, :1])[0].mig), 3)  # two latents for the same bit
    0.0
    """
    found = entropies(posterior, classes, method or by_quadrature(), advance)
    alike = len(list(labelled_subsets(classes))) == 1
    return information_gap(found.marginal[0] if alike else found.marginal, found.conditional, found.factor), found


def labelled_subsets(classes: Tensor) -> Iterator[tuple[list[int], Tensor]]:
    """Return the factors that are known of the same images, and those images (data,) bool."""
    subsets: list[tuple[list[int], Tensor]] = []
    for factor, known in enumerate((classes != MISSING).T):
        alike = next((columns for columns, other in subsets if torch.equal(known, other)), None)
        if alike is None:
            subsets.append(([factor], known))
        else:
            alike.append(factor)
    yield from subsets


def among(posterior: Posterior, known: Tensor) -> Posterior:
    """Return the posterior of some images, with p(n) normalised again."""
    return posterior if bool(known.all()) else posterior[known.to(posterior.device)]


def by_quadrature(tolerance: float | None = None) -> Method:
    """Return the method that integrates, with a TOLERANCE on ever narrower panels until no entropy moves by more.

    The errors are then those last moves, at most MOST_HALVINGS of the panels' width from the first.
    """

    def method(posterior: Posterior, classes: Tensor, advance: Advance) -> tuple[Tensor, ...]:
        found = exact_entropies(posterior, classes, PANEL_STDS, advance)
        if tolerance is None:
            return found
        for halvings in range(1, MOST_HALVINGS + 1):
            finer = exact_entropies(posterior, classes, PANEL_STDS / 2**halvings, advance)
            moves = [(one - other).abs() for one, other in zip(finer, found, strict=True)]
            found = finer
            if max(float(move.max()) for move in moves) < tolerance:
                break
        return (*found, *moves)

    return method


def by_sampling(samples: int, seed: int) -> Method:
    """Return the paper's procedure, with its standard errors."""

    def method(posterior: Posterior, classes: Tensor, advance: Advance) -> tuple[Tensor, ...]:
        generator = torch.Generator().manual_seed(seed)
        latents = posterior.mean.shape[1]
        parts = monte_carlo_entropies(posterior, classes, samples, generator, lambda share: advance(share * latents))
        marginal, error, conditional, conditional_error = map(torch.stack, zip(*parts, strict=True))
        return marginal, conditional, error, conditional_error

    return method


def by_histogram(bins: int) -> Method:
    """Return the method of binned means: another quantity, see histogram.py."""

    def method(posterior: Posterior, classes: Tensor, advance: Advance) -> tuple[Tensor, ...]:
        advance(posterior.mean.shape[1])
        return histogram_entropies(posterior.mean, classes, posterior.probability, bins)

    return method


def drowned(found: Entropies, gap: InformationGap) -> Tensor:
    """Return which factors have an entropy below twice the error of information, so that no share of it means a thing.

    (factor,) bool. The error is that of the winner, and of a sample or a quadrature what these say.
    """
    rows = torch.arange(len(found.factor)), gap.winner
    rounding = LEAST_ERROR * found.marginal[rows].abs().clamp(min=1)
    error = found.marginal_error[rows].hypot(found.conditional_error[rows]).maximum(rounding)
    return found.factor < 2 * error


def attainable(images: Tensor, classes: Tensor, probability: Tensor) -> Tensor:
    """Return I(image; v_k) / H(v_k), the largest gap that any code of these images can have: (factor,).

    images: (data,) a number for each image, equal for equal images. Below 1 where two values share an image.
    """
    shares = []
    for labels in classes.T:
        known = labels != MISSING
        weight = probability[known] / probability[known].sum()
        factor = labels[known].unique(return_inverse=True)[1]
        image = images[known].unique(return_inverse=True)[1]
        both = (image * (factor.max() + 1) + factor).unique(return_inverse=True)[1]
        total, alone, joint = (
            mass_entropy(torch.zeros(int(i.max()) + 1).double().index_add_(0, i, weight)) for i in (factor, image, both)
        )
        shares.append((1 - (joint - alone) / total).clamp(0, 1))
    return torch.stack(shares)


def standard_error(found: Entropies, winner: Tensor, runner_up: Tensor | None) -> float:
    """Return the standard error of MIG, a linear combination of entropies whose errors are taken as independent."""
    factors, latents = found.conditional.shape
    share = torch.zeros(factors, latents, dtype=torch.float64)
    share[torch.arange(factors), winner] += 1 / (factors * found.factor)
    if runner_up is not None:
        share[torch.arange(factors), runner_up] -= 1 / (factors * found.factor)
    shared = share.sum(0) * found.marginal_error.amax(0)  # the factors have their marginals in common
    return math.sqrt(float(shared.square().sum() + (share * found.conditional_error).square().sum()))
