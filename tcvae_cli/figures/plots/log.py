"""The terms of trainings against steps, from their logs."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tcvae_cli.errors import ArgumentError, TcvaeError, printable
from tcvae_cli.figures.lettering import folded, signed
from tcvae_cli.figures.looks import look
from tcvae_cli.figures.panels import LOOKS, in_legend, looks
from tcvae_cli.figures.style import name_beside, styled
from tcvae_cli.results.line import Line
from tcvae_cli.results.setting import Setting, name_settings
from tcvae_cli.text import choice_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tcvae_cli.files.logs import Log

PANEL, HEIGHT = 2.15, 1.55  # inches
NARROWEST = 2.0  # of a panel, in inches
TICKS = 0.55  # inches beside a panel, for what stands at its ticks
ACROSS = 3  # panels
MOST_LOGS, MOST_PANELS = 100, 24
# Unless they are asked for: what no two objectives have in common, and what does not change.
LEFT_OUT = ("loss", "exact.images")
LEAST_SPAN = 0.01  # of an upright axis: less is noise
FIRST_PART = 0.1  # of the steps, which no panel makes room for: the ELBO rises from a thousand nats below
NAMES = {
    "elbo": "ELBO",
    "log_likelihood": "log-likelihood",
    "kl": "KL",
    "minibatch_index_code_mi": "index-code MI, minibatch",
    "minibatch_total_correlation": "total correlation, minibatch",
    "minibatch_dimension_wise_kl": "dimension-wise KL, minibatch",
    "capacity": "capacity C",
    "covariance_off_diagonal": "covariances: sum of squares",
    "covariance_diagonal": "variances - 1: sum of squares",
    "exact.index_code_mi": "index-code MI, exact",
    "exact.total_correlation": "total correlation, exact",
    "exact.dimension_wise_kl": "dimension-wise KL, exact",
    "exact.mig": "MIG, exact",
    "exact.active": "active latents",
    "exact.images": "images of the exact terms",
}
# No nats.
PLAIN = ("covariance_off_diagonal", "covariance_diagonal", "exact.mig", "exact.images", "exact.active")


@styled
def log(logs: "Sequence[Log]", term: Sequence[str] | None = None) -> "Figure":
    """Draw the terms of some logs in nats against steps, a panel for each term and a line for each log.

    TERM holds keys of numbers in the logs, such as "elbo" or "exact.mig"; by default all but the loss. What the first
    tenth of the steps has beyond the rest is cut off. ArgumentError for a term that no log has.
    """
    from matplotlib.figure import Figure

    if not 0 < len(logs) <= MOST_LOGS:
        raise TcvaeError("logs", f"are {len(logs):,}, and a figure shows 1 to {MOST_LOGS}", "draw some of them")
    chosen = chosen_terms(logs, term)
    rows = math.ceil(len(chosen) / ACROSS)
    across = min(ACROSS, len(chosen))
    width = max(look().room(max(2, across) * PANEL), across * NARROWEST)
    figure = Figure(figsize=(width, rows * HEIGHT + 0.35), layout="constrained")
    panels = list(figure.subplots(rows, across, squeeze=False).flat)
    styles = styles_of(logs)
    for place, (panel, chosen_term) in enumerate(zip(panels, chosen, strict=False)):
        draw_term(panel, chosen_term, logs, styles)
        title = folded(title_of(chosen_term), width / across - TICKS, 7)
        panel.set_title(title, fontsize=7, loc="left", color=look().quiet)
        if place + across < len(chosen):
            panel.tick_params(labelbottom=False)
        else:  # the lowest of its column
            panel.set_xlabel("step", fontsize=7)
    for panel in panels[len(chosen) :]:
        panel.set_axis_off()
    name_lines(figure, styles)
    return figure


def chosen_terms(logs: "Sequence[Log]", terms: Sequence[str] | None) -> list[str]:
    """Return the terms to draw, in the order of the logs where none are asked for."""
    known = list(dict.fromkeys(term for one in logs for term in one.terms))
    for term in terms or ():
        if term not in known:
            cure = choice_of(term, [name_beside(one) for one in known]) if known else "wait for the first line"
            raise ArgumentError("term", f"no log has {printable(term)!r}", cure)
    chosen = list(terms) if terms else [term for term in known if term not in LEFT_OUT]
    if not chosen:
        raise TcvaeError(logs[0].where, "has no line yet", "wait for the first, after 100 steps")
    if len(chosen) > MOST_PANELS:
        fault = f"have {len(chosen):,} terms, and a figure shows at most {MOST_PANELS}"
        raise TcvaeError("logs", fault, "choose some of them by {term}")
    order = {term: place for place, term in enumerate(NAMES)}
    return chosen if terms else sorted(chosen, key=lambda term: order.get(term, len(order)))


def styles_of(logs: "Sequence[Log]") -> list[tuple[str, dict[str, Any]]]:
    """Return the name of each log's line and how to draw it: runs of one setting look alike, and are named once."""
    headers = [None if one.header is None else one.header.settings for one in logs]
    known = [Line({"settings": Line(dict(settings), "")}, "") for settings in headers if settings is not None]
    settings = iter(name_settings(known))
    named = [Setting(None, None, (name_beside(one.where),)) if one.header is None else next(settings) for one in logs]
    by_setting = looks(list(dict.fromkeys(own for own in named if own.objective is not None)))
    strokes = {own: LOOKS[place % len(LOOKS)][0] for place, own in enumerate(by_setting)}  # where print is grey
    other = {"color": look().other, "linestyle": "-"}
    return [
        (own.differences[0], other)
        if own.objective is None
        else (own.label, {"color": by_setting[own]["color"], "linestyle": strokes[own]})
        for own in named
    ]


def draw_term(panel: "Axes", term: str, logs: "Sequence[Log]", styles: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Draw one term of all logs."""
    from matplotlib.ticker import MaxNLocator

    last = max(one.steps[-1] for one in logs if one.steps)
    low, high = math.inf, -math.inf
    for one, (_, style) in zip(logs, styles, strict=True):
        steps, values = one.series(term)
        single: dict[str, Any] = {"marker": ".", "clip_on": False} if len(steps) == 1 else {}
        panel.plot(steps, values, linewidth=0.9, alpha=0.85, **single, **style)
        late = [value for step, value in zip(steps, values, strict=True) if step > FIRST_PART * last] or values
        low, high = min([low, *late]), max([high, *late])
    if low < high:
        room = max(0.06 * (high - low), (LEAST_SPAN - (high - low)) / 2)
        panel.set_ylim(low - room, high + room)
    panel.tick_params(labelsize=6)
    panel.yaxis.set_major_formatter(lambda value, _: signed(f"{value:,.6g}"))
    panel.xaxis.set_major_formatter(lambda step, _: f"{step:,.0f}")
    panel.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10], integer=True))
    panel.set_xlim(0, max(last, 1))


def title_of(term: str) -> str:
    """Return what a panel calls its term, with its unit if it has one."""
    return NAMES.get(term, name_beside(term.replace("_", " "))) + ("" if term in PLAIN else " (nats)")


def name_lines(figure: "Figure", styles: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Name each look once, above all panels."""
    from matplotlib.lines import Line2D

    by_name = dict(styles)
    handles = [Line2D([], [], label=in_legend(name), **style) for name, style in by_name.items()]
    own: dict[str, Any] = {"frameon": False, "fontsize": 7, "handlelength": 1.8}
    figure.legend(handles=handles, loc="outside upper left", ncols=min(3, len(handles)), **own)
