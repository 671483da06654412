"""Result lines that anybody may have written: what is made of them is right, or refused by name; never a traceback."""

import json
import random
import re
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from helpers.result_lines import mig_line, parsed, tc_line
from tcvae_cli import compare, figures
from tcvae_cli.errors import TcvaeError

Tally = Callable[[str, int, int], None]
LONG = "a" * 100_000
WORDS = ("", "x", "\x1b[31m", "$\\foo{$", "_x", LONG, "\u202e\n* **held**")
NUMBERS = (None, True, 0, -1, 1e308, -1e308, 5e-324, 2**63, -0.0)
NESTED = (
    [],
    [1],
    {},
    {"a": 1},
    [[]],
    ["a", None],
    [LONG] * 3,
    {"k" * 70: 1},
    {LONG: 1},
    {str(k): k for k in range(1_100)},
)
VALUES: tuple[Any, ...] = (*NUMBERS, *WORDS, *NESTED)


def quiet(sentence: str) -> None:
    """Tell nobody."""


def drawn(figure: Callable[[], Any]) -> str:
    svg = figures.figure_bytes(figure, "svg").decode()
    assert len(svg) < 3_000_000
    return svg


USES: dict[str, Callable[[list[Any]], str]] = {
    "compare": lambda lines: json.dumps(compare(lines, note=quiet).records(), allow_nan=False),
    "box": lambda lines: drawn(lambda: figures.box(lines, note=quiet)),
    "trade-off": lambda lines: drawn(lambda: figures.trade_off(lines, note=quiet)),
    "circles": lambda lines: drawn(lambda: figures.circles(lines, note=quiet)),
    "curve": lambda lines: drawn(lambda: figures.curve(lines, "settings.beta", "mig", note=quiet)),
    "information": lambda lines: drawn(lambda: figures.information(lines[:1])),
}


def spoiled(seed: int) -> list[dict[str, Any]]:
    """Return results of which up to four entries are something else."""
    chance = random.Random(seed)
    matrix: dict[str, Any] = {"factors": ["a", "b"], "mutual_information": [[1, 2], [3, 4]], "factor_entropy": [5, 5]}
    lines = [mig_line("beta-vae", beta, run, 0.1 * run, **matrix) for run in range(2) for beta in (1, 4)]
    lines += [tc_line(line, 0.5, -3.0) for line in lines]
    for _ in range(chance.choice((1, 2, 4))):
        line = chance.choice(lines)
        if isinstance(line.get("settings"), dict) and chance.random() < 0.5:
            line["settings"][chance.choice([*line["settings"], "note"])] = chance.choice(VALUES)
        else:
            line[chance.choice(list(line))] = chance.choice(VALUES)
    return lines


@pytest.mark.parametrize("use", USES)
def test_any_line_is_used_or_refused(use: str, torture: bool, tally: Tally) -> None:
    tried, refused = 300 if torture else 4, 0
    for seed in range(tried):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a font lacks
            try:
                told = USES[use](parsed(spoiled(seed)))
            except TcvaeError as error:
                refused, told = refused + 1, str(error)
                assert len(told) < 3_000
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", told), seed
    tally(f"result lines in {use}", tried, refused)
