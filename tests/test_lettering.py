"""Names of any width in figures: measured, folded or cut, so that nothing is cut off by an edge."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from helpers.result_lines import mig_line, parsed, tc_line
from tcvae_cli.figures.lettering import fitted, folded, width_of
from tcvae_cli.figures.plots.bias import bias
from tcvae_cli.figures.plots.box import box
from tcvae_cli.figures.plots.circles import circles
from tcvae_cli.figures.plots.curve import curve
from tcvae_cli.figures.plots.information import information
from tcvae_cli.figures.plots.latents import latents
from tcvae_cli.figures.plots.portrait import Heat, Lines, Portrait
from tcvae_cli.figures.plots.strips import MatchedWalks, Strip, StripPair, strips
from tcvae_cli.figures.plots.trade_off import trade_off
from tcvae_cli.results.setting import Setting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDE, SECOND = "WIDE_" * 16, "second_factor_of_" * 5
OBJECTIVE, DATA, VALUE = "OBJECTIVE_" * 12, "DATA SET " * 13, "SETTING_" * 15


def lines(**changes: Any) -> list[dict[str, Any]]:
    """Return results whose objective, data set and setting have names of 120 wide letters."""
    of_mig = [
        mig_line(OBJECTIVE, beta, seed, 0.1 + 0.01 * beta, data_set=DATA, settings={"note": note}, **changes)
        for beta in (1, 4)
        for seed in (0, 1)
        for note in (f"a{VALUE}", f"b{VALUE}")
    ]
    return [*of_mig, *(tc_line(one, 2.0 - 0.1 * one["mig"], -100 - one["settings"]["beta"]) for one in of_mig)]


def portrait() -> Portrait:
    means = np.linspace(-1, 1, 15).reshape(5, 3)
    groups = {WIDE: means, SECOND: -means}
    heat = Heat(WIDE, SECOND, np.linspace(-1, 1, 75).reshape(5, 5, 3))
    return Portrait(f"{DATA}\n{OBJECTIVE}", (0, 1), (heat, Lines(SECOND, groups)))


def walks() -> MatchedWalks:
    strip = Strip(0, 1.0, np.zeros((7, 8, 8)))
    pair = StripPair(strip, strip, 0.9, WIDE)
    runs, settings = (OBJECTIVE, f"{OBJECTIVE}2"), (Setting(OBJECTIVE), Setting("vae"))
    return MatchedWalks((pair,), runs, settings, np.linspace(-2, 2, 7), f"matched over {DATA}")


FACTORS = {"factors": [WIDE, SECOND], "mutual_information": [[0.5, 0.1]] * 2, "factor_entropy": [1.0, 1.0]}
BIASED = [one for kind in "ABCD" for one in lines(bias=[kind, WIDE, SECOND], provenance=f"p; {kind}")[::2]]
DRAWN: dict[str, "Callable[[], Figure]"] = {
    "box": lambda: box(parsed(lines()), note=print),
    "trade-off": lambda: trade_off(parsed(lines()), note=print),
    "circles": lambda: circles(parsed(lines()), note=print),
    "curve": lambda: curve(parsed(lines()), "settings.beta", "mig", note=print),
    "bias": lambda: bias(parsed(BIASED), note=print),
    "information": lambda: information(parsed([mig_line("vae", 1, 0, 0.1, **FACTORS)])),
    "latents": lambda: latents([portrait(), portrait()]),
    "strips": lambda: strips(walks()),
}


@pytest.mark.parametrize("kind", DRAWN)
def test_no_name_leaves_its_figure(kind: str) -> None:
    from matplotlib.text import Text

    figure = DRAWN[kind]()
    figure.draw_without_rendering()
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text) and any(map(str.isalpha, text.get_text()))]
    boxes = {text.get_text(): text.get_window_extent() for text in texts}
    outside = {
        name: box.extents
        for name, box in boxes.items()
        if min(box.x0, box.y0) < -1 or box.x1 > figure.bbox.x1 + 1 or box.y1 > figure.bbox.y1 + 1
    }
    assert outside == {}


def test_a_name_that_fits_stays_as_it_is() -> None:
    assert fitted("orientation", 1) == folded("orientation", 1) == "orientation"
    assert folded("beta-TCVAE (6), alpha 0", 1) == "beta-TCVAE (6),\nalpha 0"


def test_a_name_that_is_too_wide_is_cut_such_that_two_stay_two() -> None:
    first, second = (fitted(WIDE + end, 2) for end in "ab")
    assert first != second
    assert first[:9] == "WIDE_WIDE"
    assert "…" in first
    assert 1.5 < width_of(first) <= 2
    assert len(folded(WIDE, 0.7, 7, 2).split("\n")) == 2


def test_a_title_that_needs_two_lines_breaks_at_its_middle_dot() -> None:
    title = "beta-TCVAE, β = 6, seed 0 · dSprites, 5,760 of 737,280 images"
    assert folded(title, 9) == title
    assert folded(title, 3.3) == title.replace(" · ", "\n")
