"""Whether runs lie in two clusters, and the share of the upper one."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.results.estimates import LEAST_RUNS, Estimate, checked_runs
from tcvae_cli.results.shares import share

SIMULATED = 9_999  # samples of one normal cluster
MOST_NUMBERS = 4_000_000  # in these, which are fewer where runs are many: 32 MB


@dataclass(frozen=True)
class Clusters:
    """Runs cut in two where the two parts vary least within themselves."""

    cut: float  # halfway between the two runs beside it
    below: float  # mean of the lower part
    above: float  # and of the upper one
    p: float  # of a cut so clear in runs of one normal cluster
    upper: Estimate  # the share of the runs in the upper part


def two_clusters(values: Sequence[float]) -> Clusters | None:
    """Return the best cut of some runs in two, None for fewer than LEAST_RUNS of them or runs that do not vary.

    It is the cut with the least sum of squares within both parts (what k-means looks for, here by trying every cut).
    P is the share of SIMULATED samples of as many normal numbers which some cut leaves with so small a share of their
    sum of squares, the runs themselves counted as one of the samples: it is never 0 (Phipson & Smyth 2010), and depends
    neither on mean nor on deviation. A small P excludes one normal cluster, not one skewed one. The values 0, 1, 2, 10,
    11, 12 are cut at 6: 4 of 154 remain.

    Of runs N(0.47, 0.02) and N(0.15, 0.07), P is at most 5% in 62 / 99% of simulations of 10 / 40 runs of which a third
    are upper ones, and in 25 / 62% if it is 15% of them. Where it is, the interval of the share covers at least 91%,
    but 77% of 10 runs of which 15% are upper ones: so few may be cut elsewhere.
    """
    ordered = np.sort(checked_runs("values", values))
    runs = len(ordered)
    if runs < LEAST_RUNS or not np.ptp(ordered) > 0:
        return None
    remaining = what_cuts_leave(ordered[None])[0]
    lower = int(remaining.argmin()) + 1
    of_normal = least_left_of_normal(runs)
    return Clusters(
        float(ordered[lower - 1 : lower + 1].mean()),
        float(ordered[:lower].mean()),
        float(ordered[lower:].mean()),
        (1 + int((of_normal <= remaining.min()).sum())) / (1 + len(of_normal)),
        share(runs - lower, runs),
    )


def what_cuts_leave(ordered: Array) -> Array:
    """Return which share of the sum of squares each cut of a sorted row leaves within its parts.

    A cut takes away n_1 n_2 / n (mean_1 - mean_2)^2 of it. # (samples, runs) to (samples, runs - 1)
    """
    runs = ordered.shape[1]
    centred = ordered - ordered.mean(1, keepdims=True)
    lower, sums = np.arange(1, runs), np.cumsum(centred, 1)[:, :-1]  # centred: the upper part has the negative sum
    taken = sums**2 * (1 / lower + 1 / (runs - lower))
    left: Array = 1 - taken / (centred**2).sum(1, keepdims=True)
    return left


@functools.lru_cache(maxsize=64)
def least_left_of_normal(runs: int) -> Array:
    """Return what the best cut leaves of each of SIMULATED samples of so many normal numbers."""
    count = max(20, min(SIMULATED, MOST_NUMBERS // runs))
    samples = np.sort(np.random.default_rng(0).normal(size=(count, runs)), 1)
    least: Array = what_cuts_leave(samples).min(1)
    return least
