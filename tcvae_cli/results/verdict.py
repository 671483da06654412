"""Verdicts: what runs decide of a claim, by how many they are and by tests of what they tell."""

import math
import statistics
from collections.abc import Sequence
from enum import StrEnum

from tcvae_cli.results.estimates import LEAST_RUNS, SURE, Estimate
from tcvae_cli.results.line import Line

POWER = 0.8  # of the number of runs that is called enough
MOST_RUNS = 1_000  # that are ever said to be needed: a difference that takes more looks like none


class Verdict(StrEnum):
    """What became of a claim."""

    HELD = "held"
    NOT_HELD = "not held"
    TOO_FEW = "too few runs"
    STAND_IN = "not tested on a stand-in"


def decide_above(*parts: Estimate) -> Verdict:
    """Return the verdict of a claim that every one of its parts lies above its level.

    It is held if each part is significantly above at 5%: as all must be, no correction is needed (the
    intersection-union test, Berger 1982). It is not held if some part is significantly below, which any of k may be by
    chance: that needs P of at most 5% / k (Holm 1979 for the least P). A part of fewer than LEAST_RUNS decides nothing.
    """
    if not parts or not all(part.decides for part in parts):
        return Verdict.TOO_FEW
    if all(part.above <= SURE for part in parts):
        return Verdict.HELD
    return Verdict.NOT_HELD if any(part.below <= SURE / len(parts) for part in parts) else Verdict.TOO_FEW


def decide_below(*parts: Estimate) -> Verdict:
    """Return the verdict of a claim that every one of its parts lies below its level."""
    return decide_above(*(-part for part in parts))


def decide_within(found: Estimate, margin: float, p: float) -> Verdict:
    """Return the verdict of a claim that there is no difference, FOUND being the difference and P that of a test of it.

    It is held if the 90% interval lies within MARGIN on both sides (two one-sided tests of 5%, Schuirmann 1987) and the
    test finds nothing, and not held if the two-sided test finds a difference at 5%.
    """
    if not found.decides:
        return Verdict.TOO_FEW
    if p <= SURE:
        return Verdict.NOT_HELD
    return Verdict.HELD if -margin < found.low and found.high < margin else Verdict.TOO_FEW


def runs_needed(*parts: Estimate) -> int | None:
    """Return how many runs in each group would show all PARTS above their levels in 4 of 5 such experiments.

    If the true values are those seen: None where one of them does not lie above its level, or needs more than
    MOST_RUNS. For below, give the negatives: `runs_needed(-part)`.

    A part seen with P = 1 - Phi(z) in n runs has P near 1 - Phi(z sqrt(N / n)) in N, so that N runs find it with the
    power Phi(z sqrt(N / n) - 1.645); several parts are missed at most as often as one after the other. Seen with
    z = 1 in 5 runs, one part needs 5 (1.645 + 0.842)^2 = 31. P is the middle one of an exact test, which counts half of
    what equals the finding.

    It is a guess, as good as the difference that was seen: in simulations of normal runs where 16 are right, half of
    all answers lie between 8 and 67 if 5 runs are seen and tested by Student's t, between 10 and 126 if by ranks;
    between 11 and 44 if 10 runs are seen; and their middle lies at 17 to 19.
    """
    from scipy.special import ndtri

    seen = [(float(-ndtri((part.above - part.below + 1) / 2)), statistics.harmonic_mean(part.runs)) for part in parts]
    return runs_for(seen)


def runs_needed_within(found: Estimate, margin: float) -> int | None:
    """Return how many runs in each group would show a difference within MARGIN, as `runs_needed`."""
    runs = statistics.harmonic_mean(found.runs)
    return runs_for([((margin + side * found.value) / found.error, runs) for side in (-1, 1)])


def runs_for(seen: Sequence[tuple[float, float]]) -> int | None:
    """Return how many runs show all that was SEEN, as (z, runs), with POWER at once: by bisection."""
    from scipy.special import ndtr, ndtri

    if not seen or not all(z > 0 for z, _ in seen):  # NaN neither
        return None

    def power(runs: float) -> float:
        return 1 - sum(float(ndtr(-ndtri(SURE) - z * math.sqrt(runs / own))) for z, own in seen)

    few, enough = LEAST_RUNS - 1, MOST_RUNS
    if power(enough) < POWER:
        return None
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if power(middle) >= POWER else (middle, enough)
    return enough


def is_stand_in(result: Line) -> bool:
    """Return whether a result is of pictures that stand in for the paper's."""
    return str(result["provenance"]).startswith("stand-in")
