"""Unsupervised disentanglement ranking: Duan et al. 2020."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

TINY = 1e-300


def rank_codes(mean: Tensor, probability: Tensor | None = None) -> Tensor:
    """Return the standardised ranks of the means, equal means sharing their middle rank: (data, latent) float64.

    PROBABILITY is p(n) of the images (data,), None where all are equally likely. With it each image counts by it, as if
    it stood there as often as it is likely, and its row is also scaled by the root of data p(n).
    """
    from scipy.stats import rankdata

    ranks = torch.empty(mean.shape, dtype=torch.float64)
    for latent, column in enumerate(mean.T):
        if probability is None:
            rank = torch.from_numpy(rankdata(column.numpy()))
            ranks[:, latent] = (rank - rank.mean()) / rank.std(correction=0).clamp(min=TINY)
        else:
            rank = middle_of_share(column, probability)
            rank = rank - probability @ rank
            scale = (probability @ rank.square()).sqrt().clamp(min=TINY)
            ranks[:, latent] = rank / scale * (len(mean) * probability).sqrt()
    return ranks


def middle_of_share(column: Tensor, probability: Tensor) -> Tensor:
    """Return the probability of a smaller value and half of that of an equal one: (data,) float64, a weighted rank."""
    _, places = torch.unique(column, return_inverse=True)
    share = torch.zeros(int(places.max()) + 1, dtype=torch.float64).index_add_(0, places, probability)
    return (share.cumsum(0) - share / 2)[places]


def udr(ranks: list[Tensor], group: Sequence[object] | None = None) -> tuple[list[float], list[list[float]]]:
    """Return the score of each model, its median likeness to the others (UDR_S), and the likenesses (model, model).

    ranks: for each model (data, active), from the same images in the same order. group: what each model is one of, of
    which there are two or more each; the others are then those of its group. With R the absolute rank correlation,
    likeness = mean over the active latents of both models of (largest R)^2 / sum of R.
    """
    group = [None] * len(ranks) if group is None else group
    likeness = np.eye(len(ranks))
    for i, ours in enumerate(ranks):
        for j, theirs in enumerate(ranks[:i]):
            likeness[i, j] = likeness[j, i] = relative_strength((ours.T @ theirs / len(ours)).abs())
    peers = [[j for j in range(len(ranks)) if j != i and group[j] == group[i]] for i in range(len(ranks))]
    scores = [float(np.median(row[others])) for row, others in zip(likeness, peers, strict=True)]
    return scores, likeness.tolist()


def relative_strength(correlation: Tensor) -> float:
    """Return the mean over rows and columns of largest^2 / sum: 1 if each has one partner, 0 without active latents."""
    if correlation.numel() == 0:
        return 0.0
    parts = [matrix.amax(1).square() / matrix.sum(1).clamp(min=TINY) for matrix in (correlation, correlation.T)]
    return float(torch.cat(parts).mean())
