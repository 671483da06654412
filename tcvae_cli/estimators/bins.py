"""Entropies of z cut into equal bins, averaged over where the bins begin: what stays of a density however narrow it is.

With P(x) the mass between x and x + w, bins of width w that begin anywhere have the mean entropy -1/w integral P ln P.
That is the differential entropy of z plus a uniform number of width w, less ln w (Zamir & Feder 1992): of a density
that is wide against the bins its own differential entropy less ln w, and of a point 0.

P rises as the density passes x + w and falls as it passes x: its slope is a difference of two densities, which
marginals.py represents, and P is the sum of that slope so far. Between their panels it is constant.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor

from tcvae_cli.arrays import MISSING
from tcvae_cli.estimators.information import among
from tcvae_cli.estimators.latent_entropies import MOST_LATENTS, factor_entropies, group_columns
from tcvae_cli.estimators.marginals import Components, marginal_density
from tcvae_cli.estimators.posterior import Posterior
from tcvae_cli.estimators.quadrature import antiderivative, quadrature_weights
from tcvae_cli.estimators.threads import map_in_threads

FINE = 1 << 10  # bins in a standard deviation: more make no difference, and subtract what is all but equal
BATCH = 1 << 12  # values x images that are integrated together
ROUNDING = 1e-12  # of the largest density, which sums of its slope leave
LARGEST_LOSS = 1e-6  # of all mass


def binned_entropies(
    posterior: Posterior,
    classes: Tensor,
    wanted: Tensor,
    width: float,
    advance: Callable[[int], object] = lambda count: None,
) -> Tensor:
    """Return the entropy of z_j in bins of WIDTH among images with one value of v_k: (factor, latent) in nats, >= 0.

    classes: (data, factor) int64, MISSING where not known. wanted: (factor, latent) bool, which to compute; the others
    are infinite, and so are those of codes whose means are so far apart, or widths so different, that float64 does not
    hold such bins. ADVANCE is told of each that is done.
    """

    def of(place: tuple[int, int]) -> Tensor:
        factor, latent = place
        known = classes[:, factor] != MISSING
        part, labels = among(posterior, known), classes[known][:, [factor]]
        given = factor_entropies(*group_columns(labels), part.probability)[0]
        return (joint_entropy(part.components(latent, labels), width) - given).clamp(min=0)

    found = torch.full(wanted.shape, math.inf, dtype=torch.float64)
    places = [(factor, latent) for factor, latent in wanted.nonzero().tolist()]
    entropies = map_in_threads(of, places, lambda place: advance(1), most=MOST_LATENTS)
    for (factor, latent), entropy in zip(places, entropies, strict=True):
        found[factor, latent] = entropy
    return found


def joint_entropy(components: Components, width: float) -> Tensor:
    """Return the entropy of bins of WIDTH together with the group, of components that have one each: ()."""
    mass, surprise = torch.stack([integrals(some, width) for some in batches(components)]).sum(0)
    lost = (mass - components.weight.sum()).abs() > LARGEST_LOSS
    return torch.where(lost, torch.inf, surprise - math.log(width))


def batches(components: Components) -> Iterator[Components]:
    """Yield the components of some groups after the others, the groups numbered from 0 on in each part."""
    sizes = components.groups[:, 0].unique(return_counts=True)[1].tolist()
    rows = components.groups[:, 0].argsort(stable=True)
    start = stop = values = 0
    for size in sizes:
        if values and (values + 1) * (stop + size - start) > BATCH:
            yield numbered(components[rows[start:stop]])
            start, values = stop, 0
        stop, values = stop + size, values + 1
    yield numbered(components[rows[start:stop]])


def numbered(some: Components) -> Components:
    """Return components with their groups numbered from 0 on."""
    return replace(some, groups=some.groups.unique(return_inverse=True)[1])


def integrals(some: Components, width: float) -> Tensor:
    """Return the integrals of q and of - q ln q, over all groups, of a density of bins q: (2,)."""
    box = (some.std / FINE).clamp(min=width)
    mean, half = some.mean - some.mean.min(), box / 2
    both = Components(
        torch.cat([mean - half, mean + half]),
        some.std.repeat(2),
        (some.weight / box).repeat(2),
        torch.cat([2 * some.groups, 2 * some.groups + 1]),  # where q rises, and where it falls
        some.family,
    )
    leaves = list(marginal_density(both, 2 * int(some.groups.max()) + 2))
    left = torch.cat([some.left for some in leaves])
    order = left.argsort()
    slope = torch.cat([some.density[::2] - some.density[1::2] for some in leaves], dim=1)[:, order]
    panel = torch.cat([torch.full_like(some.left, some.width) for some in leaves])[order]
    left = left[order]
    after = (slope @ quadrature_weights() * (panel / 2)).cumsum(1)  # (groups, panels)
    before = torch.cat([torch.zeros_like(after[:, :1]), after[:, :-1]], dim=1)
    within = before[:, :, None] + slope @ antiderivative().T * (panel / 2)[:, None]
    least = ROUNDING * within.amax((1, 2), keepdim=True)
    within, between = (torch.where(q > least, q, 0) for q in (within, after[:, :-1, None]))
    gap = (left[1:] - left[:-1] - panel[:-1]).clamp(min=0)
    gap = gap.where(gap < 1.001 * width, 0)  # one that is wider separates what no bin holds together
    weight = quadrature_weights() * (panel / 2)[:, None]
    return torch.stack([(f(within) * weight).sum() + (f(between)[..., 0] * gap).sum() for f in (identity, surprise)])


def identity(density: Tensor) -> Tensor:
    """Return q."""
    return density


def surprise(density: Tensor) -> Tensor:
    """Return - q ln q."""
    return -torch.xlogy(density, density)
