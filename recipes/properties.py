"""Three properties of metrics, each as two situations of constructed codes between which a metric moves or does not."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from metrics import METRICS, by_metric, metric, value

from tcvae_cli.results import Line

MOVED = 0.1  # a change of a metric by more than this counts
UNCLEAR = 0.02  # about MOVED: two standard errors of a change between two scores, each a share of 5,000 votes
USUAL = 64  # L


@dataclass(frozen=True)
class Test:
    """A metric in two situations, and whether it has the property: by how far it moves, or stays."""

    metric: str
    before: float
    after: float
    change: float  # that is compared to MOVED: NaN where it was not measured
    moves: bool  # if it has the property

    @property
    def found(self) -> bool:
        """Whether these numbers say that the metric has the property."""
        return not math.isnan(self.change) and (self.change > MOVED) == self.moves

    @property
    def clear(self) -> bool:
        """Whether they would say so again with other votes."""
        return abs(self.change - MOVED) > UNCLEAR


def by_degrees(results: Sequence[Line], codes: str) -> dict[float, dict[str, float]]:
    """Return {degrees: {metric: value}} of a kind of codes, the older metrics at their usual L, MIG exact."""
    found: dict[float, dict[str, float]] = {}
    for result in results:
        settings = result.part("settings")
        if settings["codes"] == codes and result.get("samples") is None and result.get("per_vote") in (None, USUAL):
            found.setdefault(settings.number("degrees"), {})[metric(result)] = value(result)
    return dict(sorted(found.items()))


def axis_aligned(results: Sequence[Line]) -> list[Test]:
    """Test which metric a turn by 45 degrees lowers: one that it does not lower does not ask for axes."""
    turned = by_degrees(results, "unlike")
    pairs = [(name, turned.get(0, {}).get(name, math.nan), turned.get(45, {}).get(name, math.nan)) for name in METRICS]
    return [Test(name, before, after, before - after, moves=True) for name, before, after in pairs]


def unbiased(results: Sequence[Line]) -> list[Test]:
    """Test which metric moves with L, and so is biased by it. MIG has no such number; its estimate has S."""
    blurred = blurred_in(results)
    tests = []
    for name, by_votes in by_metric(blurred, "per_vote").items():
        means = [statistics.fmean(values) for values in by_votes.values()]
        tests.append(Test(name, means[0], means[-1], max(means) - min(means), moves=False))
    exact = by_degrees(results, "blurred").get(0, {}).get("mig", math.nan)
    sampled = [statistics.fmean(values) for values in by_metric(blurred, "samples").get("mig", {}).values()]
    away = max((abs(mean - exact) for mean in sampled), default=math.nan)
    return [*tests, Test("mig", sampled[0] if sampled else math.nan, exact, away, moves=False)]


def blurred_in(results: Sequence[Line]) -> list[Line]:
    """Return the results of the imperfect codes."""
    return [result for result in results if result.part("settings")["codes"] == "blurred"]


def general(results: Sequence[Line]) -> list[Test]:
    """Test which metric falls where the code tells as much, but by two modes instead of one: it is not general."""
    plain, modes = (by_degrees(results, codes).get(0, {}) for codes in ("alike", "two-mode"))
    pairs = [(name, plain.get(name, math.nan), modes.get(name, math.nan)) for name in METRICS]
    return [Test(name, before, after, abs(before - after), moves=False) for name, before, after in pairs]


TESTS: dict[str, Callable[[Sequence[Line]], list[Test]]] = {
    "axis-aligned": axis_aligned,
    "unbiased": unbiased,
    "general": general,
}
