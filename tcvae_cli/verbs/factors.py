"""Choose the factors to measure codes by, and say what their classes are worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from tcvae_cli.arrays import FEW_IMAGES, MISSING
from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.files.factor_values import ranks
from tcvae_cli.files.renamed import renaming
from tcvae_cli.files.streams import display_name
from tcvae_cli.text import choice_of, listed
from tcvae_cli.verbs.checks import check_number, words_in
from tcvae_cli.verbs.factor_bins import binned

if TYPE_CHECKING:
    from tcvae_cli.arrays import Array
    from tcvae_cli.files.codes import Codes
    from tcvae_cli.files.data_sets import DataSet

USUAL_BINS = 10
OF_VALUES = "dci-lasso, dci-regression, sap-r2 or infomec"
Takes = Literal["classes", "numbers", "either"]  # a measure, of a factor: see Labels.by_value


@dataclass(frozen=True, eq=False)
class Labels:
    """The factors to measure codes by: K of N images."""

    where: str  # the file that has them
    names: tuple[str, ...]
    classes: "Array"  # (N, K) int64, -1 where a label is missing
    rows_used: tuple[int, ...]  # the images with a label, and p(n) above 0, of each factor
    sizes: tuple[int, ...]  # the classes that these have
    rows: int  # the images with p(n) above 0
    bins: int | None  # into which factors of more classes were cut
    foreign: bool  # from codes without a header, whose -1 may be meant otherwise
    cut: tuple[str, ...]  # the factors that were cut into bins, each with what it was before
    values: "Array"  # (N, K) float64, NaN where a label is missing, and throughout for a factor of classes only

    def left_out(self) -> list[str]:
        """Return a sentence on the images that lack labels, if there are some."""
        counts = {name: self.rows - used for name, used in zip(self.names, self.rows_used, strict=True)}
        lacking = [f"{count:,} for factor {name}" for name, count in counts.items() if count]
        if not lacking:
            return []
        hint = "; number classes from 0 on if -1 is one" if self.foreign else ""
        return [f"left out of {self.rows:,} images, as their class is -1, a label not known: {listed(lacking)}{hint}"]

    def by_value(self, takes: Takes) -> tuple[str, ...]:
        """Return the factors whose values count, not their classes, for a measure that TAKES such.

        "numbers", as a regression does: all that have values. "either": those of them whose mean class has few images,
        which are real values; those of many images are classes. "classes": none.
        """
        valued = [name for name, column in zip(self.names, self.values.T, strict=True) if not np.isnan(column).all()]
        few = valued if takes == "numbers" else [name for name in valued if self.shares()[name] < FEW_IMAGES]
        return () if takes == "classes" else tuple(few)

    def shares(self) -> dict[str, float]:
        """Return how many images the mean class of each factor has."""
        return {name: used / size for name, used, size in zip(self.names, self.rows_used, self.sizes, strict=True)}

    def of_classes(self, takes: Takes) -> dict[str, float]:
        """Return the images of the mean class of each factor whose classes count for a measure that TAKES such."""
        valued = self.names if takes == "numbers" else self.by_value(takes)
        return {name: share for name, share in self.shares().items() if name not in valued}

    def thin(self, takes: Takes) -> list[str]:
        """Return a sentence on the factors of few images in each class that counts, if there are some."""
        small = [f"{share:.1f} of {name}" for name, share in self.of_classes(takes).items() if share < FEW_IMAGES]
        if not small:
            return []
        said = f"the mean class has few images ({listed(small)}), which tell of themselves rather than of a factor"
        return [f"{said}; {{factor_bins}} cuts factors into bins"]

    def cut_up(self) -> list[str]:
        """Return a sentence on the factors that were cut into bins, if there are some."""
        return [f"cut into {self.bins} bins: {listed(self.cut)}"] if self.cut else []

    def notes(self, takes: Takes = "classes") -> list[str]:
        """Return what to say beside the number of a measure that TAKES so of a factor."""
        return self.left_out() + self.cut_up() + self.thin(takes)

    def single_images(self, takes: Takes = "classes") -> TcvaeError | None:
        """Return the error for a factor each of whose classes has one image: any two images would differ in it."""
        for name, used, size in zip(self.names, self.rows_used, self.sizes, strict=True):
            if used == size and name in self.of_classes(takes):
                fault = f"factor {name} has a class of its own for each of {used:,} images, so no score"
                bins = f"cut it into bins by {{factor_bins={USUAL_BINS}}}"
                cure = bins if used > USUAL_BINS else "encode more images"
                if name in self.by_value("numbers"):
                    return TcvaeError(self.where, fault, f"{cure}, or score its values by {OF_VALUES}")
                return TcvaeError(self.where, fault, f"{cure}, or name other factors by {{factor}}")
        return None


def check_bins(bins: int | None) -> None:
    """Raise ArgumentError unless BINS of factors is None or a number of bins."""
    if bins is not None:
        check_number("factor_bins", bins, 2, 1_000_000)


def choose_factors(
    codes: "Codes",
    data: "DataSet | None" = None,
    wanted: Sequence[str] | str | None = None,
    bins: int | None = None,
) -> Labels:
    """Return the factors to score.

    They come from the data set DATA if one is given (its digest must be that of the codes), else from the codes. WANTED
    are the names of some, or one name. Those of more classes than BINS are cut into bins of equal count.
    Errors: TcvaeError if there are none, or one has no two values; ArgumentError for an unknown name.
    """
    where = codes.where if data is None else display_name(data.path)
    names, scored, classes = codes.factor_names, codes.scored_factors, codes.factor_classes
    values = codes.factor_values
    if data is not None:
        names, scored, classes = factors_of(codes, data)
        values = data.factor_values()
    if classes is None:
        stored = renaming(["factor_classes"], codes.others if data is None else ())
        cure = f"{stored}, or give" if stored else "give"
        raise TcvaeError(where, "has no factor labels to score", f"{cure} a labelled data set with {{factors}}")
    chosen = tuple(dict.fromkeys(scored if wanted is None else words_in("factor", wanted))) or scored
    for name in chosen:
        if name not in names:
            raise ArgumentError("factor", f"there is no factor {name}", choice_of(name, names))
    sampled = np.ones(len(classes), bool) if codes.probability is None else codes.probability > 0
    foreign = data is None and codes.header is None

    def known(name: str) -> "Array":
        """Return the classes of the images that are drawn and have a label."""
        column = classes[sampled, names.index(name)]
        labelled: Array = column[column != MISSING]
        return labelled

    sizes = {name: number_of_classes(known(name)) for name in chosen}
    if not chosen or min(sizes.values()) < 2:
        varying = [name for name in names if len(np.unique(known(name))) > 1]
        lacking = foreign and any(bool((classes[sampled, names.index(name)] == MISSING).any()) for name in chosen)
        raise error_of_constants(where, sizes, varying, lacking)
    places = [names.index(name) for name in chosen]
    picked = classes[:, places].astype("int64")
    numbers = np.full(picked.shape, np.nan) if values is None else values[:, places].copy()
    if bins is not None:
        valued = ~np.isnan(numbers).all(0)  # whose classes may be in another order
        picked[:, valued] = ranks(numbers[:, valued])
        picked = binned(picked, bins, codes.probability)
        numbers[:, [sizes[name] > bins for name in chosen]] = np.nan
    left = [column[column != MISSING] for column in picked[sampled].T]
    return Labels(
        where=where,
        names=chosen,
        classes=picked,
        rows_used=tuple(map(len, left)),
        sizes=tuple(sizes.values()) if bins is None else tuple(map(number_of_classes, left)),
        rows=int(sampled.sum()),
        bins=bins,
        foreign=foreign,
        cut=() if bins is None else cut_from(sizes, bins, data),
        values=numbers,
    )


def number_of_classes(column: "Array") -> int:
    """Return how many different classes there are, where they are small by counting each, not by sorting."""
    if len(column) and column.min() >= 0 and column.max() < len(column):
        return int(np.count_nonzero(np.bincount(column.astype(np.int64, copy=False))))
    return len(np.unique(column))


def cut_from(sizes: dict[str, int], bins: int, data: "DataSet | None") -> tuple[str, ...]:
    """Return what those of the factors are that have more classes than BINS: "posX (of 32 classes)"."""
    cut = {name: size for name, size in sizes.items() if size > bins}
    worded = data.class_names() if cut and data is not None else ()
    phrases = (f"{size:,} classes{', words in their order' if name in worded else ''}" for name, size in cut.items())
    return tuple(f"{name} (of {phrase})" for name, phrase in zip(cut, phrases, strict=True))


def error_of_constants(where: str, sizes: dict[str, int], varying: Sequence[str], lacking: bool) -> TcvaeError:
    """Return the error for factors of these SIZES, one of which has no two classes, or none of which is to be scored.

    VARYING are the factors of the file that could be. LACKING: some -1 of these factors may be meant as a class.
    """
    cure = "measure images that differ in a factor"
    if varying:
        cure = f"name some by {{factor}}, of {listed(varying)}"
    if not sizes:
        fault = "scores none of its factors by default" if varying else "has no factor of two classes, so no score"
        return TcvaeError(where, fault, cure)
    name, size = next((name, size) for name, size in sizes.items() if size < 2)
    if size and lacking:
        fault = f"factor {name} has one value only beside -1, a label not known, so no score"
        return TcvaeError(where, fault, "number classes from 0 on if -1 is one")
    values = "one value only" if size else "no labels"
    return TcvaeError(where, f"factor {name} has {values}, so no score", cure)


def factors_of(codes: "Codes", data: "DataSet") -> "tuple[tuple[str, ...], tuple[str, ...], Array | None]":
    """Return names, scored names and classes of a data set; refuse one that is not the one encoded."""
    if codes.data.digest not in ("", data.digest):
        fault = f"is not the data set of {codes.where} (its digest differs)"
        raise TcvaeError(display_name(data.path), fault, "give the one that was encoded")
    if data.description.rows != len(codes.mean):
        fault = f"has {data.description.rows} images, {codes.where} has {len(codes.mean)}"
        raise TcvaeError(display_name(data.path), fault, "give the data set that was encoded")
    return data.description.factor_names, data.description.scored_factors, data.classes
