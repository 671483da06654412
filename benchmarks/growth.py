"""How cost grows with batch, images, latents and processes, and a picture of it."""

import functools
import os
import subprocess
import sys
from pathlib import Path

import torch
from pairs import number, seconds
from steps import LATENTS, posterior, with_gradients
from textbook import N

from tcvae_cli.estimators.mixtures import minibatch_weighted

Curve = list[tuple[int, float]]


def of_batch(largest: int) -> Curve:
    """Seconds of the TC estimator with gradients against B."""
    curve, batch = [], 256
    while batch <= largest:
        leaves = posterior(batch, LATENTS)
        work = functools.partial(with_gradients, minibatch_weighted, leaves)
        curve.append((batch, min(seconds(work) for _ in range(3 if batch < 10_000 else 1))))
        batch *= 4
    return curve


def of_latents(batch: int) -> Curve:
    """The same against D."""
    curve = []
    for latents in (2, 5, 10, 20, 40):
        work = functools.partial(minibatch_weighted, *posterior(batch, latents), N)
        curve.append((latents, min(seconds(work) for _ in range(5))))
    return curve


def of_processes(data: str, steps: int, folder: Path) -> Curve:
    """Seconds a step of the MLP at B = 2,048 in one process of two threads, and in two of one."""
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
    """A Python process that must succeed."""
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env={**os.environ, **environment})


def table(name: str, unit: str, curve: Curve, order: int) -> str:
    """Measured beside expected, which grows from the largest measurement down by the order."""
    last, at_last = curve[-1]
    lines = [f"| {name} | {unit} | expected, order {order} |", "|---:|---:|---:|"]
    lines += [f"| {x:,} | {number(y)} | {number(at_last * (x / last) ** order)} |" for x, y in curve]
    return "\n".join(lines)


def draw(curves: dict[str, Curve], path: Path) -> None:
    """The curves side by side on logarithmic axes, each with a line of the expected order."""
    from matplotlib.figure import Figure

    orders = {"B": 2, "D": 1}
    figure = Figure(figsize=(6.5, 2.6), layout="constrained")
    for axes, (name, order) in zip(figure.subplots(1, 2), orders.items(), strict=True):
        x, y = zip(*curves[name], strict=True)
        axes.loglog(x, y, "o-", color="#0072B2", label="measured")
        axes.loglog(x, [y[-1] * (value / x[-1]) ** order for value in x], "--", color="0.5", label=f"order {order}")
        axes.set_xlabel({"B": "batch size B (D = 10)", "D": "latents D (B = 2,048)"}[name])
        axes.set_xticks(x, [f"{value:,}" for value in x], minor=False)
        axes.minorticks_off()
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    figure.axes[0].set_ylabel("seconds, TC estimator")
    figure.savefig(path, dpi=150)
