"""Traversals as pictures: sizes, labels that are never cut off, loops without a stutter, same bytes every time."""

import dataclasses
import io
import math
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from tcvae_cli.figures.pages.typesetting import FAINT, INK, PAGE, SMALL, spelled, text_width, wrapped
from tcvae_cli.figures.pages.walks import value_labels, walk_gif, walk_png
from tcvae_cli.files.walks import Walk


def moving_bar(rows: int = 3, columns: int = 5, size: int = 64, colour: bool = False, pair: bool = True) -> Walk:
    """Return a bright bar that moves with the latent's value, at another height in each row."""
    frames = np.zeros((rows, columns, size, size))
    for row in range(rows):
        for column in range(columns):
            x, y = column * size // (columns + 1), row * size // (rows + 1)
            frames[row, column, y : y + size // 4, x : x + size // 4] = 0.9
    if colour:
        frames = frames[..., None] * np.array([1.0, 0.6, 0.2])
    image = frames[0, columns // 2] if pair else None
    kl = tuple(3.0 * 0.1**row for row in range(rows))
    active = tuple(row < 3 for row in range(rows))
    title = "beta-TCVAE, beta 6, seed 0 · dsprites (rendered)"
    values = np.linspace(-2, 2, columns)
    return Walk(frames, values, tuple(range(rows))[::-1], kl, active, title, "from image 12345", image, image)


def picture(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize(
    "case",
    [
        moving_bar(10, 11),
        moving_bar(1, 3),
        moving_bar(1, 1),
        moving_bar(64, 3, size=32),
        moving_bar(size=128, colour=True),
        moving_bar(pair=False),
        dataclasses.replace(moving_bar(), kl=(math.nan,) * 3),
        dataclasses.replace(moving_bar(), title="one-long-word-" * 30, start="from " + "far " * 200),
    ],
    ids=["10x11", "1x3", "1x1", "64 rows", "colour", "no original", "unknown KL", "long title"],
)
def test_every_page_has_a_clear_margin(case: Walk) -> None:
    for content in (walk_png(case), walk_gif(case)):
        page = np.asarray(picture(content).convert("L"))
        rim = np.concatenate([page[:20].ravel(), page[-20:].ravel(), page[:, :30].ravel(), page[:, -30:].ravel()])
        assert abs(rim.astype(int) - PAGE).max() <= 1  # 1: a colour GIF's palette
        assert (page < INK + 40).any()


def test_the_same_traversal_gives_the_same_bytes() -> None:
    assert walk_png(moving_bar()) == walk_png(moving_bar())
    assert walk_gif(moving_bar()) == walk_gif(moving_bar())


def test_cells_stand_in_rows_and_columns() -> None:
    case = moving_bar(4, 5, pair=False)
    page = np.asarray(picture(walk_png(case)).convert("L")).astype(int)
    right, bottom = page.shape[1] - 40, page.shape[0] - 40 - 34  # the margin, and the note about pale labels
    for row in range(4):
        for column in range(5):
            x, y = right - (5 - column) * 132 + 4, bottom - (4 - row) * 132 + 4
            shrunk = page[y : y + 128, x : x + 128].reshape(64, 2, 64, 2).mean((1, 3)) / 255
            assert np.abs(shrunk - case.frames[row, column]).mean() < 0.02


def test_inactive_latents_have_pale_labels() -> None:
    lively, unknown, idle = (
        dataclasses.replace(moving_bar(1, 3, pair=False), active=active, latents=(3,))
        for active in ((True,), None, (False,))
    )
    assert darkest_label(lively) == darkest_label(unknown) == INK
    assert walk_png(lively) == walk_png(unknown)
    assert darkest_label(idle) == FAINT


def darkest_label(case: Walk) -> int:
    """Return the darkest grey left of the first row's images."""
    page = np.asarray(picture(walk_png(case)).convert("L"))
    top = int(np.argmax((page == 0).any(axis=1)))  # the black images begin below everything in dark ink
    return int(page[top : top + 128, : 40 + text_width("0.00 nats", SMALL)].min())


def test_the_animation_goes_forth_and_back_for_ever_without_stutter() -> None:
    movie = picture(walk_gif(moving_bar(2, 5)))
    assert movie.n_frames == 8
    assert movie.info["loop"] == 0
    frames = []
    for number in range(8):
        movie.seek(number)
        frames.append(np.asarray(movie.convert("L")))
    assert all((one != other).any() for one, other in pairwise([*frames, frames[0]]))
    for number in (1, 2, 3):
        assert (frames[number] == frames[-number]).all()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([-3, 0, 3], ["-3", "0", "3"]),
        ([-0.0, 0.5], ["0.0", "0.5"]),
        ([-2, -0.001, 2], ["-2.00", "0.00", "2.00"]),
        ([2 / 3], ["0.67"]),
    ],
)
def test_values_are_written_with_few_decimals(values: list[float], expected: list[str]) -> None:
    assert value_labels(np.array(values, dtype=np.float32)) == expected


def test_lines_are_broken_to_the_width() -> None:
    text = "beta-TCVAE of " + "an_endless_name" * 5
    lines = wrapped(text, SMALL, 200)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(text_width(line, SMALL) <= 200 for line in lines)
    assert wrapped("", SMALL, 200) == []


def test_letters_that_the_font_lacks_are_spelled() -> None:
    assert spelled("β-TCVAE − café 日") == "beta-TCVAE - cafe ?"


def test_digests_are_cut_on_the_page() -> None:
    case, digest = moving_bar(), "sha256:" + "0123456789abcdef" * 4
    long, short = (
        dataclasses.replace(case, title=f"{case.title}; part of {text})") for text in (digest, "sha256:01234567…")
    )
    assert walk_png(long) == walk_png(short)
    assert walk_png(long) != walk_png(case)
