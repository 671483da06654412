"""The information heat map: the same result, the same bytes; what is no matrix is refused."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tcvae_cli.errors import TcvaeError
from tcvae_cli.figures.plots.information import information, shares_of
from tcvae_cli.figures.style import figure_bytes
from tcvae_cli.results.line import Line, parse


def result(**changes: Any) -> Line:
    matrix = {"mutual_information": [[1.0, 0.0], [0.5, 1.5]], "factor_entropy": [1.0, 2.0], "factors": ["a", "b"]}
    content = {"kind": "mig", "mig": 0.75, "estimator": "exact", **matrix, **changes}
    return parse(json.dumps(content).encode(), "line 1")


def test_shares_of_the_entropies() -> None:
    assert shares_of(result()) == [[1, 0], [0.25, 0.75]]


def test_a_picture_that_repeats_and_grows_with_the_latents() -> None:
    first = figure_bytes(lambda: information([result()]), "png")
    assert first == figure_bytes(lambda: information([result()]), "png")
    wider = figure_bytes(lambda: information([result(mutual_information=[[0.1] * 10] * 2)]), "png")
    assert Image.open(io.BytesIO(wider)).width > Image.open(io.BytesIO(first)).width


@pytest.mark.parametrize(
    "changes",
    [
        {"mutual_information": [[1.0], [1.0, 2.0]]},
        {"mutual_information": 3},
        {"mutual_information": [["x", 1], [1, 1]]},
        {"factor_entropy": [1.0]},
        {"factor_entropy": [0.0, 1.0]},
        {"kind": "estimate-tc"},
    ],
)
def test_what_is_no_matrix_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(TcvaeError):
        figure_bytes(lambda: information([result(**changes)]), "png")


def test_one_run_is_drawn(tcvae: Callable[..., Any], tmp_path: Path) -> None:
    line = tcvae("mig", "run_codes.safetensors")[1]
    assert tcvae("plot", "information", "-o", str(tmp_path / "i.png"), stdin=line)[0] == 0
    assert tcvae("plot", "information", "-o", str(tmp_path / "j.png"), stdin=line + line)[0] == 0  # one, given twice
    assert (tmp_path / "i.png").read_bytes() == (tmp_path / "j.png").read_bytes()
    other = line.replace(b'"mig":0.', b'"mig":0.1')
    status, _, errors = tcvae("plot", "information", "-o", str(tmp_path / "k.png"), stdin=line + other)
    assert (status, errors) == (
        1,
        "tcvae: results: have 2 of mig, and only one can be drawn; give the line of one run\n",
    )
