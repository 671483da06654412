"""Piecewise polynomials: values at the Gauss-Legendre nodes of panels, how to integrate and to halve them."""

import functools
from dataclasses import dataclass

import numpy as np
import torch
from numpy.polynomial import legendre
from torch import Tensor

NODES = 16


@dataclass(frozen=True)
class Leaves:
    """Panels that tile the support: left edges (panels,), one width, densities (groups, panels, NODES).

    Densities are unnormalised over groups: each integrates to the total weight of its group.
    """

    left: Tensor
    width: float
    density: Tensor

    def integrate(self, values: Tensor) -> Tensor:
        """Return the integral over the panels of values (groups, panels, NODES) at the nodes: (groups,)."""
        return torch.einsum("gpn,n->g", values, quadrature_weights().to(values.device) * (self.width / 2))

    def nodes(self) -> Tensor:
        """Return the positions of the nodes: (panels, NODES)."""
        return self.left[:, None] + (quadrature_nodes() + 1).to(self.left.device) * (self.width / 2)

    def cpu(self) -> "Leaves":
        """Return the panels in the memory of the CPU."""
        return Leaves(self.left.cpu(), self.width, self.density.cpu())


@functools.cache
def quadrature_nodes(count: int = NODES) -> Tensor:
    """Return the Gauss-Legendre nodes on [-1, 1]."""
    return torch.from_numpy(legendre.leggauss(count)[0])


@functools.cache
def quadrature_weights(count: int = NODES) -> Tensor:
    """Return the Gauss-Legendre weights on [-1, 1]."""
    return torch.from_numpy(legendre.leggauss(count)[1])


def barycentric_weights() -> Tensor:
    """Return the weights of Lagrange interpolation through the nodes (Berrut & Trefethen 2004, eq. 3.2)."""
    nodes = quadrature_nodes()
    difference = nodes[:, None] - nodes[None, :]
    difference.fill_diagonal_(1)
    return 1 / difference.prod(1)


def interpolation(points: Tensor) -> Tensor:
    """Return the matrix (points, NODES) that takes values at the nodes to values at POINTS of [-1, 1]."""
    difference = points[:, None] - quadrature_nodes()[None, :]
    exact = difference == 0
    terms = barycentric_weights() / torch.where(exact, 1.0, difference)
    matrix = terms / terms.sum(1, keepdim=True)
    return torch.where(exact.any(1, keepdim=True), exact.to(matrix.dtype), matrix)


def halved(density: Tensor) -> Tensor:
    """Return the densities at the nodes of the left and right half of each panel: (groups, 2 panels, NODES)."""
    nodes = quadrature_nodes()
    both = interpolation(torch.cat([(nodes - 1) / 2, (nodes + 1) / 2]))
    return (density @ both.T.to(density.device)).reshape(len(density), -1, NODES)


def integration(points: Tensor) -> Tensor:
    """Return the matrix (points, NODES) that takes values at the nodes to integrals from -1 to POINTS of [-1, 1]."""
    values = legendre_values(points, NODES)
    # The integral of P_k from -1 is (P_k+1 - P_k-1) / (2 k + 1), that of P_0 is x + 1.
    before = torch.cat([-torch.ones_like(points)[None], values[: NODES - 1]])
    odd = 2 * torch.arange(NODES, device=points.device)[:, None] + 1
    return values[1:].sub_(before).div_(odd).T @ legendre_coefficients().to(points.device)


def legendre_values(points: Tensor, degree: int) -> Tensor:
    """Return the Legendre polynomials up to a DEGREE at POINTS, as numpy.polynomial: (degree + 1, points)."""
    values = points.new_ones(degree + 1, len(points))
    values[1] = points
    for n in range(2, degree + 1):
        torch.mul(values[n - 1], points, out=values[n]).mul_(2 * n - 1).sub_(values[n - 2] * (n - 1)).div_(n)
    return values


@functools.cache
def legendre_coefficients() -> Tensor:
    """Return the matrix (NODES, NODES) that takes values at the nodes to the coefficients of Legendre polynomials."""
    at_nodes = legendre.legvander(quadrature_nodes().numpy(), NODES - 1)
    scale = (2 * np.arange(NODES)[:, None] + 1) / 2
    return torch.from_numpy(scale * at_nodes.T * quadrature_weights().numpy())
