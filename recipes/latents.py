"""How many latents of runs are active, and what is said where most runs of a setting have but one."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from answers import in_a_row
from over_beta import Runs

from tcvae_cli.results import Claim, Line, Points, Setting, Table, setting_of

TOLD = 0.5  # of a factor's entropy: a latent that knows so much of it is said to tell it
MOST_NAMED = 5  # settings, in a sentence
ACTIVE_TOLD = "Active latents: their median, and from the run with the least to that with the most."

Lines = Sequence[Line]  # of mig, of the runs of one setting


def active_in(line: Line) -> float:
    """Return how many latents of a run are active; NaN where its line does not say, as older ones."""
    found = line.find("active_latents")
    return float(len(found)) if isinstance(found, list) else math.nan


def has_several(line: Line) -> bool:
    """Tell whether a run has more than one active latent, for all that is known."""
    return not active_in(line) <= 1


def active_in_words(lines: Lines) -> str:
    """Return the median number of active latents, the least and the most: "2 (1 to 9)"; "" where a run tells none."""
    counts = [active_in(line) for line in lines]
    if not counts or any(map(math.isnan, counts)):
        return ""
    spread = f" ({min(counts):g} to {max(counts):g})" if min(counts) < max(counts) else ""
    return f"{statistics.median(counts):g}{spread}"


def of_several_latents(points: Points, lines: Mapping[float, Lines]) -> Runs:
    """Return both numbers of each run with more than one active latent: (runs, 2)."""
    kept = [
        own for beta, some in points.items() for own, line in zip(some, lines[beta], strict=True) if has_several(line)
    ]
    return np.array(kept).reshape(-1, 2)


def by_setting(results: Table) -> dict[str, dict[Setting, list[Line]]]:
    """Return the lines of mig by data set and setting."""
    found: dict[str, dict[Setting, list[Line]]] = {}
    for line in results.lines:
        if line["kind"] == "mig":
            found.setdefault(results.data_set(line), {}).setdefault(setting_of(line.settings), []).append(line)
    return found


def at_betas(
    lines: Mapping[Setting, Mapping[float, Lines]], betas: Mapping[Setting, Iterable[float]]
) -> dict[str, Lines]:
    """Return the runs of methods at these BETAS, by the name of both: "beta-VAE at beta 10"."""
    return {
        f"{method.name} at beta {beta:g}": lines[method][beta] for method, own in betas.items() for beta in sorted(own)
    }


def with_caveat(claim: Claim, compared: Mapping[str, Lines], beside: str = "") -> Claim:
    """Return a claim whose answer ends with why its numbers mean little, if they do, and with BESIDE.

    Where they mean something, BESIDE stands at the end of what was measured.
    """
    if caveat := of_one_latent(compared) if claim.groups else "":
        return replace(claim, answer=f"{claim.answer} {caveat} {beside}".strip())
    return replace(claim, statistic=f"{claim.statistic} {beside}".strip())


def of_one_latent(compared: Mapping[str, Lines]) -> str:
    """Return a sentence on the settings most of whose runs have at most one active latent; "" if there are none.

    MIG is the mean, over factors, of how much more the best latent knows than the next: one latent for several factors
    loses nothing by it. Example:

        All 10 runs of beta-VAE at beta 10 have one active latent, which tells 2 of 4 factors and which MIG does not
        count against them.
    """
    found = {name: [line for line in lines if not has_several(line)] for name, lines in compared.items()}
    most = {name: few for name, few in found.items() if len(few) > len(compared[name]) / 2}
    if not most:
        return ""
    told = [f"{of_all(len(few), len(compared[name]))} of {name}" for name, few in most.items()]
    runs = [line for few in most.values() for line in few]
    latents = "one active latent" if all(active_in(line) == 1 for line in runs) else "at most one active latent"
    have, them = ("has", "it") if len(runs) == 1 else ("have", "them")
    sentence = f"{first_of(told)} {have} {latents}, which {factors_told(runs)}MIG does not count against {them}."
    return sentence[0].upper() + sentence[1:]


def of_all(few: int, count: int) -> str:
    """Return how many of some runs: "all 10 runs", "6 of 10 runs", "the 1 run"."""
    return f"{few} of {count} runs" if few < count else f"all {count} runs" if count > 1 else "the 1 run"


def first_of(phrases: Sequence[str]) -> str:
    """Return phrases on settings in a row, of many the first."""
    more = len(phrases) - MOST_NAMED
    return in_a_row([*phrases[:MOST_NAMED], *([f"those of {more} more settings"] if more > 0 else [])])


def factors_told(runs: Lines) -> str:
    """Return how many factors the only active latent of such runs tells, half of their entropy or more, in words."""
    gaps = [line.find("gap_per_factor") for line in runs]
    if not all(isinstance(own, list) and all(isinstance(gap, int | float) for gap in own) for own in gaps):
        return ""
    counts, factors = [sum(gap >= TOLD for gap in own) for own in gaps], {len(own) for own in gaps}
    if len(factors) > 1:
        return ""
    many = f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
    return f"tells {many} of {factors.pop()} factors and which "
