"""Known numbers beside results: those of the quantities that are compared, and in what each differs from them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tcvae_cli.errors import ArgumentError
from tcvae_cli.progress import Note
from tcvae_cli.results.published_numbers import PublishedNumber
from tcvae_cli.results.table import Group
from tcvae_cli.text import choice_of

SAMPLED = {"monte-carlo": "exact"}  # estimators of one and the same number


@dataclass(frozen=True)
class Beside:
    """A known number, and in what it is known to differ from all results of its quantity; None without any result.

    That may be its `data_set`, `estimator`, `factors` or `images`. What the source does not tell is no difference.
    """

    number: PublishedNumber
    differs: tuple[str, ...] | None = None

    def record(self) -> dict[str, Any]:
        """Return the result line."""
        return self.number.record() | {"differs": None if self.differs is None else list(self.differs)}


def beside(numbers: Sequence[PublishedNumber], groups: Iterable[Group], note: Note) -> tuple[Beside, ...]:
    """Return the NUMBERS of the quantities of GROUPS; notes tell how many are not what the results are."""
    compared: dict[str, list[Group]] = {}
    for group in groups:
        compared.setdefault(group.quantity, []).append(group)
    found = []
    for quantity, own in compared.items():
        known = [Beside(one, differences(one, own)) for one in numbers if one.quantity == quantity]
        note(said_of(quantity, numbers[0].data_set, known))
        found += known
    return tuple(found)


def alone(numbers: Sequence[PublishedNumber], value: str | None) -> tuple[Beside, ...]:
    """Return NUMBERS without any results to set them against; those of the quantity VALUE only, if it is given."""
    known = tuple(Beside(one) for one in numbers if value in (None, one.quantity))
    if not known:
        quantities = sorted({one.quantity for one in numbers})
        raise ArgumentError("value", f"no number of {value!r} is known", choice_of(str(value), quantities))
    return known


def differences(number: PublishedNumber, groups: Sequence[Group]) -> tuple[str, ...]:
    """Return in what a number differs from the results of all GROUPS."""
    lines = [line for group in groups for line in group.lines]
    found = {
        "data_set": number.data_set in {line["data_set"] for line in lines},
        "estimator": same(number.estimator) in {same(group.estimator) for group in groups},
        "factors": set(number.factors or ()) in [set(line.get("factors") or ()) for line in lines],
        "images": number.images in {line.get("rows") for line in lines},
    }
    return tuple(key for key, agrees in found.items() if not agrees and getattr(number, key) is not None)


def same(estimator: str | None) -> str | None:
    """Return one id for all estimators of the same number."""
    return SAMPLED.get(estimator or "", estimator)


def said_of(quantity: str, data_set: str, known: Sequence[Beside]) -> str:
    """Return what a person should know of the known numbers of a quantity."""
    if not known:
        return f"no number of {quantity} on {data_set} is known"
    kinds = {
        "by another estimator": sum("estimator" in (one.differs or ()) for one in known),
        "by one that is not told": sum(one.number.estimator is None for one in known),
        "over other factors": sum("factors" in (one.differs or ()) for one in known),
        "of other images": sum(bool({"data_set", "images"}.intersection(one.differs or ())) for one in known),
    }
    counts = [f"{count} {kind}" for kind, count in kinds.items() if count]
    other = f"; {', '.join(counts)}: those are other quantities, or may be" if counts else ""
    numbers = "one known number" if len(known) == 1 else f"{len(known)} known numbers"
    return f"{numbers} of {quantity} on {data_set}, in no mean, interval or test{other}"
