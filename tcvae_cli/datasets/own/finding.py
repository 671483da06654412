"""Which line of a table is about which picture, however the table writes the names of files."""

import collections
import itertools
import os
import posixpath
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tcvae_cli.datasets.own.tables import FILE_COLUMNS, Table
from tcvae_cli.datasets.picture_files import SUFFIXES
from tcvae_cli.datasets.words import shown
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.streams import display_name

SAMPLE = 100  # pictures whose folders in the table are looked for
MOST_FOLDERS = 16  # that are tried


@dataclass(frozen=True)
class Found:
    """The line of each picture, None where it has none, and the folder of the table that all names stand in."""

    lines: list[int | None]
    folder: str = ""

    @property
    def count(self) -> int:
        """The number of pictures that have a line."""
        return len(self.lines) - self.lines.count(None)


class Finder:
    """Pictures by all names that a table may use: whole, below their common folder, their last part, without suffix.

    What two pictures could be called is no name of either, unless it is the whole name of one.
    """

    def __init__(self, names: Sequence[str], source: str) -> None:
        self.source = key_of(os.path.abspath(source))
        whole = [key_of(name) for name in names]
        folder = posixpath.commonpath([posixpath.dirname(name) for name in whole])
        self.below = [name[len(folder) + 1 :] if folder else name for name in whole]
        calls = [
            dict.fromkeys(posixpath.splitext(name)[0] if bare else name for bare in (False, True) for name in variants)
            for variants in zip(whole, self.below, map(posixpath.basename, whole), strict=True)
        ]
        times = collections.Counter(name for call in calls for name in call)
        self.calls = [
            [name for name in call if times[name] == 1 or name == first]
            for call, first in zip(calls, whole, strict=True)
        ]

        self.lasts = {posixpath.basename(name) for call in calls for name in call}

    def find(self, listed: Sequence[str], where: str) -> Found:
        """Return the line of each picture among the names that a table lists.

        Names are taken from below one folder, that of most pictures. TcvaeError where two folders serve as well.
        """
        keys = {key_of(name): line for line, name in enumerate(listed) if name}
        plain = self.found_in("", keys)
        if None not in plain.lines:
            return plain
        founds = [self.found_in(folder, keys) for folder in self.folders(keys)]
        scores = [(found.count, shared_end(found.folder, self.source)) for found in founds]
        best = [found for found, score in zip(founds, scores, strict=True) if score == max(scores)]
        if not best or best[0].count <= plain.count:
            return plain
        if len(best) > 1:
            fault = f"lists pictures of these names in {shown(best[0].folder)} and in {shown(best[1].folder)}"
            raise TcvaeError(where, fault, "keep the lines of one of these folders")
        return best[0]

    def knows(self, listed: Iterable[str]) -> bool:
        """Return whether a column of a table can be one of the names of these pictures."""
        return any(posixpath.basename(name.replace("\\", "/")) in self.lasts for name in set(listed))

    def found_in(self, folder: str, keys: Mapping[str, int]) -> Found:
        """Return the line of each picture among those in a folder of the table."""
        below = {key[len(folder) :]: line for key, line in keys.items() if key.startswith(folder)}
        return Found([next((below[name] for name in call if name in below), None) for call in self.calls], folder)

    def folders(self, keys: Iterable[str]) -> list[str]:
        """Return folders of the table that hold pictures by their names, those of most first."""
        endings = collections.defaultdict(list)
        for key in keys:
            endings[posixpath.basename(key)].append(key)
        times = collections.Counter(
            key[: -len(name)]
            for name in self.below[:: max(1, len(self.below) // SAMPLE)]
            for key in endings[posixpath.basename(name)]
            if key.endswith(f"/{name}")
        )
        return [folder for folder, _ in times.most_common(MOST_FOLDERS)]


def key_of(name: str) -> str:
    """Return the name of a file as names are compared: / between its parts, none of them a dot, letters composed."""
    return unicodedata.normalize("NFC", posixpath.normpath(name.replace("\\", "/")))


def shared_end(folder: str, source: str) -> int:
    """Return how many of the last parts of two folders are the same."""
    pairs = zip(reversed(folder.strip("/").split("/")), reversed(source.strip("/").split("/")), strict=False)
    return len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)))


def find_pictures(table: Table, names: Sequence[str], source: str) -> tuple[int, list[int | None]]:
    """Return the column of a table that names the pictures of a source, and the line of each picture.

    It is one with a usual name, or else the one that names most pictures. A folder that stands before all names there
    is added to the notes of the table. TcvaeError if no column names any.
    """
    finder = Finder(names, source)
    usual = [place for place, name in enumerate(table.head) if name.lower() in FILE_COLUMNS]
    others = [place for place in range(len(table.head)) if place not in usual]
    for places in (usual, others):
        columns = {place: column for place in places if finder.knows(column := table.column(place))}
        if places is others:
            columns = {place: column for place, column in columns.items() if are_files(column) or are_distinct(column)}
        found = {place: finder.find(column, table.where) for place, column in columns.items()}
        place = max(found, key=lambda place: (found[place].count, are_files(columns[place])), default=-1)
        if place >= 0 and found[place].count:
            check_distinct(columns[place], table.where)
            folder = found[place].folder
            if folder and key_of(folder) not in map(
                key_of, (source, os.path.abspath(source), os.path.realpath(source))
            ):
                table.notes.append(f"takes the names of pictures in {table.where} from below {shown(folder)}")
            return place, found[place].lines
    first = table.lines[0][usual[0] if usual else 0]
    fault = f"names no picture of {display_name(source)} ({shown(first)} stands where {shown(names[0])} should)"
    raise TcvaeError(table.where, fault, "give a column of the names of the pictures: file,label,...")


def are_files(column: Sequence[str]) -> bool:
    """Return whether a column holds names of picture files, not numbers that are like some of them without suffix."""
    return any(name.lower().endswith(SUFFIXES) for name in column)


def are_distinct(column: Sequence[str]) -> bool:
    """Return whether no cell of a column is there twice, but for empty ones."""
    names = [name for name in column if name]
    return len(set(names)) == len(names)


def check_distinct(column: Sequence[str], where: str) -> None:
    """Refuse a column of names of files with one that is there twice."""
    seen = set()
    for name in filter(None, column):
        if (key := key_of(name)) in seen:
            raise TcvaeError(where, f"lists {shown(name)} twice", "keep one line for each picture")
        seen.add(key)
