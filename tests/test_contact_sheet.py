"""The contact sheet of a data set: which images stand where, for labelled, unlabelled, small and colour sets."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from helpers.tiny import tiny_rows, write_tiny
from tcvae_cli.figures.pages.contact_sheet import CAPTION, contact_sheet, shown_factors, varied
from tcvae_cli.figures.pages.typesetting import PAGE, fitting, text_width
from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.files.descriptions import Description
from tcvae_cli.files.writer import Source, write_data_set


def test_each_row_varies_one_factor_and_keeps_the_others(tmp_path: Path) -> None:
    write_tiny(tmp_path / "tiny.h5")
    classes = tiny_rows()[1]
    with open_data_set(str(tmp_path / "tiny.h5")) as data:
        factors = shown_factors(data)
        assert [name for name, _ in factors] == ["scale", "orientation", "posX", "posY", "shape"]  # color is constant
        for name, size in factors:
            rows, captions = varied(data, name)
            k = data.description.factor_names.index(name)
            assert len(rows) == len(captions) == size
            assert classes[rows, k].tolist() == list(range(size))
            assert len(np.unique(np.delete(classes[rows], k, axis=1), axis=0)) == 1
        assert varied(data, "posY")[1] == ["0.0645", "0.355", "0.645", "0.935"]
        page = np.asarray(Image.open(io.BytesIO(contact_sheet(data))).convert("L"))
        row = varied(data, "scale")[0][0]
        found = np.lib.stride_tricks.sliding_window_view(page, (64, 64))[::1, ::1]
        wanted = data.rows(int(row)) * 255
    corner = (found[..., 0, 0] == wanted[0, 0]) & (found[..., 32, 32] == wanted[32, 32])
    assert any((found[y, x] == wanted).all() for y, x in zip(*np.nonzero(corner), strict=True))


@pytest.mark.parametrize(
    ("kind", "rows", "shape", "factors"),
    [
        ("rgb", 30, (32, 20, 3), 0),
        ("grey", 1, (8, 8), 1),
        ("grey", 25, (200, 150), 2),
        ("binary", 40, (64, 64), 14),
    ],
)
def test_any_data_set_has_a_sheet(tmp_path: Path, kind: Any, rows: int, shape: tuple[int, ...], factors: int) -> None:
    random = np.random.default_rng(0)
    images = random.integers(0, 2 if kind == "binary" else 256, (rows, *shape), dtype=np.uint8)
    names = tuple(f"factor {k}" for k in range(factors))
    classes = random.integers(0, 3, (rows, factors))
    described = Description("a name " * 20, rows, shape, kind, names, (3,) * factors, names[1:], "made up " * 40)
    write_data_set(tmp_path / "any.h5", Source(described, iter([images]), classes if factors else None))
    with open_data_set(str(tmp_path / "any.h5")) as data:
        content = contact_sheet(data)
        assert content == contact_sheet(data)
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.mode == ("RGB" if kind == "rgb" else "L")
        page = np.asarray(picture.convert("L"))
    rim = np.concatenate([page[:30].ravel(), page[-30:].ravel(), page[:, :30].ravel(), page[:, -30:].ravel()])
    assert (rim == PAGE).all()


def test_long_captions_are_cut() -> None:
    assert fitting("60", CAPTION, 64) == "60"
    cut = fitting("a-very-long-name-of-a-class", CAPTION, 64)
    assert cut.endswith("…")
    assert text_width(cut, 13) <= 64


def test_show_draws_it_beside_its_text(tcvae: Callable[..., Any], tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    plain = tcvae("show", "tiny.h5")
    assert tcvae("show", "tiny.h5", "--contact-sheet", str(sheet)) == plain
    assert sheet.read_bytes().startswith(b"\x89PNG")
    assert tcvae("show", "run.safetensors", "--contact-sheet", str(sheet))[0] == 1
    assert tcvae("show", "tiny.h5", "--contact-sheet", "-")[0] == 2
    assert tcvae("show", "tiny.h5", "--contact-sheet", "sheet.jpg")[0] == 2
