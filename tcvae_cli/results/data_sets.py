"""Data sets as results tell them: by digest which is which, by name and origin what each is called."""

import re
from collections.abc import Iterable, Mapping, Sequence

from tcvae_cli.errors import printable
from tcvae_cli.results.line import Line

Identity = tuple[str, str | None]  # title and digest
DIGITS = 8  # of a digest, where a title needs it
# Published data sets as their authors write them, and the number of their images, None where it is a matter of choice.
PUBLISHED: dict[str, tuple[str, int | None]] = {
    "dsprites": ("dSprites", 737_280),
    "faces": ("Basel faces", 127_050),
    "faces-stand-in": ("Stand-in for the Basel faces", None),
    "chairs": ("Chairs", 86_366),
    "celeba": ("CelebA", 202_599),
    "shapes3d": ("3D Shapes", 480_000),
    "cars3d": ("Cars3D", 17_568),
    "smallnorb": ("smallNORB", 48_600),
}
SHORT_DIGEST = re.compile(rf"[a-z0-9]+:[0-9a-f]{{{DIGITS}}}")


def identity_of(line: Line) -> Identity:
    """Return what tells the data set of a line from others."""
    name, origin, digest = line["data_set"], line["provenance"], line.get("data_digest")
    title = "data set unknown" if name is None else str(name)  # unknown: of a third party's codes
    if name is not None and origin is not None:
        title = f"{name} ({origin})"
    return printable(title), None if digest is None else str(digest)


def titles_of(lines: Iterable[Line]) -> dict[Identity, str]:
    """Return the title of each data set: name and origin, and the start of the digest where these are of several."""
    found = {identity_of(line) for line in lines if "data_set" in line}
    titles = [title for title, _ in found]
    return {own: own[0] if titles.count(own[0]) == 1 else with_digest(*own) for own in found}


def with_digest(title: str, digest: str | None) -> str:
    """Return a title that tells the digest: "photos (folder; sha256:3fa2b1c9)"."""
    algorithm, _, digits = (digest or "digest unknown").rpartition(":")
    word = f"{algorithm}:{digits[:DIGITS]}" if algorithm else digits
    return f"{title[:-1]}; {word})" if title.endswith(")") else f"{title} ({word})"


def short_titles(data_sets: Sequence[str]) -> list[str]:
    """Return data sets for a title: "dsprites (rendered, part)" if that tells them apart, else as they are."""
    titles = []
    for data_set in data_sets:
        name, _, origin = data_set.removesuffix(")").partition(" (")
        first, *parts = origin.split("; ")
        words = [first.split(": ")[0], *(["part"] if any(part.startswith("part of ") for part in parts) else [])]
        words += [part for part in parts if SHORT_DIGEST.fullmatch(part)]  # there only where nothing else differs
        titles.append(f"{name} ({', '.join(words)})" if origin else data_set)
    return titles if len(set(titles)) == len(titles) else list(data_sets)


def is_part(origin: str | None) -> bool:
    """Tell from its provenance whether a data set is a part of another one."""
    return "; part of " in f"; {origin}"


def data_set_in_words(name: str, origin: str | None, rows: int | None) -> str:
    """Return a data set in words: "dSprites, 46,080 of 737,280 images"; "photos, a part of 12 images".

    ORIGIN is its provenance, which tells whether it is a part of another one.
    """
    title, whole = PUBLISHED.get(name, (name, None))
    if rows is None:
        return printable(title)
    part = is_part(origin)
    if part and whole and rows < whole:
        return printable(f"{title}, {rows:,} of {whole:,} images")
    return printable(f"{title}, {'a part of ' * part}{rows:,} image{'s' * (rows != 1)}")


def words_of(lines: Iterable[Line], data_sets: Sequence[str], titles: Mapping[Identity, str]) -> list[str]:
    """Return DATA_SETS in words if that tells them apart; TITLES are those of the table of the LINES."""
    found: dict[str, tuple[str, str | None, int | None]] = {}
    for line in lines:
        if line.get("data_set") is not None:
            rows = line.number_or_none("rows")
            own = str(line["data_set"]), line.get("provenance"), None if rows is None else int(rows)
            found.setdefault(titles[identity_of(line)], own)
    words = [data_set_in_words(*found[title]) if title in found else title for title in data_sets]
    return words if len(set(words)) == len(words) else short_titles(data_sets)
