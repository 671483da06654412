"""Known numbers: what others published of a data set or found by running it again, each with its source.

They stand in published_numbers.json, a list of sources. What holds for all rows of a source stands beside `rows`, and
under `measured` by which estimator and over which factors each quantity was found.
"""

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from tcvae_cli.errors import ArgumentError
from tcvae_cli.objectives import OBJECTIVES, Name
from tcvae_cli.results.line import NEWEST_SCHEMA
from tcvae_cli.results.setting import Setting
from tcvae_cli.results.statistics import summarise
from tcvae_cli.text import choice_of

FILE = Path(__file__).with_suffix(".json")
SUMMARY = ("mean", "minimum", "lower_quartile", "median", "upper_quartile", "maximum")


@dataclass(frozen=True)
class PublishedNumber:
    """One quantity of the runs of one setting, as a source tells it; what it does not tell is None.

    SPREAD is what stands behind the sign ± in the source, and ABOVE a level with the number of runs above it. Where
    VALUES has every run, the summary is of those. ORIGIN is "published" for what the authors of a method say of it,
    "re-run" for what others found with it, and "read off a figure" where no number is printed.
    """

    quantity: str  # as compare calls it: mig, total_correlation, or a measure of score
    estimator: str | None  # our id of it
    data_set: str
    setting: Setting
    runs: int | None
    mean: float | None
    spread: float | None
    minimum: float | None
    lower_quartile: float | None
    median: float | None
    upper_quartile: float | None
    maximum: float | None
    above: tuple[float, int] | None
    values: tuple[float, ...] | None
    factors: tuple[str, ...] | None  # that were scored
    images: int | None
    steps: int | None
    batch_size: int | None
    origin: Literal["published", "re-run", "read off a figure"]
    source: str  # who
    told: str  # where it stands, and how it was found

    def record(self) -> dict[str, Any]:
        """Return the result line."""
        line = {"kind": "published", "schema": NEWEST_SCHEMA} | asdict(self) | {"setting": self.setting.name}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in line.items()}

    def runs_above(self, level: float) -> int | None:
        """Return how many runs are above a LEVEL, where the source tells that or every run."""
        if self.values is not None:
            return sum(value > level for value in self.values)
        return self.above[1] if self.above is not None and self.above[0] == level else None


def published(data_set: str) -> tuple[PublishedNumber, ...]:
    """Return the known numbers of a data set, such as "dsprites", to set a result against.

    They are found by different estimators, over different factors and after different training: each tells which.
    ArgumentError, which lists the names, for a data set of which no numbers are known.
    """
    known = all_published()
    found = tuple(number for number in known if number.data_set == data_set)
    if not found:
        names = sorted({number.data_set for number in known})
        raise ArgumentError("published", f"has no numbers of {data_set!r}", choice_of(data_set, names))
    return found


@functools.cache
def all_published() -> tuple[PublishedNumber, ...]:
    """Return all known numbers, by data set in the order of the file."""
    return tuple(number for source in json.loads(FILE.read_text("utf-8")) for number in numbers_of(source))


def numbers_of(source: Mapping[str, Any]) -> Iterator[PublishedNumber]:
    """Yield the numbers of one source."""
    for row in source["rows"]:
        objective, beta = str(row["objective"]), row.get("beta")
        plain = OBJECTIVES.get(objective, Name("")).plain_beta
        setting = Setting(objective, None if beta == plain else beta)
        for quantity, found in row["numbers"].items():
            way, values = source["measured"][quantity], found.get("values")
            summary = asdict(summarise(values)) if values else found
            yield PublishedNumber(
                quantity=quantity,
                estimator=way.get("estimator"),
                data_set=source["data_set"],
                setting=setting,
                runs=row.get("runs", source.get("runs")),
                spread=found.get("spread"),
                **{name: summary.get(name) for name in SUMMARY},
                above=tuple_or_none(found.get("above")),
                values=tuple_or_none(values),
                factors=tuple_or_none(way.get("factors")),
                **{name: source.get(name) for name in ("images", "steps", "batch_size")},
                origin=source["origin"],
                source=source["who"],
                told=source["told"],
            )


def tuple_or_none(found: list[Any] | None) -> tuple[Any, ...] | None:
    """Return a list as a tuple; None where there is none."""
    return None if found is None else tuple(found)
