"""Table 1: what three metrics are sensitive to, measured on constructed codes."""

import math
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from markdown_page import table
from metrics import METRICS, by_metric, draw_line
from pages import make_page
from properties import MOVED, TESTS, UNCLEAR, Test, blurred_in, by_degrees, general
from remarks import in_shares, remarks, share
from saying import Saying

from tcvae_cli.figures import look
from tcvae_cli.results import Claim, Line, Table, Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

YES_NO = {True: "yes", False: "no"}
PAPER = {
    "axis-aligned": {"higgins": False, "kim-mnih": True, "mig": True},
    "unbiased": {"higgins": False, "kim-mnih": False, "mig": True},
    "general": {"higgins": False, "kim-mnih": False, "mig": True},
}
SENTENCES = {
    "axis-aligned": "MIG and the metric of Kim & Mnih ask that a factor have a latent of its own, that of Higgins et "
    "al. does not",
    "unbiased": "MIG does not depend on how it is computed, the older metrics depend on their L",
    "general": "MIG scores a code of any distribution, the older metrics do not",
}


def claims(results: Table) -> list[Claim]:
    """Return the column of each property."""
    return [claim(name, tests(results.lines)) for name, tests in TESTS.items()]


def claim(name: str, tests: Sequence[Test]) -> Claim:
    """Test whether all three metrics have the property, or not, as the paper's table says."""
    told = [f"{METRICS[test.metric][0]} {test.before:.3f} → {test.after:.3f} ({YES_NO[test.found]})" for test in tests]
    held = all(test.found == PAPER[name][test.metric] for test in tests)
    complete = len(tests) == len(METRICS) and all(test.clear for test in tests)
    paper = ", ".join(f"{METRICS[metric][0]} {YES_NO[has]}" for metric, has in PAPER[name].items())
    return Saying(f"{name.capitalize()}: {SENTENCES[name]}", f"{paper}.").tested(
        "constructed codes",
        Verdict.TOO_FEW if not complete else Verdict.HELD if held else Verdict.NOT_HELD,
        f"of codes that were chosen to show it: {'; '.join(told)}.",
        ", ".join(f"{METRICS[test.metric][0]} {test.before:.2f} → {test.after:.2f}" for test in tests),
        numbers={
            f"{test.metric}_{place}": number
            for test in tests
            for place, number in (("before", test.before), ("after", test.after))
        },
    )


def body(results: Table) -> str:
    """Return the paper's table with the numbers behind each of its words, and what the words leave out."""
    rows = [
        (
            *(METRICS[test.metric][0], name, test.before, test.after, share(test.before, test.after)),
            *(YES_NO[test.found], YES_NO[PAPER[name][test.metric]]),
        )
        for name, tests in TESTS.items()
        for test in tests(results.lines)
    ]
    return "\n\n".join(
        part
        for part in [
            table(("metric", "property", "from", "to", "change as a share", "measured", "the paper"), rows),
            f"A change of more than {MOVED} counts; one within {UNCLEAR} of that decides nothing, since the votes of "
            "the older metrics are drawn. All codes have two latents and two factors of eight values; "
            "recipes/constructed.py makes them. *Axis-aligned*: each factor in a latent of its own, against the same "
            "codes turned by 45 degrees, where no latent belongs to one factor more than to the other. *Unbiased*: "
            "codes with as much noise as signal in every mean, at the least and the largest L; for MIG, which has no "
            'L, the mean over seeds at the fewest samples S against the exact value; "yes" if the mean is near that '
            "value at every S. *General*: one mode per latent, against two modes from which the factor can be told as "
            "well.",
            in_shares(results.lines),
            remarks(results.lines),
        ]
        if part
    )


def figure(results: Table) -> "Figure":
    """Draw one panel per property."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(6.5, 2.3), layout="constrained")
    angles, votes, modes = drawn.subplots(1, 3, sharey=True)
    turned = by_degrees(results.lines, "unlike")
    for name in METRICS:
        draw_line(angles, name, list(turned), [here.get(name, math.nan) for here in turned.values()])
    angles.set(xlabel="turned by (degrees)", xticks=[0, 15, 30, 45], ylabel="score", ylim=(0, 1), title="axis-aligned")
    draw_dependence(votes, results.lines)
    for test in general(results.lines):
        draw_line(modes, test.metric, [0, 1], [test.before, test.after])
    modes.set(xticks=[0, 1], xticklabels=["one mode", "two modes"], xlim=(-0.3, 1.3), title="general")
    drawn.legend(*angles.get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
    for panel in (angles, votes, modes):
        panel.title.set(fontsize=8, color=look().quiet)
    return drawn


def draw_dependence(panel: "Axes", results: Sequence[Line]) -> None:
    """Draw the older metrics against L, and MIG's estimate against S beside the exact value."""
    for key in ("per_vote", "samples"):
        for name, points in by_metric(blurred_in(results), key).items():
            draw_line(panel, name, list(points), [statistics.fmean(values) for values in points.values()])
    exact = by_degrees(results, "blurred").get(0, {}).get("mig", math.nan)
    panel.axhline(exact, color=METRICS["mig"][1], linewidth=0.8, linestyle=":")
    panel.set(xscale="log", xlabel="L; S for MIG (dotted: exact)", title="unbiased")
    panel.set_xticks([5, 50, 500, 10_000], ["5", "50", "500", "10,000"])
    panel.minorticks_off()


CAPTION = (
    "A point is a score of codes made for this. In the middle are the older metrics against L, and the estimate of MIG "
    "(the mean over seeds) against S; the dotted level is its exact value."
)

if __name__ == "__main__":
    make_page("Table 1: properties of metrics", body, claims, figure, CAPTION)
