"""A sweep of four small runs beside four trainings in turn: python benchmarks/sweeps.py DATA FOLDER [STEPS [BATCH]].

Both as they are typed, nothing measured of the runs. The seconds of the clock tell what a person waits for, on a
machine with nothing else to do; those of the processors, on one thread, what the sweep saves by loading once.
"""

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

RUNS = 4


def timed(commands: Sequence[Sequence[str]], threads: str | None) -> tuple[float, float]:
    """Return the seconds of the clock and of the processors that commands take one after the other."""
    environment = {name: value for name, value in os.environ.items() if name != "TCVAE_THREADS"}
    environment |= {} if threads is None else {"TCVAE_THREADS": threads}
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    for command in commands:
        subprocess.run([sys.executable, "-m", "tcvae_cli", *command], env=environment, check=True, capture_output=True)
    after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    return ended - begun, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure both ways, alternating, and print the table."""
    data, folder = sys.argv[1], Path(sys.argv[2])
    steps, batch = [*sys.argv[3:5], *("300", "256")[len(sys.argv[3:5]) :]]
    flags = ["--data", data, "--steps", steps, "--batch-size", batch, "--latents", "10"]
    runs = folder / "sweep"
    print("| | in turn, s | sweep, s | in turn / sweep |")
    print("|---|---:|---:|---:|")
    for what, threads, place in (("clock", None, 0), ("processors, one thread", "1", 1)):
        shutil.rmtree(runs, ignore_errors=True)
        trainings = [["train", *flags, "--seed", str(seed), "-o", str(folder / "run")] for seed in range(RUNS)]
        in_turn = timed(trainings, threads)[place]
        swept = timed([["sweep", *flags, "--seed", f"0..{RUNS - 1}", "--measure", "none", "-o", str(runs)]], threads)[
            place
        ]
        print(f"| {what} | {in_turn:.1f} | {swept:.1f} | {in_turn / swept:.2f} |")


if __name__ == "__main__":
    main()
