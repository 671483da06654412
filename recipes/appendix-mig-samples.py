"""The appendix on MIG's estimate: entropies and MIG from S samples beside the exact values."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from answers import roughly
from markdown_page import literal, table
from pages import make_page
from saying import Saying

from tcvae_cli.results import Claim, Estimate, Line, Table, Verdict, decide_above, estimate, runs_needed

MARGIN = 0.03  # of MIG: no page tells apart what is nearer
SAYING = Saying(
    f"The estimate of MIG depends on the number of samples S by less than {MARGIN:g}",
    "S = 10,000 is adopted, from estimates against S (a plot, no number).",
)


@dataclass(frozen=True)
class Sampled:
    """MIG and the entropies of one S, over seeds, against the exact values (nats)."""

    samples: int
    mig: float
    away: Estimate  # mean minus exact
    sides: tuple[Estimate, Estimate]  # how far that is from MARGIN, below and above
    told_error: float  # standard error of that mean, by the estimator's own
    marginal: float  # mean |H(z_j) - exact| over latents and seeds
    conditional: float  # mean |H(z_j|v_k) - exact|


def estimates(results: Sequence[Line]) -> tuple[Line | None, list[Sampled]]:
    """Return the exact result, and the estimates by increasing S."""
    exact = next((result for result in results if result["samples"] is None), None)
    by_samples: dict[int, list[Line]] = {}
    for result in results:
        if result["samples"] is not None:
            by_samples.setdefault(int(result.number("samples")), []).append(result)
    if exact is None:
        return None, []
    return exact, [sampled(samples, some, exact) for samples, some in sorted(by_samples.items())]


def sampled(samples: int, some: Sequence[Line], exact: Line) -> Sampled:
    """Return what the results of one S say."""
    migs, expected = [one.number("mig") for one in some], exact.number("mig")
    variance = sum(one.number("standard_error") ** 2 for one in some)
    return Sampled(
        samples,
        statistics.fmean(migs),
        estimate(lambda groups: float(groups[0].mean()) - expected, [migs]),
        (
            estimate(lambda groups: MARGIN + float(groups[0].mean()) - expected, [migs]),
            estimate(lambda groups: MARGIN - float(groups[0].mean()) + expected, [migs]),
        ),
        math.sqrt(variance) / len(some),
        statistics.fmean(distance(one["marginal_entropy"], exact["marginal_entropy"]) for one in some),
        statistics.fmean(distance(one["conditional_entropy"], exact["conditional_entropy"]) for one in some),
    )


def distance(found: object, expected: object) -> float:
    """Return the mean absolute difference of numbers in lists of the same shape."""
    if isinstance(found, list) and isinstance(expected, list):
        return statistics.fmean(distance(*pair) for pair in zip(found, expected, strict=True))
    assert isinstance(found, float | int)
    assert isinstance(expected, float | int)
    return abs(found - expected)


def claims(results: Table) -> list[Claim]:
    """Test whether the mean over seeds is the exact value at every S, as near as matters."""
    exact, found = estimates(results.lines)
    if exact is None or len(found) < 2:
        return [SAYING.untested(None, "the exact value and two values of S are needed.")]
    worst = max(found, key=lambda one: abs(one.away.value))
    sides = [side for one in found for side in one.sides]
    verdict, away = decide_above(*sides), f"{worst.away.value:+z.4f} ({interval(worst.away)})"
    enough = runs_needed(*sides) if verdict == Verdict.TOO_FEW else None
    return [
        SAYING.tested(
            data_set if (data_set := exact.get("data_set")) is None else str(data_set),
            verdict,
            f"one run, whose exact MIG is {exact.number('mig'):.4f}, scored from several draws of S samples; the mean "
            f"of these is furthest from it at S = {worst.samples:,}, by {away}. Held if it is surely nearer than "
            f"{MARGIN:g} at every S, not held if it is surely further at one.",
            f"{away} from the exact value where it is furthest (S = {worst.samples:,}, mean of {worst.away.runs[0]} "
            "draws of samples)",
            why=f"About {roughly(enough)} new draws at each S would do." if enough else "",
            runs=(1,),  # of training: the draws are of the samples
            estimate=worst.away,
            numbers={"exact": exact.number("mig"), "margin": MARGIN},
        )
    ]


def body(results: Table) -> str:
    """Return one row per S."""
    exact, found = estimates(results.lines)
    rows = [
        (
            *(f"{one.samples:,}", one.away.runs[0], f"{one.mig:.4f}", f"{one.away.value:+z.4f}"),
            *(interval(one.away), f"{one.told_error:.4f}", f"{one.marginal:.4f}", f"{one.conditional:.4f}"),
        )
        for one in found
    ]
    head = (
        "S",
        "draws",
        "mean MIG",
        "minus exact",
        "90% interval",
        "standard error of that mean by the estimator",
    )
    return (
        table((*head, "|H(z) - exact|", "|H(z given v) - exact|"), rows)
        + "\n\nOne run, scored again and again: each draw of samples has a seed of its own. The intervals come from "
        "how the draws spread; beside them stands the standard error of their mean, as the estimates told theirs. The "
        "entropies' columns are means over latents, factors and draws, in nats. "
        f"{by_factor(results.lines, exact, found)}"
    )


def by_factor(results: Sequence[Line], exact: Line | None, found: Sequence[Sampled]) -> str:
    """Return by how much the gap of each factor is away from its exact value at the least S; "" where none is told."""
    least = [one for one in results if found and one["samples"] == found[0].samples]
    if exact is None or not all(one.get("gap_per_factor") for one in (exact, *least)):
        return ""
    mean = np.mean([one["gap_per_factor"] for one in least], axis=0)
    away = zip(map(literal, exact["factors"]), mean - np.array(exact["gap_per_factor"]), strict=True)
    each = ", ".join(f"{factor} {gap:+z.4f}" for factor, gap in away)
    return (
        f"MIG is the mean of the factors' gaps, in which their errors may cancel; at S = {found[0].samples:,} the mean "
        f"gap less the exact one is {each}. "
    )


def interval(found: Estimate) -> str:
    """Return the interval of an estimate, if it has one."""
    return f"{found.low:+z.4f} to {found.high:+z.4f}" if math.isfinite(found.high - found.low) else "no interval"


CAPTION = (
    "A small dot is an estimate with one seed, the line joins the means over seeds, and the dotted level is the exact "
    "value. The upright axis does not begin at 0, so that the differences look larger than they are."
)

if __name__ == "__main__":
    make_page("Appendix: MIG against the number of samples", body, claims, caption=CAPTION)
