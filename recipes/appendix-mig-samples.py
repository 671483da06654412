"""The appendix on MIG's estimate: entropies and MIG from S samples beside the exact values."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_page import table
from pages import make_page

from tcvae_cli.results import Claim, Line, Table, Verdict, decide

FURTHEST = 3.0  # standard errors
TELLING = 0.03  # the most that those standard errors may be of MIG: a wider test tells nothing


@dataclass(frozen=True)
class Estimate:
    """MIG and the entropies of one S, over seeds, against the exact values (nats)."""

    samples: int
    runs: int
    mig: float
    away: float  # mean minus exact
    standard_error: float  # of that mean, by the estimator's own
    marginal: float  # mean |H(z_j) - exact| over latents and seeds
    conditional: float  # mean |H(z_j|v_k) - exact|


def estimates(results: Sequence[Line]) -> tuple[Line | None, list[Estimate]]:
    """Return the exact result, and the estimates by increasing S."""
    exact = next((result for result in results if result["samples"] is None), None)
    by_samples: dict[int, list[Line]] = {}
    for result in results:
        if result["samples"] is not None:
            by_samples.setdefault(int(result.number("samples")), []).append(result)
    if exact is None:
        return None, []
    return exact, [estimate(samples, some, exact) for samples, some in sorted(by_samples.items())]


def estimate(samples: int, some: Sequence[Line], exact: Line) -> Estimate:
    """Return what the results of one S say."""
    mig = statistics.fmean(one.number("mig") for one in some)
    variance = sum(one.number("standard_error") ** 2 for one in some)
    return Estimate(
        samples,
        len(some),
        mig,
        mig - exact.number("mig"),
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
    """Test whether MIG's estimate does not depend on S beyond noise."""
    sentence = "The estimate of MIG does not depend on the number of samples S beyond noise."
    exact, found = estimates(results.lines)
    if exact is None or len(found) < 2:
        return [Claim(sentence, "the exact value and two values of S are needed.", Verdict.TOO_FEW)]
    worst = max(found, key=lambda one: abs(one.away) / one.standard_error)
    most = abs(worst.away) / worst.standard_error
    widest = FURTHEST * max(one.standard_error for one in found)
    return [
        Claim(
            sentence,
            f"exact {exact.number('mig'):.4f}; in standard errors the mean over seeds is furthest from it at S = "
            f"{worst.samples:,}: by {worst.away:+.4f}, which is {most:.1f} of them (held up to {FURTHEST:g}). "
            f"A difference of {widest:.4f} would be too much at any S (too few runs above {TELLING:g}).",
            decide(most <= FURTHEST if most > FURTHEST or widest <= TELLING else None, [one.runs for one in found]),
            data_set if (data_set := exact.get("data_set")) is None else str(data_set),
            runs=tuple(one.runs for one in found),
            numbers={"exact": exact.number("mig"), "away": worst.away, "standard_errors": most, "detectable": widest},
        )
    ]


def body(results: Table) -> str:
    """Return one row per S."""
    _, found = estimates(results.lines)
    rows = [
        (
            *(f"{one.samples:,}", one.runs, f"{one.mig:.4f}", f"{one.away:+.4f}", one.away / one.standard_error),
            *(f"{one.marginal:.4f}", f"{one.conditional:.4f}"),
        )
        for one in found
    ]
    head = ("S", "seeds", "mean MIG", "minus exact", "in standard errors", "|H(z) - exact|", "|H(z given v) - exact|")
    return (
        table(head, rows)
        + "\n\nOne run, scored again and again: the seeds are of the samples. The entropies' columns are means over "
        "latents, factors and seeds, in nats. The paper uses S = 10,000. MIG takes a largest and a second largest "
        "information, each with its noise, so the gap of a factor that no latent tells is a little too large where S "
        "is small. The picture's level is the exact value."
    )


if __name__ == "__main__":
    make_page("Appendix: MIG against the number of samples", body, claims)
