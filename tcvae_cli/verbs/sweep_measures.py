"""What a sweep measures of each run: the lines that the measuring verbs print of its codes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.files.streams import display_name
from tcvae_cli.progress import Note
from tcvae_cli.results.estimators import MEASURES
from tcvae_cli.text import choice_of
from tcvae_cli.verbs.checks import words_in

if TYPE_CHECKING:
    from tcvae_cli.files.codes import Codes
    from tcvae_cli.files.data_sets import DataSet

OF_FACTORS = ("mig", *(name for name in MEASURES if name != "udr"))
KNOWN = ("mig", "estimate-tc", *OF_FACTORS[1:])
BY_DEFAULT = ("mig", "estimate-tc")


class Recorded(Protocol):
    """A result, whose line is its record."""

    def record(self) -> dict[str, Any]:
        """Return the result line."""


def chosen(measures: Sequence[str] | str | None, data: "DataSet") -> tuple[str, ...]:
    """Return the measures asked for, each once; by default those of BY_DEFAULT that the data set allows.

    ArgumentError for an unknown one, TcvaeError for one that the data set has no factors for.
    """
    labelled = data.classes is not None and bool(data.description.scored_factors)
    if measures is None:
        return tuple(name for name in BY_DEFAULT if labelled or name not in OF_FACTORS)
    named = tuple(dict.fromkeys(words_in("measure", measures)))
    check_known(named)
    if not labelled and (lacking := [name for name in named if name in OF_FACTORS]):
        fault = f"has no factors to score, which {lacking[0]} needs"
        raise TcvaeError(display_name(data.path), fault, "leave {measure} out, or give a labelled data set")
    if set(named) & MEASURES.keys():
        from tcvae_cli.verbs.score import registry

        registry()
    return named


def check_known(measures: Sequence[str]) -> None:
    """Raise ArgumentError for a measure that a single run cannot have."""
    for name in measures:
        if name == "udr":
            raise ArgumentError("measure", "udr compares runs with each other", "score their codes together")
        if name not in KNOWN:
            raise ArgumentError("measure", f"there is no measure {name!r}", choice_of(name, KNOWN))


def measured(name: str, codes: "Codes", data: "DataSet", device: str, note: Note) -> Recorded:
    """Return the result of some codes by a measure, as the verb has it."""
    if name == "mig":
        from tcvae_cli.verbs.mig import mig

        return mig(codes, factors=data, device=device, note=note)
    if name == "estimate-tc":
        from tcvae_cli.verbs.decompose import decompose

        return decompose(codes, device=device, note=note)
    from tcvae_cli.verbs.score import score

    return score(codes, name, factors=data, note=note)


def in_words(name: str, record: dict[str, Any]) -> str:
    """Return what was measured in a few words, for the line of a finished run."""
    if name == "mig":
        return f"MIG {record['mig']:.3f}"
    if name == "estimate-tc":
        return f"TC {record['total_correlation']:.3f} nats"
    return f"{name} {record['score']:.3f}"
