"""Anyone's own images: a tree of picture files, with labels from its folders or from a CSV file."""

import collections
import contextlib
import csv
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from tcvae_cli.datasets.archives import Members, open_members
from tcvae_cli.datasets.decoding import GREY_MODES, Fit, Tally, decoded
from tcvae_cli.datasets.labels import Factor, Pictures, factor_of, labelled
from tcvae_cli.datasets.picture_files import SUFFIXES, open_picture
from tcvae_cli.datasets.published import SourceFiles
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.streams import display_name, read_bytes
from tcvae_cli.files.writer import Source

FILE_COLUMNS = ("file", "filename", "file_name", "image", "image_id", "path", "name")


@dataclass(frozen=True)
class Options:
    """What can be asked for."""

    size: int = 64  # side of the images in pixels
    resize: Literal["crop", "pad", "squash"] = "crop"  # how a picture becomes a square
    colour: bool | None = None  # None: grey if every file says that it is grey, else rgb
    label_from_folder: bool = False  # the sub-folder of a picture is a factor
    labels: str | None = None  # path of a CSV file, a column of file names and others of factors
    strict: bool = False  # stop at a picture that cannot be read, instead of leaving it out


@contextlib.contextmanager
def open_source(files: SourceFiles, options: Options) -> Iterator[Source]:
    """Open the pictures below a folder, or in a zip or tar, sorted by name. Errors: TcvaeError naming the file."""
    path, colour = files.path, options.colour
    with open_members(path) as members:
        names = [name for name in members.names if name.lower().endswith(SUFFIXES)]
        if not names:
            fault = f"holds no picture ({other_files(members.names)})"
            raise TcvaeError(display_name(path), fault, f"picture files end in {' '.join(SUFFIXES)}")
        factors, tally = [], Tally("repair or remove it, or leave {strict} out" if options.strict else None)
        if options.labels is not None:
            found, unused = table_factors(options.labels, names)
            factors += found
            if unused:
                tally.notes.append(f"{display_name(options.labels)} has {unused:,} lines of no picture here")
        if options.label_from_folder:
            factors.append(folder_factor(names, path))
        if colour is None:
            colour = not all(is_grey(members, name) for name in names)
        fit = Fit(options.size, options.resize, colour)
        if others := [name for name in members.names if not name.lower().endswith(SUFFIXES)]:
            said = "1 file that is no picture by its name"
            if len(others) > 1:
                said = f"{len(others):,} files that are no pictures by their names"
            tally.notes.append(f"left out {said} ({other_files(others)})")
        shape = (fit.size, fit.size, 3) if colour else (fit.size, fit.size)
        blocks = decoded(members, names, fit, tally)
        kind = "rgb" if colour else "grey"
        provenance = f"converted from {len(names):,} image files ({fit})"
        own_name = Path(path).resolve().name if path != "-" else "folder"
        pictures = Pictures(own_name, len(names), shape, kind, provenance, blocks)  # type: ignore[arg-type]
        yield labelled(pictures, factors, dropped=tally.dropped, notes=tally.notes)


def other_files(names: list[str]) -> str:
    """Say how many files there are, and which suffixes most of them have."""
    suffixes = collections.Counter(PurePosixPath(name).suffix.lower()[:12] or "without suffix" for name in names)
    shown = ", ".join(f"{count:,} {suffix}" for suffix, count in suffixes.most_common(5))
    return f"{shown}{', ...' * (len(suffixes) > 5)}" if names else "no file at all"


def is_grey(members: Members, name: str) -> bool:
    """Return whether a picture's header says that it has no colour. One that cannot be read has none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with open_picture(members.read(name), name) as image:
                return image.mode in GREY_MODES
        except Exception:  # Pillow's plug-ins raise nearly anything; `decoded` will tell
            return True


def folder_factor(names: list[str], path: str) -> Factor:
    """Return the folder of each picture as a label."""
    folders = [str(PurePosixPath(name).parent) for name in names]
    if set(folders) == {"."}:
        cure = "give the folder above the ones that are the labels, or leave {label_from_folder} out"
        raise TcvaeError(display_name(path), "has no sub-folders with pictures", cure)
    return factor_of("folder", folders, missing=())  # a folder called None or nan is one


def table_factors(path: str, names: list[str]) -> tuple[list[Factor], int]:
    """Return the columns of a CSV file, in the order of NAMES, and how many lines are of no picture.

    A picture needs one.
    """
    try:
        text = read_bytes(path, "a table of labels (CSV)").decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise TcvaeError(display_name(path), "is not a CSV file in UTF-8", "save it as CSV, UTF-8") from None
    head = [name.strip() for name in rows[0]] if rows else []
    lines = [row for row in rows[1:] if row]
    ragged = next((row for row in lines if len(row) != len(head)), None)
    if ragged is not None or len(set(head)) != len(head) or len(head) < 2 or not all(head):
        fault = f"a line has {len(ragged)} cells under {len(head)} names" if ragged else "its first line is no header"
        raise TcvaeError(display_name(path), fault, "give a header and one line per picture: file,label,...")
    file_column = next((k for k, name in enumerate(head) if name.lower() in FILE_COLUMNS), 0)
    found = match(path, names, [row[file_column].strip() for row in lines])
    columns = [(name, [lines[i][k].strip() for i in found]) for k, name in enumerate(head) if k != file_column]
    return [factor_of(name, column) for name, column in columns], len(lines) - len(found)


def match(path: str, names: list[str], listed: list[str]) -> list[int]:
    """Return the line of each picture: by its whole name, or by the last part where that is unique."""
    lines: dict[str, int] = {}
    for i, name in enumerate(listed):
        if lines.setdefault(PurePosixPath(name.replace("\\", "/")).as_posix(), i) != i:
            raise TcvaeError(display_name(path), f"lists {name} twice", "keep one line per picture")
    short = [PurePosixPath(name).name for name in names]
    times, found = collections.Counter(short), []
    for name, last in zip(names, short, strict=True):
        line = lines.get(name, lines.get(last) if times[last] == 1 else None)
        if line is None:
            raise TcvaeError(display_name(path), f"has no line for {name}", "add one, or move the picture away")
        found.append(line)
    return found
