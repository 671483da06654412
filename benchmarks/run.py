"""All measurements, as tables: python benchmarks/run.py DATA FOLDER [--quick], DATA being a prepared dSprites.

Whole-process rows need a run and its codes: they are made in FOLDER. Without --quick the tables replace those in
docs/performance.md, and docs/growth.png is drawn.
"""

import argparse
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

import growth
import torch
from pairs import HEAD, Row, command, number
from steps import mixture_row, monte_carlo_seconds, some_images, step_row

from tcvae_cli.machine import choose_precision, keep_freed_memory

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
START, END = "<!-- make benchmark: from here -->", "<!-- make benchmark: to here -->"
RUNS_OF_THE_PAPER = 800  # of each data set: figures 2 and 4
STEPS_OF_A_RUN = {"mlp": 18_000, "conv": 3_150}  # dSprites, faces: 50 epochs
GPU_STEP = 5e-3  # seconds, estimated


def in_process(data: str, quick: bool) -> list[Row]:
    """Measure pairs with the textbook."""
    batch, pairs = (512, 3) if quick else (2048, 5)
    images = some_images(data, 4 * batch)
    native = choose_precision("auto", torch.device("cpu"))
    precisions = ["float32"] if native == "float32" else ["bfloat16", "float32"]
    rows = [step_row(images, "mlp", precision, batch, pairs) for precision in precisions]
    rows += [step_row(images, "conv", precision, batch, pairs if quick else 3) for precision in precisions]
    return [*rows, mixture_row(batch, pairs)]


def whole_processes(data: str, folder: Path, quick: bool) -> list[Row]:
    """Measure the verbs as they are typed."""
    run, codes, sink = (str(folder / name) for name in ("run.safetensors", "codes.safetensors", "sink"))
    times = 1 if quick else 3
    rows = [
        command("tcvae --help", ["--help"], 5),
        command("tcvae mig --help", ["mig", "--help"], 5),
        command(
            "train: start, first step, evaluation, run written",
            ["train", "--data", data, "--steps", "1", "-o", run],
            times,
        ),
    ]
    if not quick:
        rows.append(command("prepare dsprites", ["prepare", "dsprites", "-o", sink], times))
    encode = ["encode", run, "--data", data, "-o"]
    rows.append(command("encode --posterior-only", [*encode, sink, "--posterior-only"], times))
    rows.append(command("encode", [*encode, codes], times))
    rows.append(command("mig, four factors", ["mig", codes], times))
    samples = 1000 if quick else 10_000
    rows.append(command(f"estimate-tc, {samples:,} samples", ["estimate-tc", codes, "--samples", str(samples)], times))
    rows.append(command("score higgins,kim-mnih,sap", ["score", codes, "--measure", "higgins,kim-mnih,sap"], times))
    return rows


def programme(steps: Mapping[str, float]) -> str:
    """Say what all runs of figures 2 and 4 would take, by the seconds per step of each network.

    Here, on many such machines, and by estimate on one GPU.
    """
    days = sum(RUNS_OF_THE_PAPER * count * steps[network] for network, count in STEPS_OF_A_RUN.items()) / 86_400
    on_gpu = RUNS_OF_THE_PAPER * STEPS_OF_A_RUN["mlp"] * GPU_STEP / 86_400
    return (
        f"Extrapolated: the paper's {2 * RUNS_OF_THE_PAPER:,} runs for figures 2 and 4, half of them on dSprites "
        f"({STEPS_OF_A_RUN['mlp']:,} steps of the MLP) and half on faces ({STEPS_OF_A_RUN['conv']:,} of the "
        f"convolutional network), would take {days:,.0f} days on this machine and {days / 64:,.1f} days on 64 of them "
        f"in an array. The MLP's runs on one GPU {on_gpu:,.1f} days: an estimate, nothing was measured on one. It "
        "takes "
        f"{GPU_STEP * 1e3:.0f} ms per step, most of it the launching of some 200 kernels; the 0.17 TFLOP are 2 "
        f"ms at 85 TFLOP/s."
    )


def least_of(rows: Sequence[Row], name: str) -> float:
    """Return the least of our seconds among rows of a name: that of the best precision."""
    return min(row.ours for row in rows if name in row.what)


def machine() -> str:
    """Say where these numbers come from."""
    model = next(
        (line.split(":")[1].strip() for line in cpu_lines() if line.startswith("model name")), platform.machine()
    )
    processors = len(os.sched_getaffinity(0))
    return f"{model}, {processors} processors, {torch.get_num_threads()} threads, torch {torch.__version__}."


def cpu_lines() -> list[str]:
    """Return what Linux says of the processor."""
    file = Path("/proc/cpuinfo")
    return file.read_text().splitlines() if file.is_file() else []


def main() -> None:
    """Measure, print, and unless in a hurry write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    keep_freed_memory()
    # Whole processes first, while this one is small: see pairs.wait.
    verbs = whole_processes(given.data, given.folder, given.quick)
    batches = growth.of_batch(4096 if given.quick else 65_536)
    if not given.quick:
        images = growth.of_images(given.data, str(given.folder / "run.safetensors"), given.folder)
        processes = growth.of_processes(given.data, 12, given.folder)
    steps = in_process(given.data, given.quick)
    mig = next(row for row in verbs if row.what.startswith("mig"))
    monte_carlo = monte_carlo_seconds(73_728 if given.quick else 737_280, 10_000) * (10 if given.quick else 1)
    latents = growth.of_latents(2048)
    growing = [growth.batch_table(batches), growth.table("D", "TC estimator, forward, B 2,048, s", latents, 1)]
    if not given.quick:
        growing.append(growth.images_table(images))
        growing.append(growth.table("processes", "training step, mlp, B 2,048, s", processes, 0, anchor=0))
    text = "\n".join(
        [
            machine(),
            "",
            HEAD,
            *(row.line() for row in steps + verbs),
            "",
            "The paper's Monte-Carlo MIG of as many made-up codes, extrapolated from three of its blocks of 10 "
            f"samples: {number(monte_carlo)} s, {number(monte_carlo / mig.ours)} times as long as `mig`.",
            "",
            programme({name: least_of(steps, f", {name},") for name in STEPS_OF_A_RUN}),
            "",
            "\n\n".join(growing),
        ]
    )
    print(text)
    if not given.quick:
        growth.draw(batches, images, latents, PAGE.with_name("growth.png"))
        before, _, rest = PAGE.read_text().partition(START)
        PAGE.write_text(f"{before}{START}\n\n{text}\n\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
