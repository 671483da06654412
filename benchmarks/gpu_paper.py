"""Sections of gpu_check.py: runs of the paper with their scores, against those that were trained before."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator

from gpu_rows import Bench, Clock, Row
from gpu_stacks import train_stack

from tcvae_cli.results.published_numbers import published
from tcvae_cli.results.ranks import rank_test
from tcvae_cli.verbs.sweep import sweep as sweep_runs

LEAST_P = 0.01
PAPER_STEPS, PART, WHOLE_SWEEP = 18_000, 1800, 420.0  # steps, those of the sweep that is timed, and seconds at most


def before(objective: str, measure: str) -> list[float]:
    """Return what earlier runs of an objective scored, of as many steps and of another random stream."""
    known = [one for one in published("dsprites") if (one.setting.objective, one.quantity) == (objective, measure)]
    return [value for one in known for value in one.values or ()]


def paper(bench: Bench) -> Iterator[Row]:
    """Train and score 8 runs of beta-TCVAE, and tell whether they are distributed as the earlier ones."""
    seeds, steps = bench.size(8, 2), bench.size(PAPER_STEPS, 2)
    folder, began = bench.folder / "paper", time.perf_counter()
    sizes = {"batch_size": 64} if bench.tiny else {}
    swept = sweep_runs(
        bench.data,
        objective="beta-tcvae",
        beta=6,
        seed=f"0..{seeds - 1}",
        steps=steps,
        device=bench.device.type,
        output=str(folder),
        note=print,
        **sizes,
    )
    yield Row(f"{seeds} paper runs with scores", time.perf_counter() - began, "s")
    yield Row("of them failed", float(len(swept.failures)), most=0)
    lines = [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]
    for measure in ("mig", "total_correlation"):
        ours = sorted(line[measure] for line in lines if line.get(measure) is not None)
        p = rank_test(ours, before("beta-tcvae", measure))
        values = " ".join(f"{value:.3f}" for value in ours)
        yield Row(f"P of {measure} under the earlier runs' distribution", p, least=bench.bound(LEAST_P), note=values)


def sweep(bench: Bench) -> Iterator[Row]:
    """Time the sweep of 32 runs as it is typed for a tenth of the steps, and work out that of all steps."""
    seeds, steps = bench.size(32, 2), bench.size(PART, 2)
    typed = ["sweep", "--data", bench.data, "--objective", "beta-tcvae", "--beta", "6"]
    typed += ["--seed", f"0..{seeds - 1}", "--steps", str(steps), "-o", str(bench.folder / "sweep")]
    typed += ["--batch-size", "64", "--device", "cpu"] if bench.tiny else []
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "tcvae_cli", *typed], check=True)
    took = time.perf_counter() - began
    yield Row(f"sweep of {seeds} runs of {steps:,} steps with scores, whole process", took, "s")
    clock, every = Clock(), bench.size(100, 1)
    asked = {"objective": "beta-tcvae", "steps": bench.size(400, 2), "batch_size": bench.size(2048, 64)}
    silent = [lambda report: None] * (seeds - 1)
    train_stack(bench, [{**asked, "seed": seed} for seed in range(seeds)], [clock, *silent], every)
    whole = took + clock.milliseconds() / 1e3 * (PAPER_STEPS - steps)
    yield Row(f"the same of {PAPER_STEPS:,} steps, worked out", whole, "s", most=bench.bound(WHOLE_SWEEP))
