"""The information heat map: the same result, the same bytes; what is no matrix is refused."""

import io
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from helpers.result_lines import mig_line, parsed
from tcvae_cli.errors import TcvaeError
from tcvae_cli.figures.plots.information import information, shares_of
from tcvae_cli.figures.style import figure_bytes
from tcvae_cli.results.line import Line, parse

Verb = Callable[..., Any]
MATRIX = {"mutual_information": [[1.0, 0.0], [0.5, 1.5]], "factor_entropy": [1.0, 2.0], "factors": ["a", "b"]}


def result(**changes: Any) -> Line:
    content = {"kind": "mig", "mig": 0.75, "estimator": "exact", **MATRIX, **changes}
    return parse(json.dumps(content).encode(), "line 1")


def test_shares_of_the_entropies() -> None:
    assert shares_of(result()) == [[1, 0], [0.25, 0.75]]


def drawn(figure: Any) -> tuple[list[str], list[str], list[str]]:
    """Return the names of the latents and of the factors of the first matrix of a figure, and its numbers."""
    cells = figure.axes[0]
    names = ([text.get_text() for text in axis.get_ticklabels()] for axis in (cells.xaxis, cells.yaxis))
    return *names, [text.get_text() for text in cells.texts]


def test_latents_stand_by_the_factor_they_tell_most_of() -> None:
    shares = [[0.04, 0.1, 0.02, 0.9, 0.0], [0.0, 0.5, 0.03, 0.2, 0.0], [0.8, 0.0, 0.049, 0.0, 0.0]]
    line = result(mutual_information=shares, factor_entropy=[1.0] * 3, factors=["a", "b", "c"], active_latents=[2])
    latents, factors, numbers = drawn(information([line]))
    assert latents == ["z3", "z1", "z0", "z2"]  # z4 is unused, z2 tells too little to stand anywhere
    assert factors == ["a", "b", "c"]
    assert numbers == ["0.90", "0.10", "0.20", "0.50", "0.80"]
    framed = [patch.get_xy() for patch in information([line]).axes[0].patches]
    assert framed == [(-0.5, -0.5), (0.5, 0.5), (1.5, 1.5)]


def texts(figure: Any) -> str:
    return "\n".join(text.get_text() for text in figure.texts)


def test_the_run_its_data_and_what_is_left_out_are_named() -> None:
    line = mig_line("beta-vae", 4, 7, 0.75, gap_per_factor=[1.0, 0.5], data_set="squares", active_latents=[0])
    (line,) = parsed([{**line, **MATRIX, "mutual_information": [[1.0, 0.0], [0.5, 0.0]]}])
    said = texts(information([line]))
    for part in (
        "beta-VAE, β = 4",
        "seed 7",
        "squares",
        "MIG 0.750",
        "1 unused latents left out",
        "gap",
        "1.00",
        "0.50",
    ):
        assert part in said
    none = Line({**line, "active_latents": [], "mutual_information": [[0.0, 0.01]] * 2}, "line 1")
    assert "no latent is active" in texts(information([none]))
    assert drawn(information([none]))[0] == ["z0", "z1"]


HOSTILE = "_x $\\foo{$ \x1b[31m\n\u202e <b>&amp;" + "W" * 200


@pytest.mark.parametrize(("factors", "latents"), [(1, 1), (40, 64), (1, 64), (40, 1)])
def test_nothing_overlaps_or_leaves_a_figure_of_any_size(factors: int, latents: int) -> None:
    shares = [[1e10 if latent % factors == factor else 0.01 for latent in range(latents)] for factor in range(factors)]
    own = {"mutual_information": shares, "factor_entropy": [1.0] * factors, "factors": [HOSTILE] * factors}
    lines = parsed([mig_line(HOSTILE, 4, 0, 0.1, data_set=HOSTILE, gap_per_factor=[1e10] * factors, **own)])
    figure = information(lines)
    figure.draw_without_rendering()
    cells = figure.axes[0]
    for names in (cells.get_xticklabels(), cells.get_yticklabels()):
        boxes = [name.get_window_extent() for name in names]
        assert not any(one.overlaps(other) for one, other in itertools.pairwise(boxes))
    cell = cells.bbox.width / latents
    assert all(text.get_window_extent().width < cell for text in cells.texts)
    for text in [*figure.texts, *cells.get_yticklabels(), *(label for label in figure.axes[1].get_yticklabels())]:
        box = text.get_window_extent()
        assert box.x0 >= -1
        assert box.x1 <= figure.bbox.x1 + 1


def test_a_picture_that_repeats() -> None:
    first = figure_bytes(lambda: information([result()]), "png")
    assert first == figure_bytes(lambda: information([result()]), "png")


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


def test_codes_are_drawn_as_their_results_are(tcvae: Verb, tmp_path: Path) -> None:
    line = tcvae("mig", "run_codes.safetensors")[1]
    picture = str(tmp_path / "i.png")

    def bytes_of(*arguments: str, stdin: bytes = b"") -> bytes:
        assert tcvae("plot", "information", *arguments, "-o", picture, stdin=stdin)[::2] == (0, "")
        return Path(picture).read_bytes()

    one = bytes_of(stdin=line)
    assert one == bytes_of(stdin=line + line)
    assert one == bytes_of("run_codes.safetensors")
    assert one == bytes_of("-", "--factors", "tiny.h5", stdin=Path("run_codes.safetensors").read_bytes())
    (tmp_path / "lines").write_bytes(line.replace(b'"mig":0.', b'"mig":0.1'))
    both = bytes_of("run_codes.safetensors", str(tmp_path / "lines"))
    assert Image.open(io.BytesIO(both)).height > Image.open(io.BytesIO(one)).height


@pytest.mark.parametrize(
    ("arguments", "status", "fault"),
    [
        (["run.safetensors"], 1, "tcvae: run.safetensors: is a run file, not a codes file"),
        (["run_codes.safetensors", "--factor", "wing"], 2, "there is no factor wing"),
        (["tiny.h5"], 1, "tcvae: tiny.h5: is an HDF5 file: expected codes"),
    ],
)
def test_what_has_no_information_is_refused_in_one_line(
    tcvae: Verb, arguments: list[str], status: int, fault: str
) -> None:
    code, out, errors = tcvae("plot", "information", *arguments)
    assert (code, out) == (status, b"")
    assert fault in errors
    assert errors.count("\n") == 1
