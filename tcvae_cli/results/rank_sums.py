"""How probable each sum of ranks is where nothing makes a difference: counted, without any list of arrangements."""

import functools
import math

import numpy as np

from tcvae_cli.arrays import Array

MOST_EXACT = 2_500  # pairs of runs, or averages of two: beyond them the normal approximation is as good
MOST_SUMS = 1_000_000  # that are formed to join two strata
MOST_COMMON = 10**12  # common multiple of what the strata's sums are divided by: 64 bits hold such sums

Sums = tuple[Array, Array]  # what a sum of ranks can be, and how probable each is


@functools.lru_cache(maxsize=256)
def chances_of_u(m: int, n: int) -> Array:
    """Return the probability of each U from 0 to m n, if all m + n runs come from one distribution."""
    if m * n > MOST_EXACT:
        return normal_chances(m * n, math.sqrt(m * n * (m + n + 1) / 12))
    return sums_of_chosen(tuple(range(1, m + n + 1)), m)[1]


@functools.lru_cache(maxsize=256)
def chances_of_signed_ranks(runs: int) -> Array:
    """Return the probability of each sum of positive ranks, from 0, if either sign is as likely."""
    most = runs * (runs + 1) // 2
    if most > MOST_EXACT:
        return normal_chances(most, math.sqrt(most * (2 * runs + 1) / 12))
    chances = np.zeros(most + 1)
    chances[0] = 1
    for rank in range(1, runs + 1):
        chances[rank:] += chances[:-rank].copy()
        chances /= 2
    return chances


def normal_chances(most: int, deviation: float) -> Array:
    """Return the probability of each count from 0 to MOST in the normal approximation, with continuity correction."""
    from scipy.special import ndtr

    edges = (np.arange(most + 2) - 0.5 - most / 2) / deviation
    return np.diff(np.concatenate([[0.0], ndtr(edges[1:-1]), [1.0]]))


@functools.lru_cache(maxsize=8)
def sums_of_strata(strata: tuple[tuple[tuple[int, ...], int, int], ...]) -> Sums | None:
    """Return what a weighted sum of rank sums can be, less what is expected of it, None if that is more than MOST_SUMS.

    Each of the STRATA is twice its ranks, sorted, how many runs of the first group are among them, and the weight of
    their sum: the same in strata of equal sizes without equal values.
    """
    found: Sums | None = np.zeros(1, dtype=np.int64), np.ones(1)
    for doubled, m, weight in strata:
        sums, chances = sums_of_chosen(doubled, m)
        found = joined(found, (weight * (sums - m * (len(doubled) + 1)), chances)) if found else None
    return found


def joined(first: Sums, second: Sums) -> Sums | None:
    """Return the sums of two independent ones, None if they are more than MOST_SUMS."""
    if len(first[0]) * len(second[0]) > MOST_SUMS:
        return None
    values, places = np.unique(np.add.outer(first[0], second[0]), return_inverse=True)
    return values, np.bincount(places.ravel(), weights=np.multiply.outer(first[1], second[1]).ravel())


@functools.lru_cache(maxsize=256)
def sums_of_chosen(numbers: tuple[int, ...], count: int) -> Sums:
    """Return the possible sums, ascending, of COUNT of some sorted whole numbers, and their probabilities.

    All choices are as likely. Counted number by number: so many of those seen so far, with such a sum.
    """
    ways = np.zeros((count + 1, sum(numbers[len(numbers) - count :]) + 1))  # (chosen, sum)
    ways[0, 0] = 1
    for number in numbers:
        ways[1:, number:] += ways[:-1, : ways.shape[1] - number].copy()
    sums = np.flatnonzero(ways[count])
    return sums, ways[count, sums] / ways[count].sum()
