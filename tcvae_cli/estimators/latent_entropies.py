"""Entropies of one latent under the aggregated posterior: exactly by quadrature, or by the paper's Monte Carlo."""

import itertools
import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from tcvae_cli.estimators.densities import sample
from tcvae_cli.estimators.marginals import PANEL_STDS, marginal_density
from tcvae_cli.estimators.mixtures import exact
from tcvae_cli.estimators.posterior import Posterior
from tcvae_cli.estimators.quadrature import Leaves
from tcvae_cli.estimators.threads import map_in_threads

FLOAT32_REACH = 2.0**14  # standard deviations from 0, where float32 still has a thousand steps in one
BLOCK_SAMPLES = 1024  # of a Monte Carlo, between two signs of life
MOST_LATENTS = 4  # integrated at once on the CPU: each holds a few hundred bytes per image


def marginal_leaves(posterior: Posterior) -> list[list[Leaves]]:
    """Return the density of each latent's aggregated posterior q(z_j), as panels, which are few, on the CPU."""

    def of(latent: int) -> list[Leaves]:
        return [panels.cpu() for panels in marginal_density(posterior.components(latent), 1)]

    return map_in_threads(of, range(posterior.mean.shape[1]), most=most_latents(posterior))


def most_latents(posterior: Posterior) -> int:
    """Return how many latents may be integrated at once: one on CUDA, which a single one keeps busy."""
    return MOST_LATENTS if posterior.device.type == "cpu" else 1


def density_entropy(panels: list[Leaves]) -> Tensor:
    """Return - integral of q ln q, per group: (groups,), in nats for a normalised density."""
    return -torch.stack([panel.integrate(torch.xlogy(panel.density, panel.density)) for panel in panels]).sum(0)


def group_columns(classes: Tensor) -> tuple[Tensor, list[slice]]:
    """Number the values of all factors in one row of groups: groups (data, factors), and each factor's slice."""
    columns, slices, offset = [], [], 0
    for factor in range(classes.shape[1]):
        values, index = numbered(classes[:, factor])
        columns.append(index + offset)
        slices.append(slice(offset, offset + len(values)))
        offset += len(values)
    return torch.stack(columns, dim=1), slices


def numbered(column: Tensor) -> tuple[Tensor, Tensor]:
    """Return the different values of a column of integers, in order, and which of them each row has.

    As `unique` does, which sorts: a table of all values between the smallest and the largest is faster, if it is short.
    """
    low, high = (int(end) for end in column.aminmax())
    if high - low > len(column) // 8:
        values, index = column.unique(return_inverse=True)
        return values, index
    column = column - low
    present = torch.zeros(high - low + 1, dtype=torch.int64).index_fill_(0, column, 1)
    return present.nonzero().squeeze(1) + low, (present.cumsum(0) - 1)[column]


def factor_entropies(groups: Tensor, slices: list[slice], probability: Tensor) -> Tensor:
    """Return H(v_k) of each factor under p(n): (factors,), on the CPU, where sums are in one order."""
    mass = torch.zeros(slices[-1].stop, dtype=torch.float64)
    for column in groups.T:
        mass.index_add_(0, column, probability.cpu())
    return torch.stack([-torch.xlogy(mass[part], mass[part]).sum() for part in slices])


def exact_entropies(
    posterior: Posterior,
    classes: Tensor,
    panel_stds: float = PANEL_STDS,
    advance: Callable[[int], object] = lambda count: None,
    *,
    part_elements: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Return H(z_j) (latent,) and H(z_j|v_k) (factor, latent), by adaptive quadrature (marginals.py), in nats.

    classes: (data, factor) int64. With g_v the part of q(z_j) that has v_k = v,
    H(z_j|v_k) = sum_v - integral g_v ln g_v - H(v_k). ADVANCE is told of each latent that is done;
    PANEL_STDS and PART_ELEMENTS are those of `marginal_density`.
    """
    groups, slices = group_columns(classes)
    factor_entropy = factor_entropies(groups, slices, posterior.probability)
    groups = groups.to(posterior.device)

    def integrate(latent: int) -> tuple[Tensor, Tensor]:
        marginal = torch.zeros((), dtype=torch.float64, device=posterior.device)
        joint = torch.zeros(len(slices), dtype=torch.float64, device=posterior.device)
        components = posterior.components(latent, groups)
        for some in marginal_density(components, slices[-1].stop, panel_stds, part_elements):
            per_value = density_entropy([some])
            joint += torch.stack([per_value[values].sum() for values in slices])
            # Every image has one value of the first factor: the densities of its values add up to q(z_j).
            total = some.density[slices[0]].sum(0, keepdim=True)
            marginal += density_entropy([Leaves(some.left, some.width, total)]).squeeze(0)
        return marginal.cpu(), joint.cpu() - factor_entropy

    latents = range(posterior.mean.shape[1])
    parts = map_in_threads(integrate, latents, lambda latent: advance(1), most_latents(posterior))
    return torch.stack([one for one, _ in parts]), torch.stack([given for _, given in parts], dim=1)


def monte_carlo_entropies(
    posterior: Posterior,
    classes: Tensor,
    samples: int,
    generator: torch.Generator,
    advance: Callable[[float], object] = lambda share: None,
) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Return H(z_j), its standard error, H(z_j|v_k) and its standard error, each (latent,), for each factor k in turn.

    The authors' procedure: one z for each of at most SAMPLES images (without replacement if p(n) is uniform, else
    drawn by it), log densities under all components, for the marginal and for each value of each factor. ADVANCE is
    told of the shares of all this work, as they are done.
    """
    everything, classes = torch.arange(len(classes), device=posterior.device), classes.to(posterior.device)
    within = [[(column == value).nonzero().squeeze(1) for value in column.unique()] for column in classes.T]
    work = sum(len(rows) * min(samples, len(rows)) for rows in [everything, *itertools.chain(*within)])

    def entropy_within(rows: Tensor) -> tuple[Tensor, Tensor]:
        return _sampled_entropy(posterior, rows, samples, generator, lambda z: advance(z * len(rows) / work))

    marginal, error = entropy_within(everything)
    for values in within:
        conditional, variance = torch.zeros_like(marginal), torch.zeros_like(marginal)
        for rows in values:
            mass = posterior.probability[rows].sum().cpu()
            if mass > 0:
                entropy, its_error = entropy_within(rows)
                conditional += mass * entropy
                variance += (mass * its_error).square()
        yield marginal, error, conditional, variance.sqrt()


def _sampled_entropy(
    posterior: Posterior,
    rows: Tensor,
    samples: int,
    generator: torch.Generator,
    advance: Callable[[int], object],
) -> tuple[Tensor, Tensor]:
    """Return each latent's entropy within ROWS and its standard error: (latent,) each. ADVANCE is told of samples."""
    mean, log_std = placed(posterior.mean[rows], posterior.log_std[rows])
    probability = posterior.probability[rows] / posterior.probability[rows].sum()
    uniform = bool((probability == probability[0]).all())
    if uniform and samples < len(rows):
        chosen = torch.randperm(len(rows), generator=generator)[:samples]
    elif uniform:
        chosen = torch.arange(len(rows))
    else:
        chosen = probability.cpu().multinomial(samples, replacement=True, generator=generator)
    chosen = chosen.to(mean.device)
    z = sample(mean[chosen], log_std[chosen], generator, posterior.family)
    surprise = torch.empty(z.shape, dtype=torch.float64)
    for block in torch.arange(len(z)).split(BLOCK_SAMPLES):
        marginals = exact(z[block], mean, log_std, probability, family=posterior.family)[1]
        surprise[block] = -marginals.double().cpu()
        advance(len(block))
    if len(z) == 1:  # of a single image, whose own entropy it is
        return surprise[0], torch.full_like(surprise[0], math.sqrt(posterior.family.surprise_variance))
    return surprise.mean(0), surprise.std(0) / math.sqrt(len(z))


def placed(mean: Tensor, log_std: Tensor) -> tuple[Tensor, Tensor]:
    """Return means and log_std of some images in float32, or in float64 and shifted if float32 cannot tell z apart."""
    if bool((mean.abs().amax(0) <= FLOAT32_REACH * log_std.double().exp().amin(0)).all()):
        return mean.float(), log_std.float()
    return mean.double() - mean[0].double(), log_std.double()
