"""Factor labels: full grids, and columns of anything (numbers or words) made into classes with their values kept."""

import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from tcvae_cli.arrays import FEW_IMAGES, MISSING, Array
from tcvae_cli.datasets.words import MISSING_WORDS, by_number_then_alphabet, number_in, remarks_on, text_of
from tcvae_cli.errors import TcvaeError, printable
from tcvae_cli.files.descriptions import Description
from tcvae_cli.files.names import MOST_LETTERS, check_names
from tcvae_cli.files.writer import Source
from tcvae_cli.text import listed

FEW_CLASSES = 5  # may well be one for each of as many images
EXACT = 2**53  # float64 lacks some of the whole numbers beyond


@dataclass(frozen=True)
class Factor:
    """One column of labels."""

    name: str
    classes: Array  # (rows,) int64 in 0 .. size - 1, or -1 where it is not known
    values: Array  # (rows,) float64, NaN where it is not known
    size: int
    class_names: tuple[str, ...] = ()  # where the labels are words, or numbers that float64 does not tell apart
    unknown: tuple[str, ...] = ()  # the words, but the empty one, that were taken for labels that are not known
    remarks: tuple[str, ...] = ()  # what a person should know of how the labels were read


@dataclass(frozen=True)
class Pictures:
    """The images to be labelled: what they are, and the images themselves."""

    name: str
    rows: int
    shape: tuple[int, ...]  # (H, W) or (H, W, 3)
    kind: Literal["binary", "grey", "rgb"]
    provenance: str
    blocks: Iterator[Array]


def factor_of(name: str, column: Sequence[Any] | Array, missing: Collection[str] = MISSING_WORDS) -> Factor:
    """Return a factor from one label per row: numbers by size (also when written as words), other words by alphabet.

    NaN and the words MISSING, with or without blanks around them, are labels that are not known.
    `factor_of("side", ["left", "right", ""])` has classes 0, 1, -1 and class names left and right.
    """
    labels = np.array(column, dtype=object if any(isinstance(label, str) for label in column) else None)
    if labels.dtype.kind in "OSU":
        return factor_of_words(name, [text_of(label) for label in labels], missing)
    known = ~np.isnan(labels.astype(np.float64))
    levels, places = np.unique(labels[known], return_inverse=True)
    return Factor(printable(name), *placed(known, places, *values_of(levels)))


def factor_of_words(name: str, words: Sequence[str], missing: Collection[str]) -> Factor:
    """Return a factor from one word per row. If all that are known write numbers, it is one of numbers."""
    unknown = {word for word in set(words) if word.strip() in missing}
    distinct = sorted(set(words) - unknown)
    numbers = [number_in(word) for word in distinct]
    if None not in numbers:
        levels, rank = np.unique(np.array(numbers, dtype=object), return_inverse=True)  # 1 and 1.0 are one
        values, called = values_of(levels)
    else:
        order, rank = by_number_then_alphabet(numbers)
        values, called = np.arange(len(distinct), dtype=np.float64), tuple(printable(distinct[k]) for k in order)
    rank_of = dict.fromkeys(unknown, MISSING) | dict(zip(distinct, rank.tolist(), strict=True))
    places = np.array([rank_of[word] for word in words], dtype=np.int64)
    known = places != MISSING
    written, remarks = tuple(sorted({word.strip() for word in unknown} - {""})), tuple(remarks_on(distinct, numbers))
    return Factor(printable(name), *placed(known, places[known], values, called), written, remarks)


def placed(
    known: Array, places: Array, values: Array, called: tuple[str, ...]
) -> tuple[Array, Array, int, tuple[str, ...]]:
    """Return class and value of each row, the number of classes and their names, from those of the rows KNOWN."""
    classes, row_values = np.full(len(known), MISSING), np.full(len(known), np.nan)
    classes[known], row_values[known] = places, values[places]
    return classes, row_values, max(1, len(values)), called


def values_of(levels: Array) -> tuple[Array, tuple[str, ...]]:
    """Return the value of each of some distinct numbers, and their names where no value tells them.

    9007199254740992 and 9007199254740993 have one value in float64: these two classes are called by their numbers.
    """
    values = levels.astype(np.float64)
    large = np.abs(values) >= EXACT
    rounded = any(int(value) != level for value, level in zip(values[large], levels[large].tolist(), strict=True))
    return values, tuple(map(str, levels)) if rounded or (np.diff(values) == 0).any() else ()


def grid_factors(values: dict[str, Array]) -> list[Factor]:
    """Return the factors of a full grid of these levels, the last factor fastest."""
    sizes = [len(levels) for levels in values.values()]
    classes = np.indices(sizes).reshape(len(sizes), -1)
    return [
        Factor(name, column, np.asarray(levels, dtype=np.float64)[column], len(levels))
        for (name, levels), column in zip(values.items(), classes, strict=True)
    ]


def labelled(
    pictures: Pictures,
    factors: Sequence[Factor],
    scored: Sequence[str] | None = None,
    dropped: Sequence[int] = (),
    notes: list[str] | None = None,
) -> Source:
    """Return a source of these images with these labels. What a person should know of them is added to NOTES.

    SCORED: the factors that MIG is the mean over, by default all that vary. Errors: those of `readable`.
    """
    notes = [] if notes is None else notes
    names = distinct_names([factor.name for factor in readable(factors, pictures.name)], notes)
    factors = [replace(factor, name=name) for factor, name in zip(factors, names, strict=True)]
    notes += notes_on(factors)
    varying = [factor.name for factor in factors if factor.size > 1]
    description = Description(
        name=printable(pictures.name),
        rows=pictures.rows,
        image_shape=pictures.shape,
        pixel_kind=pictures.kind,
        factor_names=tuple(factor.name for factor in factors),
        factor_sizes=tuple(factor.size for factor in factors),
        scored_factors=tuple(name for name in varying if scored is None or name in scored),
        provenance=pictures.provenance,
    )
    return Source(
        description,
        pictures.blocks,
        classes=np.stack([factor.classes for factor in factors], axis=1) if factors else None,
        values=np.stack([factor.values for factor in factors], axis=1) if factors else None,
        class_names={factor.name: factor.class_names for factor in factors if factor.class_names},
        dropped=dropped,
        notes=notes,
    )


def readable(factors: Sequence[Factor], where: str) -> Sequence[Factor]:
    """Return factors; TcvaeError for more of them, or longer names of them or their classes, than a data set may have.

    WHERE: the file that the labels are from.
    """
    check_names([factor.name for factor in factors], where, "leave factors out, or shorten their names")
    letters = [sum(map(len, factor.class_names)) for factor in factors]
    if sum(letters) > MOST_LETTERS:
        most, longest = max(zip(letters, (factor.name for factor in factors), strict=True))
        fault = f"factor {longest} names its classes in {most:,} letters, and at most {MOST_LETTERS:,} are read in all"
        raise TcvaeError(where, fault, "leave it out, or shorten its words")
    return factors


def distinct_names(names: Sequence[str], notes: list[str]) -> list[str]:
    """Return names of factors, each of its own: one without a name and a second of a name are numbered, with a note."""
    given = [printable(name).strip() for name in names]
    taken, chosen, numbered = set(given), set[str](), []
    for place, name in enumerate(given):
        if not name or name in chosen:
            numbers = (f"{name or 'factor'}_{number}" for number in itertools.count(place))
            given[place] = next(called for called in numbers if called not in taken)
            taken.add(given[place])
            numbered.append(given[place])
        chosen.add(given[place])
    if numbered:
        notes.append(f"factors without a name of their own are called {listed(numbered)}")
    return given


def notes_on(factors: Sequence[Factor]) -> Iterator[str]:
    """Yield what a person should know of some factors; those that lack as many labels share a sentence."""
    lacking: dict[tuple[int, tuple[str, ...]], list[str]] = {}
    for factor in factors:
        if unknown := int((factor.classes == MISSING).sum()):
            lacking.setdefault((unknown, factor.unknown), []).append(factor.name)
        yield from (f"factor {factor.name} {remark}" for remark in factor.remarks)
    for (unknown, words), names in lacking.items():
        who = f"factor {names[0]} lacks" if len(names) == 1 else f"factors {listed(names)} lack"
        said = f", written {', '.join(words)}: where that is a label, write another word" if words else ""
        yield f"{who} the labels of {unknown:,} of {len(factors[0].classes):,} images{said}"
    single: dict[str, list[str]] = {}
    for factor in factors:
        count = int((factor.classes != MISSING).sum())
        if factor.size > FEW_CLASSES and (advice := advice_on(factor, count)):
            single.setdefault(advice, []).append(factor.name)
    for advice, names in single.items():
        yield f"factor {names[0]} has {advice}" if len(names) == 1 else f"factors {listed(names)} have {advice}"


def advice_on(factor: Factor, count: int) -> str:
    """Return what many classes for COUNT images are, and what may be done about them; "" where they are not many."""
    use = "some measures of score take them as they are, mig and the others in bins, by {factor_bins}"
    if not factor.class_names and (factor.values % 1 > 0).any() and count < FEW_IMAGES * factor.size:
        return f"real values: {use}"
    if factor.size <= count // 2:
        return ""
    if any(number_in(name) is None for name in factor.class_names):
        return "about one class per image: leave it out unless it is a factor"
    index = "; leave it out if it is an index" if factor.size == count else ""
    return f"about one class per image, as real values do: {use}{index}"
