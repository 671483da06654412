"""Traversals as pictures: sizes, labels that are never cut off, loops without a stutter, same bytes every time."""

import dataclasses
import io
import math
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageColor

from tcvae_cli.errors import ArgumentError
from tcvae_cli.figures.looks import PALE, sheet_look
from tcvae_cli.figures.pages.drawing import mark_of, painted
from tcvae_cli.figures.pages.typesetting import FAINT, INK, PAGE, SMALL, spelled, text_width, wrapped
from tcvae_cli.figures.pages.walk_parts import GUTTER, notes, value_labels
from tcvae_cli.figures.pages.walk_sheets import MARGIN, SPACE, grid, moment
from tcvae_cli.figures.pages.walks import walk_gif, walk_png, walk_vector, walk_webp
from tcvae_cli.files.walks import Walk

MARK = ImageColor.getrgb(mark_of(PALE))


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


def from_images(walk: Walk, own: list[list[float]]) -> Walk:
    """Return a walk from several images, at each of which the rows' latents have their OWN values."""
    several = (np.stack([array] * len(own)) for array in (walk.frames, walk.frames[0, 0], walk.frames[0, 0]))
    frames, original, reconstruction = several
    known = {"frames": frames, "original": original, "reconstruction": reconstruction}
    return dataclasses.replace(walk, own=np.array(own), images=tuple(range(len(own))), **known)


def said(walk: Walk) -> str:
    """Return all words on the page of a walk."""
    return "\n".join(word.text for word in grid(walk).words)


def marks(walk: Walk) -> list[tuple[float, float]]:
    """Return the size of each patch in the colour of marks on the page of a walk, in their order."""
    sizes = [picture.image.size for picture in grid(walk).pictures if picture.image.getpixel((0, 0)) == MARK]
    return [(width, height) for width, height in sizes]


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
        dataclasses.replace(moving_bar(), factors=("an endless name of a factor " * 9, "", "posX"), own=np.zeros(3)),
        from_images(moving_bar(3, 5), [[-2, 2, 9], [-9, 0, 0.2]]),
    ],
    ids=["10x11", "1x3", "1x1", "64 rows", "colour", "no original", "unknown KL", "long title", "names", "images"],
)
def test_every_page_has_a_clear_margin(case: Walk) -> None:
    for content in (walk_png(case), walk_gif(case)):
        page = np.asarray(picture(content).convert("L"))
        rim = np.concatenate([page[:20].ravel(), page[-20:].ravel(), page[:, :30].ravel(), page[:, -30:].ravel()])
        assert abs(rim.astype(int) - PAGE).max() <= 1  # 1: a colour GIF's palette
        assert (page < INK + 40).any()


def test_the_same_traversal_gives_the_same_bytes() -> None:
    for draw in (walk_png, walk_gif, walk_webp):
        assert draw(moving_bar()) == draw(moving_bar())
    for extension in ("pdf", "svg"):
        assert walk_vector(moving_bar(), extension) == walk_vector(moving_bar(), extension)


def test_cells_stand_in_rows_and_columns() -> None:
    case = moving_bar(4, 5, pair=False)
    page = np.asarray(picture(walk_png(case)).convert("L")).astype(int)
    right, bottom = page.shape[1] - MARGIN, page.shape[0] - MARGIN - 40  # the margin, and the note about pale labels
    for row in range(4):
        for column in range(5):
            x, y = right - (5 - column) * (128 + GUTTER) + GUTTER, bottom - (4 - row) * (128 + GUTTER) + GUTTER
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


def test_unused_latents_are_folded_into_one_line() -> None:
    case = moving_bar(5, 3)  # whose rows are z4, z3, z2, z1, z0, the last two of them inactive
    folded = dataclasses.replace(case, folds=True)
    assert "z0" in said(case).split()
    assert "2 unused: z0, z1 (their mean has at most 1% of the variance)" in said(folded)
    assert [word.text for word in grid(folded).words if word.text in ("z0", "z1", "z2")] == ["z2"]
    assert grid(folded).height < grid(case).height
    none = dataclasses.replace(folded, active=(False,) * 5)
    assert "unused" in said(none)
    assert {"z0", "z4"} <= set(said(none).split())


def test_rows_are_named_by_their_factors() -> None:
    case = dataclasses.replace(moving_bar(), factors=("posX", "", "scale"), sample=5000)
    assert {"z2 · posX", "z1", "z0 · scale"} <= set(said(case).split("\n"))
    assert "by mutual information over 5,000 images" in said(case)
    assert "mutual information" not in said(dataclasses.replace(case, factors=("", "", "")))


def test_the_own_value_is_framed_or_lies_beyond() -> None:
    case = dataclasses.replace(moving_bar(3, 5), own=np.array([-1.1, 2.4, 2.6]))
    framed, bar = (128 + 2 * GUTTER, 128 + 2 * GUTTER), (GUTTER, 128)
    assert marks(case) == [framed, framed, bar]
    assert marks(moving_bar()) == []
    assert "it lies beyond" in said(case)
    assert not any("beyond" in note for note in notes(case, moving=True))
    page, gutter = np.asarray(picture(walk_png(case))), GUTTER // 2 + 1
    first = page.shape[1] - MARGIN - 5 * (128 + GUTTER) + GUTTER  # the left of the column of -2; the next is that of -1
    middle = first + 128 + GUTTER + 64
    assert (page[:, middle] == MARK).all(axis=1).sum() == 2 * GUTTER
    assert (page[:, first - gutter] != MARK).any(axis=1).all()


def test_several_images_stand_one_below_the_other_beside_their_originals() -> None:
    case = from_images(moving_bar(2, 3), [[0, 0], [2, 0], [0, 0]])
    page = grid(case)
    originals = [picture for picture in page.pictures if picture.x == min(one.x for one in page.pictures)]
    assert np.diff([one.y for one in originals]).tolist() == [133, 133, 128 + SPACE, 133, 133]
    assert len(page.pictures) == len(originals) + 2 * 3 * 3 + 6  # and images and frames
    assert len(moment(case, 1).pictures) == 3 * (1 + 2) + 5 + 2  # with frames, and a slider
    assert "reconstruction" not in said(case)


def test_pdf_and_svg_have_letters_over_one_picture() -> None:
    case = dataclasses.replace(moving_bar(), title="beta-TCVAE, beta 6 · <b>&", start="from $x$")
    for extension, head in (("pdf", b"%PDF"), ("svg", b"<?xml")):
        content = walk_vector(case, extension)
        assert content.startswith(head)
        assert content.count({"pdf": b"/Subtype /Image", "svg": b"<image "}[extension]) == 1
        assert b"Date" not in content
    assert b"FontFile2" in walk_vector(case, "pdf")


def test_a_walk_too_large_for_webp_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"cannot hold a picture of .* pixels as \.webp; choose fewer latents"):
        walk_webp(from_images(moving_bar(1, 2, size=4), [[0]] * 70))
    wide = sheet_look("paper", 40)
    for draw in (walk_png, walk_gif):
        with pytest.raises(ArgumentError, match="choose fewer latents, images or frames, or a smaller width"):
            draw(from_images(moving_bar(1, 5, size=4, pair=False), [[0]] * 20), wide)


def test_a_look_chooses_ground_width_and_title() -> None:
    case = moving_bar(2, 3)
    looks = (("paper", "#fff", 300), ("slide", "#fff", 150), ("dark", "#16181c", 150), (None, "#f4f4f4", 200))
    for style, ground, dots in looks:
        look = sheet_look(style, 5, "Two latents")
        page = picture(walk_png(case, look))
        assert (page.width, page.getpixel((0, 0))) == (5 * dots, ImageColor.getrgb(ground))
        first, second, *_ = grid(case, look).words
        assert first.text == "Two latents"
        assert second.text.startswith("beta-TCVAE, beta 6, seed 0 · dsprites")
    assert sheet_look("dark").width == 13.33
    assert b"/MediaBox [ 0 0 468 " in walk_vector(case, "pdf", sheet_look("paper", 6.5))


def test_webp_has_the_pages_of_gif_in_all_their_colours() -> None:
    movie = picture(walk_webp(case := moving_bar(2, 4, colour=True)))
    assert (movie.n_frames, movie.info["loop"]) == (6, 0)
    for number, column in enumerate((0, 1, 2, 3, 2, 1)):
        movie.seek(number)
        np.testing.assert_array_equal(np.asarray(movie.convert("RGB")), np.asarray(painted(moment(case, column))))


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
