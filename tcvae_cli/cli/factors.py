"""Which factors to score, and what made the codes: what every measuring verb asks of its input."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tcvae_cli.cli.progress import progress
from tcvae_cli.errors import TcvaeError, UsageError
from tcvae_cli.files.streams import display_name

if TYPE_CHECKING:
    from tcvae_cli.arrays import Array
    from tcvae_cli.files.codes import Codes
    from tcvae_cli.files.data_sets import DataSet


@contextlib.contextmanager
def open_factors(path: str | None, codes: Sequence[str]) -> "Iterator[DataSet | None]":
    """The data set of --factors, None without; open as long as anything may be asked of it, since a pipe ends.

    UsageError if one of the CODES comes through the same pipe.
    """
    if path is None:
        yield None
        return
    if path == "-" and path in codes:
        raise UsageError("--factors", "stdin already gives the codes", "name a file for one of the two")
    from tcvae_cli.files.data_sets import open_data_set

    with open_data_set(path, progress) as data:
        yield data


def choose_factors(codes: "Codes", data: "DataSet | None", wanted: list[str] | None) -> "tuple[tuple[str, ...], Array]":
    """Names and classes (N, factors) int64 of the factors to score, -1 where a label is missing.

    From the data set DATA if given (its digest must be that of the codes), else from the codes themselves.
    TcvaeError if there are none or one has no two values; UsageError for an unknown name.
    """
    from tcvae_cli.arrays import MISSING

    where = codes.where if data is None else display_name(data.path)
    names, scored, classes = codes.factor_names, codes.scored_factors, codes.factor_classes
    if data is not None:
        names, scored, classes = factors_of(codes, data)
    if classes is None:
        raise TcvaeError(where, "has no factor labels to score", "give a labelled data set with --factors")
    chosen = tuple(dict.fromkeys(wanted or scored))
    if not chosen:
        raise TcvaeError(where, "scores none of its factors", f"name some by --factor, of {', '.join(names)}")
    for name in chosen:
        if name not in names:
            raise UsageError("--factor", f"there is no factor {name}", f"choose among {', '.join(names)}")
    picked = classes[:, [names.index(name) for name in chosen]].astype("int64")
    sampled = slice(None) if codes.probability is None else codes.probability > 0
    for name, column in zip(chosen, picked[sampled].T, strict=True):
        known = column[column != MISSING]
        if len(known) == 0 or known.min() == known.max():
            values = "one value only" if len(known) else "no labels"
            raise TcvaeError(where, f"factor {name} has {values}, so no score", "leave it out: name others by --factor")
    return chosen, picked


def factors_of(codes: "Codes", data: "DataSet") -> "tuple[tuple[str, ...], tuple[str, ...], Array | None]":
    """Names, scored names and classes of a data set that must be the one encoded."""
    if codes.data.digest not in ("", data.digest):
        fault = f"is not the data set of {codes.where} (its digest differs)"
        raise TcvaeError(display_name(data.path), fault, "give the one that was encoded")
    if data.description.rows != len(codes.mean):
        fault = f"has {data.description.rows} images, {codes.where} has {len(codes.mean)}"
        raise TcvaeError(display_name(data.path), fault, "give the data set that was encoded")
    return data.description.factor_names, data.description.scored_factors, data.classes


def made_by(codes: "Codes") -> dict[str, Any]:
    """The part of a result that says what made the codes; nulls for a third party's."""
    data, header = codes.data, codes.header
    return {
        "data_set": data.name or None,
        "provenance": data.provenance or None,
        "data_digest": data.digest or None,
        "bias": None if data.bias is None else list(data.bias),
        "step": None if header is None else header.step,
        "settings": None if header is None else header.settings,
    }
