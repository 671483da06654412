"""What other programs found, as the pages of figures 3 and 4 quote it."""

import re
from typing import Any

import numpy as np
import pytest

from helpers.makefile import recipe
from helpers.result_lines import as_table, mig_line
from tcvae_cli.results import published

DSPRITES = as_table([mig_line("vae", 1, 0, 0.1)])


@pytest.fixture
def quoted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    return recipe("elsewhere.py", monkeypatch)


def values_of(objective: str, quantity: str) -> tuple[float, ...]:
    """Return a quantity of every run of an objective that others tell."""
    (values,) = (
        one.values
        for one in published("dsprites")
        if one.values is not None and (one.setting.objective, one.quantity) == (objective, quantity)
    )
    return values


def rows_of(markdown: str, method: str) -> list[list[str]]:
    """Return the cells of the rows of one method."""
    return [re.split(r" *\| *", row.strip("| ")) for row in markdown.splitlines() if f"| {method} |" in row]


def test_figure_3_quotes_quartiles_beside_those_that_others_tell(quoted: dict[str, Any]) -> None:
    others, ours = rows_of(quoted["elsewhere"]("figure3", DSPRITES), "beta-TCVAE (6)")
    assert others[2:] == ["28,800 x 1,024", "30", "0.012", "0.195 / 0.487 / 0.497", "0.510", "18"]
    mig = values_of("beta-tcvae", "mig")
    assert len(mig) == 15
    least, *middle, most = (f"{value:.3f}" for value in np.percentile(mig, [0, 25, 50, 75, 100]))
    assert ours[4:] == [least, " / ".join(middle), most, "5"]


def test_figure_4_correlates_over_runs(quoted: dict[str, Any]) -> None:
    told = quoted["elsewhere"]("figure4", DSPRITES)
    assert [row[-1] for row in rows_of(told, "beta-TCVAE (6)")] == ["not told", "-0.58"]
    (row,) = rows_of(told, "beta-VAE (4)")
    both = values_of("beta-vae", "mig"), values_of("beta-vae", "total_correlation")
    assert row[-1] == f"{np.corrcoef(*both)[0, 1]:.2f}"


def test_nothing_is_quoted_beside_other_figures_and_other_images(quoted: dict[str, Any]) -> None:
    faces = as_table([mig_line("vae", 1, 0, 0.1, data_set="faces")])
    assert quoted["elsewhere"]("figure2", DSPRITES) == quoted["elsewhere"]("figure3", faces) == ""
