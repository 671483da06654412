"""What the pages about metrics share: their names and colours, and measurements by metric and setting."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tcvae_cli.results import Line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Measure, how it is written, its colour, which differ in lightness too, and marker.
METRICS = {
    "higgins": ("Higgins et al.", "#004f94", "s"),
    "kim-mnih": ("Kim & Mnih", "#00755a", "^"),
    "mig": ("MIG", "#d45a00", "o"),
}


def metric(result: Line) -> str:
    """Return the metric of a result, one of METRICS."""
    return str(result["measure"] if result["kind"] == "score" else result["kind"])


def value(result: Line) -> float:
    """Return what the metric says."""
    return result.number("score" if result["kind"] == "score" else "mig")


def by_metric(results: Sequence[Line], key: str) -> dict[str, dict[float, list[float]]]:
    """Return {metric: {number under KEY: values}} of the results that have such a number, all sorted."""
    found: dict[str, dict[float, list[float]]] = {}
    for result in results:
        if result.get(key) is not None:
            found.setdefault(metric(result), {}).setdefault(result.number(key), []).append(value(result))
    return {
        name: {number: sorted(values) for number, values in sorted(found[name].items())}
        for name in METRICS
        if name in found
    }


def draw_line(panel: "Axes", name: str, across: Sequence[float], up: Sequence[float]) -> None:
    """Draw a metric's line in its colour."""
    label, colour, marker = METRICS[name]
    panel.plot(across, up, color=colour, marker=marker, markersize=4, linewidth=1.2, label=label, clip_on=False)
