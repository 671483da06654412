"""The appendix on the older metrics: scores of plain VAEs against L."""

import itertools
import math
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from markdown_page import table
from metrics import METRICS
from pages import make_page

from tcvae_cli.results import Claim, Line, Table, decide, rank_test, spearman, superiority

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEAST = 4  # models: fewer can be reordered, or raised, by chance alone
SIGNIFICANT = 0.05
CLEARLY = 0.1  # of a rank correlation

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
    """Return two claims for each metric."""
    return [
        claim
        for measure in METRICS
        if len(scores := scores_of(results.lines, measure)) > 1
        for claim in (raised(measure, scores), reordered(measure, scores))
    ]


def raised(measure: str, scores: Scores) -> Claim:
    """Test whether scores at the largest L are above those at the least."""
    least, most = min(scores), max(scores)
    low, high = (list(means(scores[votes]).values()) for votes in (least, most))
    chance, above = rank_test(high, low), superiority(high, low)
    return Claim(
        f"A larger L raises the score of {METRICS[measure][0].removesuffix('.')}.",
        f"mean {statistics.fmean(low):.3f} at L = {least} and {statistics.fmean(high):.3f} at {most}; P(a model's is "
        f"larger at {most}) = {above:.2f}, rank test P = {chance:.3f}.",
        decide(above > 0.5 and chance < SIGNIFICANT, [len(low), len(high)], LEAST),
        runs=(len(low), len(high)),
        numbers={"superiority": above, "chance": chance},
    )


def reordered(measure: str, scores: Scores) -> Claim:
    """Test whether the orders at the least and the largest L agree less than two draws of votes at the same L do."""
    least, most = min(scores), max(scores)
    across, within = agreement(scores[least], scores[most]), within_draws(scores)
    runs = tuple(len(means(scores[votes])) for votes in (least, most))
    return Claim(
        f"A larger L reorders the models by the score of {METRICS[measure][0].removesuffix('.')}.",
        f"Spearman's r of the orders at L = {least} and {most} is {across:.2f}, that of two draws of votes at the same "
        f"L {within:.2f} (held if lower by more than {CLEARLY}).",
        decide(across < within - CLEARLY if math.isfinite(across + within) else None, runs, LEAST),
        runs=runs,
        numbers={"r_of_both": across, "r_of_draws": within},
    )


def agreement(first: dict[int, dict[int, float]], second: dict[int, dict[int, float]]) -> float:
    """Return the mean rank correlation of models between every draw of the one and every draw of the other."""
    pairs = [(a, b) for a in first.values() for b in second.values()]
    return statistics.fmean(order_agreement(a, b) for a, b in pairs)


def within_draws(scores: Scores) -> float:
    """Return the mean rank correlation between draws at the least L and at the largest."""
    pairs = [pair for votes in (min(scores), max(scores)) for pair in itertools.combinations(scores[votes].values(), 2)]
    return statistics.fmean(order_agreement(a, b) for a, b in pairs) if pairs else math.nan


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
    head = ("metric", "L", "models", "lowest", "mean", "highest", "r with the order at the largest L")
    return table(head, [[f"{cell:.3f}" if isinstance(cell, float) else cell for cell in row] for row in rows])


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
        panel.set_title(METRICS[measure][0], fontsize=8, loc="left", color="#555555")
    panels[0].set_ylabel("score, one line per model")
    return drawn


if __name__ == "__main__":
    make_page("Appendix: the older metrics against L", body, claims, figure)
