"""Figure 5: MIG under sampling biases."""

import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
from pages import TOO_FEW, Claim, make_page, number_and_interval, surely, table, verdict

from tcvae_cli.figures.bias import Scores, mig_by_bias
from tcvae_cli.results.line import Line
from tcvae_cli.results.statistics import bootstrap, rank_test, superiority

OURS, OTHERS = "beta-TCVAE (6)", ("beta-VAE (4)", "InfoGAN")
EVEN, BIASED = "A", ("B", "C", "D")


def claims(results: Sequence[Line]) -> list[Claim]:
    """beta-TCVAE above each other method, and all lower under bias."""
    scores, _ = mig_by_bias(results)
    return [*(above(scores, other) for other in OTHERS), *(lower(scores, setting) for setting in (OURS, *OTHERS))]


def above(scores: Scores, other: str) -> Claim:
    """Whether a run of ours is more often the larger under every distribution, and surely so over all of them.

    It is not where theirs is surely the larger under one of them.
    """
    groups = [scores.get(kind, {}).get(setting, []) for setting in (OURS, other) for kind in (EVEN, *BIASED)]
    sentence = f"beta-TCVAE's MIG is above that of {other} under each of the distributions A to D."
    if not all(groups):
        return Claim(sentence, "not all of them were run.", TOO_FEW)

    def chances(arrays: Sequence[Any]) -> list[float]:
        return [superiority(own, its) for own, its in zip(arrays[:4], arrays[4:], strict=True)]

    found = chances(groups)
    low, high = bootstrap(lambda arrays: statistics.fmean(chances(arrays)), groups)
    against = any(bootstrap(lambda pair: superiority(*pair), groups[kind::4])[1] < 0.5 for kind in range(4))
    each = ", ".join(f"{kind} {chance:.2f}" for kind, chance in zip((EVEN, *BIASED), found, strict=True))
    mean = number_and_interval(statistics.fmean(found), low, high)
    return Claim(
        sentence,
        f"P(a run of ours is larger): {each}; on average {mean}.",
        verdict(not against, list(map(len, groups)) if low > 0.5 < min(found) or against else []),
    )


def lower(scores: Scores, setting: str) -> Claim:
    """Whether the mean MIG under B, C and D, on average, is below that under A: the interval is above 0."""
    groups = [scores.get(kind, {}).get(setting, []) for kind in (EVEN, *BIASED)]
    sentence = f"Under biased sampling (B, C, D) the MIG of {setting} is lower than under A."
    if not all(groups):
        return Claim(sentence, "not all of them were run.", TOO_FEW)

    def loss(arrays: Sequence[Any]) -> float:
        return float(np.mean(arrays[0]) - statistics.fmean(float(np.mean(array)) for array in arrays[1:]))

    low, high = bootstrap(loss, groups)
    return Claim(
        sentence,
        f"by {number_and_interval(loss(groups), low, high)}.",
        surely(low, high, list(map(len, groups))),
    )


def body(results: Sequence[Line]) -> str:
    """Quartiles, and the rank test of each method against ours, for each distribution."""
    scores, (first, second) = mig_by_bias(results)
    rows = [
        (kind, setting, len(values), values[0], statistics.median(values), values[-1], against(settings, setting))
        for kind, settings in scores.items()
        for setting, values in settings.items()
    ]
    head = ("distribution", "setting", "runs", "lowest MIG", "median MIG", "highest MIG", f"rank test against {OURS}")
    estimator = next(str(result["estimator"]) for result in results if result["kind"] == "mig")
    return (
        f"MIG: {estimator}, weighed by the distribution that the images were drawn from, over {first} and {second}. "
        "All else is fixed, which leaves 231 images: fewer than the paper's batch, so that a batch is at most as many "
        f"draws, with replacement, and trainings are counted in steps.\n\n{table(head, rows)}"
    )


def against(settings: dict[str, list[float]], setting: str) -> str:
    """P of the rank test of a setting against ours."""
    return f"P = {rank_test(settings[setting], settings[OURS]):.2g}" if OURS in settings and setting != OURS else ""


if __name__ == "__main__":
    make_page("Figure 5: MIG under sampling biases", claims, body)
