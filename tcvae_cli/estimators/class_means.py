"""What the mean of each latent is where a factor has a value: the curves of a latent-against-factor plot."""

import math

import torch
from torch import Tensor


def class_means(mean: Tensor, classes: Tensor, probability: Tensor) -> Tensor:
    """Return E[E[z_j|x] | v_1, ..., v_K], the average over all other factors: (size_1, ..., size_K, latent) float64.

    mean: (data, latent); classes: (data, K) from 0, -1 where a label is missing; probability: (data,). Images with a
    missing label are left out, and a combination that no image has (the grid need not be full) is NaN. Sizes are one
    more than the largest class. With means 1, 2, 6 in classes 0, 0, 2 of one factor: [1.5, NaN, 6].
    """
    known = (classes >= 0).all(1)
    mean, classes, weight = mean[known].double(), classes[known], probability[known].double()
    sizes = [int(column.max()) + 1 if len(column) else 0 for column in classes.T]
    place = torch.zeros(len(classes), dtype=torch.int64)
    for column, size in zip(classes.T, sizes, strict=True):
        place = place * size + column
    cells = math.prod(sizes)
    total = torch.zeros(cells, mean.shape[1], dtype=torch.float64).index_add_(0, place, weight[:, None] * mean)
    share = torch.zeros(cells, dtype=torch.float64).index_add_(0, place, weight)
    return (total / share[:, None]).reshape(*sizes, mean.shape[1])
