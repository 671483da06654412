"""Samples of the aggregated posterior, drawn so that no image that differs from the rest is missed, and their means."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tcvae_cli.estimators.densities import sample
from tcvae_cli.estimators.posterior import Posterior


@dataclass(frozen=True)
class Draws:
    """Samples of q(z) and what each stands for.

    An image whose expected number of draws is at least 1 is drawn for certain: its draws share its probability. Any
    other draw stands for p(n) over the expected number, so that a sum over the draws is unbiased.
    """

    z: Tensor  # (samples, latent) float64
    rows: Tensor  # (samples,): the image of each
    weight: Tensor  # (samples,): near 1 in sum
    certain: Tensor  # (samples,): whether the image of each was drawn for certain
    unseen: float  # probability of the images that were not drawn


def draw(posterior: Posterior, share: Tensor, samples: int, generator: torch.Generator) -> Draws:
    """Draw SAMPLES z, their images systematically by SHARE (data,), which sums to 1 and is positive where p(n) is.

    All on the CPU, where a seed means the same everywhere.

    With shares of (1/2, 1/4, 1/4), 4 samples and a start of 0.3 the positions are 0.075, 0.325, 0.575 and 0.825, which
    fall on images 0, 0, 1 and 2: each image is drawn within one of its share of the samples.
    """
    share, probability = share.cpu(), posterior.probability.cpu()
    start = torch.rand((), generator=generator, dtype=torch.float64)
    positions = (torch.arange(samples, dtype=torch.float64) + start) / samples
    shuffled = torch.randperm(len(share), generator=generator)  # so that grid order means nothing
    cumulative = share[shuffled].cumsum(0)
    rows = shuffled[torch.searchsorted(cumulative, positions * cumulative[-1], right=True).clamp(max=len(shuffled) - 1)]
    mean, log_std = (parameter[rows.to(posterior.device)].cpu() for parameter in (posterior.mean, posterior.log_std))
    z = sample(mean.double(), log_std.double(), generator, posterior.family)
    count = torch.bincount(rows, minlength=len(share))
    expected = samples * share
    certain = (expected >= 1) & (count > 0)
    weight = probability[rows] / torch.where(certain, count, expected)[rows]
    return Draws(z, rows, weight, certain[rows], unseen=float(probability[count == 0].sum()))


def sample_aggregate(posterior: Posterior, samples: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw z ~ q(z) (samples, latent) float64, stratified by p(n); return them and the images they came from."""
    drawn = draw(posterior, posterior.probability, samples, generator)
    return drawn.z, drawn.rows


def shares_by_distance(probability: Tensor, values: Sequence[Tensor]) -> Tensor:
    """Return how often to draw each image, (data,): half by p(n), half by p(n) times how far VALUES (data,) lie off.

    The distance is from their mean; several kinds of values share that half. So no draw stands for more than twice its
    share of p(n), and with two kinds none brings more than four times the mean distance into a sum of either: one image
    far from thousands is drawn many times, and weighs little each time.
    """
    share = probability
    for each in values:
        distance = (each - probability @ each).abs()
        mean = float(probability @ distance)
        if 0 < mean < math.inf:
            share = share + probability * (distance / mean / len(values))
    return share / share.sum()


def weighted_mean(drawn: Draws, values: Tensor, fitted: int = 1) -> tuple[Tensor, float]:
    """Return the mean of VALUES (samples,) over q(z), and its standard error after so many FITTED parameters."""
    weight = drawn.weight / drawn.weight.sum()
    mean = weight @ values
    return mean, _error(drawn, weight * (values - mean), fitted)


def with_control_variate(drawn: Draws, values: Tensor, control: Tensor, expectation: Tensor) -> tuple[Tensor, float]:
    """Return the mean of VALUES (samples,) over q(z) by regression on a CONTROL of known EXPECTATION, and its error.

    Owen 2013, Monte Carlo theory, section 8.9. Values 1, 3, 5 with a control of 0, 1, 2 that is known to be 1.5 on
    average lie on the line 1 + 2 c: the estimate is 4, not their mean of 3, and its standard error 0. The slope is the
    one of the least error, which is a sum of squares of weighted residuals: many light draws of one image pull it less.
    """
    square = drawn.weight.square() / drawn.weight.square().sum()
    off, rise = control - square @ control, values - square @ values
    spread = square @ off.square()
    slope = (square @ (off * rise)) / spread if spread > 0 else spread
    return weighted_mean(drawn, values - slope * (control - expectation), fitted=2)


def _error(drawn: Draws, contributions: Tensor, fitted: int) -> float:
    """Return the standard error of a sum of residuals' CONTRIBUTIONS (samples,), less the parameters FITTED.

    Of an image drawn for certain only the spread among its own draws counts: how much it differs from others is known.
    """
    images, index, count = drawn.rows.unique(return_inverse=True, return_counts=True)
    total = torch.zeros(len(images), dtype=torch.float64).index_add_(0, index, contributions)
    square = torch.zeros(len(images), dtype=torch.float64).index_add_(0, index, contributions.square())
    certain = torch.zeros(len(images), dtype=torch.bool).index_fill_(0, index[drawn.certain], True)
    within = (count / (count - 1).clamp(min=1)) * (square - total.square() / count)
    variance = torch.where(certain & (count > 1), within.clamp(min=0), square).sum()
    samples = len(contributions)
    return math.sqrt(float(variance) * samples / max(1, samples - fitted))
