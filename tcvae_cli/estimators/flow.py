"""The factorial normalizing flow of Chen et al. 2018, appendix: a density of each latent apart, learned as the prior.

Each latent goes through steps x + u tanh(w x + b) (planar flows of Rezende & Mohamed 2015, in one dimension) to a
standard normal. A step is increasing where u w > -1, which `invertible` ensures. Parameters are (latent, steps).
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from tcvae_cli.estimators.densities import standard_log_density

LEAST_SLOPE = 1e-3  # of a step: bounds the inverse in float32


@dataclass(frozen=True)
class Flow:
    """u, w, b of every step: (latent, steps), the first step nearest to the data."""

    u: Tensor
    w: Tensor
    b: Tensor


def invertible(flow: Flow) -> Flow:
    """Return the flow with u such that u w > LEAST_SLOPE - 1: u w is kept where positive, bent by an ELU below."""
    product = flow.u * flow.w
    scale = 1 - LEAST_SLOPE
    negative = product < 0
    safe = torch.where(negative, product, -1.0)
    return Flow(torch.where(negative, flow.u * scale * F.elu(safe / scale) / safe, flow.u), flow.w, flow.b)


def to_base(z: Tensor, flow: Flow) -> tuple[Tensor, Tensor]:
    """Return each z_j through its steps, and ln |d base / d z_j|: both shaped like z, (..., latent)."""
    log_slope = torch.zeros_like(z)
    for u, w, b in zip(*(parameter.unbind(1) for parameter in (flow.u, flow.w, flow.b)), strict=True):
        tanh = torch.tanh(w * z + b)
        z = z + u * tanh
        log_slope = log_slope + torch.log1p(u * w * (1 - tanh.square()))
    return z, log_slope


def flow_log_density(z: Tensor, flow: Flow) -> Tensor:
    """Return ln p(z_j) of each latent: shaped like z, (..., latent)."""
    base, log_slope = to_base(z, flow)
    return standard_log_density(base) + log_slope


def from_base(base: Tensor, flow: Flow, halvings: int = 80) -> Tensor:
    """Return the inverse of `to_base` by bisection in float64: shaped like BASE, (..., latent)."""
    flow = Flow(flow.u.double(), flow.w.double(), flow.b.double())
    wanted, bound = base.double(), flow.u.abs().sum(1)  # no step moves a point by more than |u|
    low, high = wanted - bound, wanted + bound
    for _ in range(halvings):
        middle = (low + high) / 2
        below = to_base(middle, flow)[0] < wanted
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    return ((low + high) / 2).to(base.dtype)
