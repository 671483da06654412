"""The answer of a claim: its words, the verdict, how large the effect is, and of how many runs."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from tcvae_cli.results import Claim, Estimate, Verdict

OVER_PAIRS = "by the median over all pairs of runs"  # what `shift` tells: no difference of the two medians
EACH, AT_EACH_BETA = "each", "at each beta"  # of what a number of runs is, where there are several groups


def answered(claim: Claim, size: str = "", why: str = "", each: str = EACH) -> Claim:
    """Return a claim with its answer, which is its sentence and what became of it.

    SIZE says how large the effect is, if there is one: "higher by 0.07 (0.02 to 0.12)". WHY is a sentence on what
    keeps the claim from a test, where that is no lack of runs, EACH what a group of runs is. Examples:

        beta-TCVAE has the highest median MIG: held, higher by 0.07 (0.02 to 0.12), 10 runs each.
        beta-TCVAE has the highest median MIG: too few runs, higher by 0.03 so far, 3 runs each.
        beta-TCVAE has the highest median MIG: too few runs. It was not run beside another method.
    """
    few, runs = claim.verdict == Verdict.TOO_FEW, claim.groups
    parts = [str(claim.verdict), f"{size} so far" if size and few else size, runs_in_words(runs, each)]
    enough = (
        f" About {roughly(claim.needed)} new runs{f' {each}' * (len(runs) > 1)} would do."
        if few and claim.needed
        else ""
    )
    answer = f"{claim.sentence.removesuffix('.')}: {', '.join(filter(None, parts))}.{enough}"
    return replace(claim, answer=f"{answer} {why}".strip())


def in_brief(found: Estimate) -> str:
    """Return an estimate with its interval: 0.07 (0.02 to 0.12); with a third decimal where two would blur them."""
    numbers = numbers_of(found)
    blurred = any(0 < abs(number) < 0.005 for number in numbers) or (len(numbers) > 1 and found.high - found.low < 0.02)
    return with_interval([f"{number:z.{3 if blurred else 2}f}" for number in numbers])


def by(found: Estimate, above: str, below: str, told: Callable[[Estimate], str] = in_brief) -> str:
    """Return how far an estimate is from 0, in the word for its side: "lower by 0.05 (0.02 to 0.08)"."""
    return f"{below} by {told(-found)}" if found.value < 0 else f"{above} by {told(found)}"


def in_per_cent(found: Estimate) -> str:
    """Return a share with its interval: 51% (12% to 75%)."""
    return with_interval([f"{number:.0%}" for number in numbers_of(found)])


def numbers_of(found: Estimate) -> list[float]:
    """Return an estimate's value and, if it has an interval of some width, its ends."""
    known = math.isfinite(found.high - found.low) and found.low < found.high
    return [found.value, found.low, found.high] if known else [found.value]


def with_interval(told: Sequence[str]) -> str:
    """Return a value with the ends of its interval, if it has one."""
    value, *ends = told
    return f"{value} ({' to '.join(ends)})" if ends else value


def chance(p: float) -> str:
    """Return a P, which is never 0 though a computer may round it to that: "P = 0.02", "P < 0.001"."""
    return "P < 0.001" if p < 0.001 else f"P = {p:.2g}"


def roughly(count: int) -> str:
    """Return a guess of how many in two digits: 2534 is "2,500"."""
    return f"{int(float(f'{count:.2g}')):,}"


def runs_told(claim: Claim) -> str:
    """Return how many runs a claim is of, as its answer says it."""
    found = [runs_in_words(claim.groups, each) for each in (AT_EACH_BETA, EACH)]
    return next((words for words in found if f", {words}" in claim.answer), found[-1])


def runs_in_words(runs: Sequence[int], each: str = EACH) -> str:
    """Return how many runs were in each group: (10, 10) is "10 runs each", (9, 10) "9 to 10 runs each"."""
    if not runs:
        return ""
    least, most = min(runs), max(runs)
    many = f"{least}" if least == most else f"{least} to {most}"
    return f"{many} {'run' if most == 1 else 'runs'}{f' {each}' if len(runs) > 1 else ''}"


def in_a_row(phrases: Sequence[str]) -> str:
    """Return phrases in a row: "a", "a and b", "a, b and c"."""
    *first, last = phrases
    return f"{', '.join(first)} and {last}" if first else last
