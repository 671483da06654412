"""What a file says of itself: facts for people, and all of it as JSON has it, or as rows of a table."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tcvae_cli.files.tensors import Contents

if TYPE_CHECKING:
    from tcvae_cli.files.data_sets import DataSet
    from tcvae_cli.files.headers import CodesHeader, LogHeader, RunHeader, TraversalHeader
    from tcvae_cli.files.logs import Log

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Fact:
    """One thing that a file says of itself, such as its digest."""

    name: str
    value: str


@dataclass(frozen=True, eq=False)
class Described:
    """What a file is and how it was made."""

    facts: tuple[Fact, ...]  # for people
    content: Mapping[str, Any]  # the same for programs, numbers as they are
    log: "Log | None" = None

    def record(self) -> dict[str, Any]:
        """Return it as one JSON object; that of a log has its numbers under `lines`."""
        if self.log is None:
            return {**self.content}
        lines = zip(self.log.steps, self.log.lines, strict=True)
        return {**self.content, "lines": [{"step": step, **line} for step, line in lines]}

    def rows(self) -> Iterator[Row]:
        """Yield the rows of a table below its head: the lines of a log, and of other files one row for each value."""
        if self.log is None:
            yield ("name", "value")
            yield from flattened(self.content)
            return
        yield ("step", *self.log.terms)
        for step, line in zip(self.log.steps, self.log.lines, strict=True):
            yield (step, *(line.get(term) for term in self.log.terms))


def flattened(value: Any, name: str = "") -> Iterator[Row]:
    """Yield the single values inside a value of JSON, each behind its keys and places: `settings.beta`, `shape.0`."""
    if isinstance(value, Mapping | list | tuple):
        for key, inner in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from flattened(inner, f"{name}.{key}" if name else str(key))
    else:
        yield (name, value)


def of_header(header: "RunHeader | CodesHeader | TraversalHeader | LogHeader") -> dict[str, Any]:
    """Return a header as it is in its file, of whatever schema and version."""
    return header.record() | {"schema": header.schema, "version": header.version}


def of_tensors(contents: Contents, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known ABOUT a file of tensors, and their types and shapes."""
    tensors = {name: {"dtype": its.kind, "shape": list(its.shape)} for name, its in sorted(contents.tensors.items())}
    return {**about, "tensors": tensors}


def of_data_set(data: "DataSet") -> dict[str, Any]:
    """Return what an open data set says of itself."""
    names = {name: list(its) for name, its in data.class_names().items()}
    return {"kind": "data set", **asdict(data.header()), "class_names": names, "biased": data.probability is not None}
