"""The appendix on the older metrics: scores of plain VAEs against L."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from answers import by, chance
from markdown_page import table
from metrics import METRICS
from orders import AGREED, CLEARLY, agreements, decide_reordered, reordering
from pages import make_page
from saying import Saying

from tcvae_cli.figures import look
from tcvae_cli.results import (
    Claim,
    Estimate,
    Line,
    Table,
    paired_shift,
    spearman,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAPER = "Scores of 20 plain VAEs against L (a plot, no number); table 1 calls both older metrics biased."

Scores = dict[int, dict[int, dict[int, float]]]  # {L: {draw of votes: {model's seed: score}}}


def scores_of(results: Sequence[Line], measure: str) -> Scores:
    """Return the scores of one metric."""
    scores: Scores = {}
    for result in results:
        if result["measure"] == measure:
            draws = scores.setdefault(int(result.number("per_vote")), {})
            model = int(result.part("settings").number("seed"))
            draws.setdefault(int(result.number("seed")), {})[model] = result.number("score")
    return dict(sorted(scores.items()))


def means(draws: dict[int, dict[int, float]]) -> dict[int, float]:
    """Return {model: mean over the draws} of the models that all draws have."""
    common = sorted(set.intersection(*(set(draw) for draw in draws.values())))
    return {model: statistics.fmean(draw[model] for draw in draws.values()) for model in common}


def claims(results: Table) -> list[Claim]:
    """Return two claims for each metric that was computed at two L or more."""
    found = []
    for measure in METRICS:
        scores = scores_of(results.lines, measure)
        if len(scores) > 1 and len((ends := ends_of(scores)).low):
            found += [raised(METRICS[measure][0], ends), reordered(METRICS[measure][0], ends)]
    return found


@dataclass(frozen=True)
class Ends:
    """The scores of the models that all draws of votes have, at the least L and at the largest."""

    least: int
    most: int
    low: Any  # (models, draws)
    high: Any


def ends_of(scores: Scores) -> Ends:
    """Return what the least L and the largest say of the same models."""
    sides = [list(scores[votes].values()) for votes in (min(scores), max(scores))]
    models = sorted(set.intersection(*(set(draw) for side in sides for draw in side)))
    low, high = (np.array([[draw[model] for draw in side] for model in models]) for side in sides)
    return Ends(min(scores), max(scores), low, high)


def raised(metric: str, ends: Ends) -> Claim:
    """Test whether a model's score, as the mean over draws, is higher at the largest L than at the least."""
    found = paired_shift((ends.high.mean(1) - ends.low.mean(1)).tolist())
    told = (
        f"mean {ends.low.mean():.3f} at L = {ends.least} and {ends.high.mean():.3f} at {ends.most}; of the same model "
        f"it is {by(found, 'higher', 'lower', str)} there, by signed ranks."
    )
    saying = Saying(f"With a larger L, the score of {metric} rises", PAPER)
    return saying.decided_by(found, None, told, by(found, "higher", "lower"))


def reordered(metric: str, ends: Ends) -> Claim:
    """Test whether the orders at the least and the largest L agree clearly less than the chance in votes explains."""
    found, (both, alone) = reordering(ends.low, ends.high), agreements(ends.low, ends.high)
    known = math.isfinite(both + alone)
    told = (
        f"Spearman's r of the orders at L = {ends.least} and {ends.most} is {both:.2f}. As two draws of votes at the "
        f"same L agree, one order at both would show an r of {alone:.2f}. {tested(found)}."
    )
    saying = Saying(f"With a larger L, the score of {metric} puts the models into another order", PAPER)
    return saying.tested(
        None,
        decide_reordered(found),
        told if known else "several models and draws of votes are needed.",
        f"r = {both:.2f} where one order would show {alone:.2f}" if known else "",
        [found],
        estimate=found,
        numbers={"r_of_both": both, "r_of_one_order": alone},
    )


def tested(found: Estimate) -> str:
    """Return the tests of whether models are reordered in words."""
    if not math.isfinite(found.above):
        return "They are too few, or agree too little at one L, for a test"
    return (
        f"The test that r is lower than that by more than {CLEARLY:g} gives {chance(found.above)} (held if at most "
        f"5%), the test that it is not {chance(found.below)} (not held if at most {AGREED:.0%})"
    )


def agreement(first: dict[int, dict[int, float]], second: dict[int, dict[int, float]]) -> float:
    """Return the mean rank correlation of models between every draw of the one and every draw of the other."""
    pairs = [(a, b) for a in first.values() for b in second.values()]
    return statistics.fmean(order_agreement(a, b) for a, b in pairs)


def order_agreement(first: dict[int, float], second: dict[int, float]) -> float:
    """Return Spearman's r over the models that both have."""
    common = sorted(first.keys() & second.keys())
    return spearman([first[model] for model in common], [second[model] for model in common])


def body(results: Table) -> str:
    """Return mean and range at each L, and how the order agrees with that at the largest."""
    rows = []
    for measure in METRICS:
        scores = scores_of(results.lines, measure)
        for votes, draws in scores.items():
            values = list(means(draws).values())
            order = agreement(draws, scores[max(scores)])
            spread = (min(values), statistics.fmean(values), max(values))
            rows.append(
                (METRICS[measure][0], f"{votes}", len(values), *spread, "same" if votes == max(scores) else order)
            )
    head = ("metric", "L", "models", "lowest", "mean", "highest", "mean r with the order at the largest L")
    return (
        table(head, [[f"{cell:.3f}" if isinstance(cell, float) else cell for cell in row] for row in rows])
        + "\n\nLowest, mean and highest are of the models' scores, each the mean over its draws of votes. An r is of "
        "one draw at that L and one at the largest, as the mean over all such pairs; it is not that of the mean scores."
    )


def figure(results: Table) -> "Figure":
    """Draw one line per model, one panel per metric; the order at the least L colours the models: crossings show."""
    import matplotlib
    from matplotlib.figure import Figure

    measures = [measure for measure in METRICS if scores_of(results.lines, measure)]
    drawn = Figure(figsize=(6.5, 2.6), layout="constrained")
    panels = drawn.subplots(1, len(measures), sharey=True, squeeze=False)[0]
    for panel, measure in zip(panels, measures, strict=True):
        lines = {votes: means(draws) for votes, draws in scores_of(results.lines, measure).items()}
        first = lines[min(lines)]
        order = sorted(first, key=lambda model: first[model])
        for place, model in enumerate(order):
            colour = matplotlib.colormaps["viridis"](0.9 * place / max(1, len(order) - 1))
            across = [votes for votes in lines if model in lines[votes]]
            panel.plot(across, [lines[votes][model] for votes in across], "o-", color=colour, markersize=3, linewidth=1)
        panel.set(xscale="log", xlabel="L, images that make a vote")
        panel.set_xticks(list(lines), [str(votes) for votes in lines])
        panel.minorticks_off()
        panel.set_title(METRICS[measure][0], fontsize=8, loc="left", color=look().quiet)
    panels[0].set_ylabel("score, one line per model")
    return drawn


CAPTION = (
    "A line is a model, whose score is the mean over the draws of votes. Its colour is the model's place at the least "
    "L, from dark, the lowest, to light, the highest: where colours mix at a larger L, the order has changed."
)

if __name__ == "__main__":
    make_page("Appendix: the older metrics against L", body, claims, figure, CAPTION)
