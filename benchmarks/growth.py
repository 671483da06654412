"""How cost grows with batch, images, latents and processes, and a picture of it."""

import functools
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from pairs import number, process, seconds
from steps import LATENTS, posterior, with_gradients
from textbook import N

from tcvae_cli.estimators.mixtures import minibatch_weighted
from tcvae_cli.files.data_sets import open_data_set

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Curve = list[tuple[int, float]]
PARTS = ({"orientation": 4, "posX": 2, "posY": 2}, {"orientation": 4}, {})  # of dSprites, each the next of images


@dataclass(frozen=True)
class Cost:
    """Of one size: seconds, and GB of the whole process."""

    size: int
    seconds: float
    memory: float


def of_batch(largest: int) -> list[Cost]:
    """Measure the TC estimator with gradients against B, each in a process of its own for the memory's sake."""
    costs, batch = [], 256
    while batch <= largest:
        one = process([__file__, str(batch)])
        costs.append(Cost(batch, float(one.said), one.memory))
        batch *= 4
    return costs


def one_batch(batch: int) -> float:
    """Return the seconds of the TC estimator with gradients."""
    work = functools.partial(with_gradients, minibatch_weighted, posterior(batch, LATENTS))
    work()
    return min(seconds(work) for _ in range(5 if batch < 10_000 else 1))


def of_images(data: str, run: str, folder: Path) -> dict[str, list[Cost]]:
    """Measure whole encode, mig and estimate-tc (its default: 10,000 samples) against N: parts of dSprites."""
    costs: dict[str, list[Cost]] = {"encode": [], "mig": [], "estimate-tc": []}
    for kept in PARTS:
        part, codes = str(folder / "part.h5") if kept else data, str(folder / "part.safetensors")
        thinned = [word for name, each in kept.items() for word in ("--keep-every", f"{name}={each}")]
        if kept:
            process(["-m", "tcvae_cli", "subset", data, *thinned, "-o", part])
        size = rows_of(part)
        verbs = (["encode", run, "--data", part, "-o", codes], ["mig", codes], ["estimate-tc", codes])
        for verb, *arguments in verbs:
            one = process(["-m", "tcvae_cli", verb, *arguments])
            costs[verb].append(Cost(size, one.seconds, one.memory))
    return costs


def rows_of(path: str) -> int:
    """Return the number of images of a data set."""
    with open_data_set(path) as data:
        return data.description.rows


def of_latents(batch: int) -> Curve:
    """Measure the TC estimator without gradients against D."""
    curve = []
    for latents in (2, 5, 10, 20, 40):
        work = functools.partial(minibatch_weighted, *posterior(batch, latents), N)
        curve.append((latents, min(seconds(work) for _ in range(5))))
    return curve


def of_processes(data: str, steps: int, folder: Path) -> Curve:
    """Measure seconds per step of the MLP at B = 2,048 in one process of two threads, and in two of one."""
    curve = []
    for processes in (1, 2):
        launcher = ["-m", "torch.distributed.run", "--nproc-per-node", str(processes), "-m", "tcvae_cli", "train"]
        times = []
        for count in (1, 1 + steps):
            flags = ["--data", data, "--steps", str(count), "-o", str(folder / "growth.safetensors")]
            environment = {"OMP_NUM_THREADS": str(max(1, torch.get_num_threads() // processes))}
            times.append(seconds(lambda: run([*launcher, *flags], environment)))  # noqa: B023
        curve.append((processes, (times[1] - times[0]) / steps))
    return curve


def run(arguments: list[str], environment: dict[str, str]) -> None:
    """Run a Python process that must succeed."""
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env={**os.environ, **environment})


def images_table(costs: dict[str, list[Cost]]) -> str:
    """Tabulate seconds and GB of each verb against N."""
    lines = ["| N | " + " | ".join(f"{verb}, s | GB" for verb in costs) + " |", "|---:" * (1 + 2 * len(costs)) + "|"]
    for row in zip(*costs.values(), strict=True):
        cells = [cell for one in row for cell in (number(one.seconds), f"{one.memory:.2f}")]
        lines.append(f"| {row[0].size:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def batch_table(costs: list[Cost]) -> str:
    """Tabulate seconds, what order 2 would give, and GB against B."""
    last = costs[-1]
    lines = ["| B | TC estimator with gradients, D 10, s | expected, order 2 | peak GB |", "|---:|---:|---:|---:|"]
    for one in costs:
        expected = last.seconds * (one.size / last.size) ** 2
        lines.append(f"| {one.size:,} | {number(one.seconds)} | {number(expected)} | {one.memory:.2f} |")
    return "\n".join(lines)


def table(name: str, unit: str, curve: Curve, order: int, anchor: int = -1) -> str:
    """Tabulate what was measured beside what growth of this order from the measurement at ANCHOR would give."""
    known, there = curve[anchor]
    lines = [f"| {name} | {unit} | expected, order {order} |", "|---:|---:|---:|"]
    lines += [f"| {x:,} | {number(y)} | {number(there * (x / known) ** order)} |" for x, y in curve]
    return "\n".join(lines)


def draw(batches: list[Cost], images: dict[str, list[Cost]], latents: Curve, path: Path) -> None:
    """Draw cost against B, N and D side by side on logarithmic axes, each with a line of the expected order."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 2.7), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    axis(left, "batch size B (D = 10)", {"TC, with gradients": [(one.size, one.seconds) for one in batches]}, 2)
    whole = {verb: [(one.size, one.seconds) for one in costs] for verb, costs in images.items()}
    axis(middle, "images N (whole process)", whole, 1)
    axis(right, "latents D (B = 2,048)", {"TC, forward only": latents}, 1)
    left.set_ylabel("seconds")
    figure.savefig(path, dpi=150)


def axis(panel: "Axes", name: str, curves: dict[str, Curve], order: int) -> None:
    """Draw measured curves and, through the end of the first, what grows with the order."""
    for (label, curve), colour in zip(curves.items(), ("#0072B2", "#D55E00", "#009E73"), strict=False):
        panel.loglog(*zip(*curve, strict=True), "o-", color=colour, markersize=4, label=label)
    first = next(iter(curves.values()))
    x, y = zip(*first, strict=True)
    panel.loglog(x, [y[-1] * (value / x[-1]) ** order for value in x], "--", color="0.5", label=f"order {order}")
    panel.set_xlabel(name)
    panel.set_xticks(x, [f"{value:,}" for value in x], minor=False, fontsize=7, rotation=20)
    panel.minorticks_off()
    panel.spines[["top", "right"]].set_visible(False)
    panel.legend(frameon=False, fontsize=7)


if __name__ == "__main__":  # one size in a process of its own
    print(one_batch(int(sys.argv[1])))
