"""How a result becomes the line that a verb prints, and what such a line tells of the codes behind it."""

from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tcvae_cli.results.line import NEWEST_SCHEMA

if TYPE_CHECKING:
    from tcvae_cli.files.codes import Codes
    from tcvae_cli.files.headers import CodesHeader, DataHeader, RunHeader


@dataclass(frozen=True)
class Origin:
    """What made the codes behind a result; all None for the codes of a third party."""

    data_set: str | None
    provenance: str | None
    data_digest: str | None
    bias: tuple[str, ...] | None
    step: int | None
    settings: dict[str, Any] | None

    def record(self) -> dict[str, Any]:
        """Return it as the part of a line that it is."""
        return plain(self)


def origin_of(codes: "Codes") -> Origin:
    """Return what made some codes, as their header tells."""
    return origin(codes.data, codes.header)


def origin(data: "DataHeader", header: "CodesHeader | RunHeader | None") -> Origin:
    """Return what made codes of a data set, as the HEADER of codes or of their run tells."""
    return Origin(
        data_set=data.name or None,
        provenance=data.provenance or None,
        data_digest=data.digest or None,
        bias=data.bias,
        step=None if header is None else header.step,
        settings=None if header is None else header.settings,
    )


def start_of_line(kind: str) -> dict[str, Any]:
    """Return how every line of a KIND begins."""
    return {"kind": kind, "schema": NEWEST_SCHEMA}


def plain(result: Any) -> dict[str, Any]:
    """Return the fields of a dataclass in their order, as JSON has them; what an Origin says stands among them."""
    found: dict[str, Any] = {}
    for field in fields(result):
        value = getattr(result, field.name)
        if isinstance(value, Origin):
            found |= plain(value)
        else:
            found[field.name] = as_json(value)
    return found


def as_json(value: Any) -> Any:
    """Return arrays, tuples and dataclasses as the lists and objects that JSON has; all else as it is."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if is_dataclass(value):
        return plain(value)
    if isinstance(value, tuple | list):
        return [as_json(one) for one in value]
    return value
