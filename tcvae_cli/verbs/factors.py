"""Choose the factors to measure codes by."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tcvae_cli.arrays import MISSING
from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.files.streams import display_name

if TYPE_CHECKING:
    from tcvae_cli.arrays import Array
    from tcvae_cli.files.codes import Codes
    from tcvae_cli.files.data_sets import DataSet


def choose_factors(
    codes: "Codes", data: "DataSet | None" = None, wanted: Sequence[str] | str | None = None
) -> "tuple[tuple[str, ...], Array]":
    """Return names and classes (N, factors) int64 of the factors to score, -1 where a label is missing.

    They come from the data set DATA if one is given (its digest must be that of the codes), else from the codes. WANTED
    are the names of some, or one name.
    Errors: TcvaeError if there are none, or one has no two values; ArgumentError for an unknown name.
    """
    where = codes.where if data is None else display_name(data.path)
    names, scored, classes = codes.factor_names, codes.scored_factors, codes.factor_classes
    if data is not None:
        names, scored, classes = factors_of(codes, data)
    if classes is None:
        raise TcvaeError(where, "has no factor labels to score", "give a labelled data set with {factors}")
    chosen = tuple(dict.fromkeys([wanted] if isinstance(wanted, str) else wanted or scored))
    if not chosen:
        raise TcvaeError(where, "scores none of its factors", f"name some by {{factor}}, of {', '.join(names)}")
    for name in chosen:
        if name not in names:
            raise ArgumentError("factor", f"there is no factor {name}", f"choose among {', '.join(names)}")
    picked = classes[:, [names.index(name) for name in chosen]].astype("int64")
    sampled = slice(None) if codes.probability is None else codes.probability > 0
    for name, column in zip(chosen, picked[sampled].T, strict=True):
        known = column[column != MISSING]
        if len(known) == 0 or known.min() == known.max():
            values = "one value only" if len(known) else "no labels"
            cure = "leave it out: name others by {factor}"
            raise TcvaeError(where, f"factor {name} has {values}, so no score", cure)
    return chosen, picked


def factors_of(codes: "Codes", data: "DataSet") -> "tuple[tuple[str, ...], tuple[str, ...], Array | None]":
    """Return names, scored names and classes of a data set; refuse one that is not the one encoded."""
    if codes.data.digest not in ("", data.digest):
        fault = f"is not the data set of {codes.where} (its digest differs)"
        raise TcvaeError(display_name(data.path), fault, "give the one that was encoded")
    if data.description.rows != len(codes.mean):
        fault = f"has {data.description.rows} images, {codes.where} has {len(codes.mean)}"
        raise TcvaeError(display_name(data.path), fault, "give the data set that was encoded")
    return data.description.factor_names, data.description.scored_factors, data.classes
