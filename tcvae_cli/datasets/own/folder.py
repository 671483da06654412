"""Anyone's own images: a tree of picture files, with labels from its folders or from a CSV file."""

import collections
import contextlib
import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from tcvae_cli.datasets.archives import Members, open_members
from tcvae_cli.datasets.decoding import GREY_MODES, Fit, decoded
from tcvae_cli.datasets.labels import Factor, Pictures, factor_of, labelled
from tcvae_cli.datasets.own.columns import factors_of_lines, labels_of
from tcvae_cli.datasets.own.finding import find_pictures
from tcvae_cli.datasets.own.tables import check_head, read_table
from tcvae_cli.datasets.picture_files import SUFFIXES, open_picture
from tcvae_cli.datasets.published import SourceFiles
from tcvae_cli.datasets.tally import Tally
from tcvae_cli.datasets.words import shown
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.budget import BudgetError
from tcvae_cli.files.streams import display_name
from tcvae_cli.files.writer import Source
from tcvae_cli.text import listed


@dataclass(frozen=True)
class Options:
    """What can be asked for."""

    size: int = 64  # side of the images in pixels
    resize: Literal["crop", "pad", "squash"] = "crop"  # how a picture becomes a square
    colour: bool | None = None  # None: grey if every file says that it is grey, else rgb
    label_from_folder: bool = False  # the sub-folder of a picture is a factor
    labels: str | None = None  # path of a CSV file, a column of file names and others of factors
    strict: bool = False  # stop at a picture that cannot be read or has no line in the table of labels


@contextlib.contextmanager
def open_source(files: SourceFiles, options: Options) -> Iterator[Source]:
    """Open the pictures below a folder, or in a zip or tar, sorted by name. Errors: TcvaeError naming the file."""
    path, colour = files.path, options.colour
    with open_members(path) as members:
        names = [name for name in members.names if name.lower().endswith(SUFFIXES)]
        if not names:
            fault = f"holds no picture ({other_files(members.names)})"
            raise TcvaeError(display_name(path), fault, f"picture files end in {' '.join(SUFFIXES)}")
        factors: list[Factor] = []
        tally = Tally("repair or remove it, or leave {strict} out" if options.strict else None)
        if options.labels is not None:
            factors += table_factors(options.labels, names, path, tally)
        if options.label_from_folder:
            factors.append(folder_factor(names, path))
        if colour is None:
            colour = not all(is_grey(members, name) for name in names)
        fit = Fit(options.size, options.resize, colour)
        table = options.labels and os.path.relpath(options.labels, path)
        if others := [name for name in members.names if not name.lower().endswith(SUFFIXES) and name != table]:
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
        except BudgetError:
            raise
        except Exception:  # Pillow's plug-ins raise nearly anything; `decoded` will tell
            return True


def folder_factor(names: list[str], path: str) -> Factor:
    """Return the folder of each picture as a label."""
    folders = [str(PurePosixPath(name).parent) for name in names]
    if set(folders) == {"."}:
        cure = "give the folder above the ones that are the labels, or leave {label_from_folder} out"
        raise TcvaeError(display_name(path), "has no sub-folders with pictures", cure)
    return factor_of("folder", folders, missing=())  # a folder called None or nan is one


def table_factors(path: str, names: list[str], source: str, tally: Tally) -> Sequence[Factor]:
    """Return the columns of a CSV file as factors of the pictures NAMES of a source. What it lacks is noted in TALLY.

    TcvaeError for a picture without a line, if the tally has a cure for pictures that cannot be read.
    """
    table = read_table(path)
    check_head(table)
    place, found = find_pictures(table, names, source)
    if lacking := [name for name, line in zip(names, found, strict=True) if line is None]:
        if tally.cure is not None:
            cure = "add one, move the picture away, or leave {strict} out"
            raise TcvaeError(table.where, f"has no line for {lacking[0]}", cure)
        said = f"{table.where} has no line for {len(lacking):,} of {len(names):,} pictures"
        table.notes.append(f"{said}: {listed(lacking)}")
    listed_names, used = table.column(place), set(found)
    if unused := [name for line, name in enumerate(listed_names) if line not in used]:
        said = f"{table.where} has {len(unused):,} line{'s' * (len(unused) > 1)} of no picture here"
        table.notes.append(f"{said}: {listed([shown(name) or 'one without a name' for name in unused])}")
    labels = labels_of(table.without(place), listed_names)
    tally.notes += table.notes
    return factors_of_lines(labels, found)
