"""Which latents of two models say the same: correlations of their means, and the best one-to-one assignment."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

ROUNDING = 2.0**-23  # of float32: a mean that varies less is constant


@dataclass(frozen=True)
class Pair:
    """A latent of one model, the latent of the other that is assigned to it, and Pearson's r of their means."""

    latent: int
    other: int
    correlation: float


def correlations(first: Tensor, second: Tensor) -> Tensor:
    """Pearson's r of each latent of FIRST (data, D) with each of SECOND (data, E): (D, E), 0 for a constant one."""
    return standardised(first).T @ standardised(second)


def standardised(mean: Tensor) -> Tensor:
    """Columns of mean 0 and norm 1, float64; of zeros where they are constant to rounding."""
    mean = mean.double()
    largest = mean.abs().amax(0)
    centred = mean - mean.mean(0)
    norm = centred.norm(dim=0)
    constant = norm <= ROUNDING * largest * math.sqrt(len(mean))
    return torch.where(constant, 0.0, centred / norm.where(~constant, torch.ones(())))


def matched(first: Tensor, second: Tensor) -> list[Pair]:
    """The one-to-one pairs of latents with the largest sum of |r|, min(D, E) of them, in the order of FIRST's latents.

    first: (data, D), second: (data, E), the posterior means of the same images.
    """
    found = correlations(first, second)
    strength = found.abs()
    swapped = len(found) > found.shape[1]
    assigned = assignment((-(strength.T if swapped else strength)).tolist())
    pairs = [(column, row) if swapped else (row, column) for row, column in enumerate(assigned)]
    return [Pair(i, j, float(found[i, j])) for i, j in sorted(pairs)]


def assignment(cost: Sequence[Sequence[float]]) -> list[int]:
    """A column of its own for each row such that the sum of COST (rows, columns >= rows) is least.

    The Hungarian algorithm in its form of shortest augmenting paths (Jonker & Volgenant 1987), O(rows^2 columns):
    assignment([[4, 1], [2, 0]]) is [1, 0].
    """
    rows, columns = len(cost), len(cost[0]) if cost else 0
    row_price, column_price = [0.0] * (rows + 1), [0.0] * (columns + 1)
    owner = [0] * (columns + 1)  # the row that holds each column, both counted from 1; 0 is nobody
    for new in range(1, rows + 1):
        owner[0] = new
        here, came_from = 0, [0] * (columns + 1)
        distance, done = [math.inf] * (columns + 1), [False] * (columns + 1)
        while owner[here]:
            done[here] = True
            row = owner[here]
            open_columns = [j for j in range(1, columns + 1) if not done[j]]
            for j in open_columns:
                reduced = cost[row - 1][j - 1] - row_price[row] - column_price[j]
                if reduced < distance[j]:
                    distance[j], came_from[j] = reduced, here
            nearest = min(open_columns, key=lambda j: distance[j])
            step = distance[nearest]
            for j in range(columns + 1):
                if done[j]:
                    row_price[owner[j]] += step
                    column_price[j] -= step
                else:
                    distance[j] -= step
            here = nearest
        while here:  # every row on the path moves on to the next column
            owner[here] = owner[came_from[here]]
            here = came_from[here]
    return [owner.index(row, 1) - 1 for row in range(1, rows + 1)]
