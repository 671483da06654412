"""Tell how many runs make would train, and about how long that takes: `make -n TARGET | python recipes/plan.py`.

The duration of a run is estimated from finished runs like it, each of which has its seconds in a file beside it; where
there is none, from rates.tsv, scaled to the speed that this machine has shown. Standard library only: this runs before
anything is installed.
"""

import functools
import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

RECIPES = Path(__file__).parent
TRAINING = re.compile(r" train --data out/data/(\S+)\.h5 (.*) -o (out/\S+)/run\.safetensors")
PAGE = re.compile(r"recipes/\S+\.py (out/\S+/figures/\S+)")
ROWS = {  # number of images of the data sets that recipes train on by epochs
    "dsprites": 737_280,
    "dsprites-thin": 46_080,
    "dsprites-small": 5_760,
    "faces": 127_050,
    "faces-basel": 127_050,
    "chairs": 86_366,
    "celeba": 202_599,
}
ALIKE = 10  # a run tells the duration of runs up to this many times as long: most of a short one is its start


class Work(NamedTuple):
    """What the duration of a training depends on."""

    data: str
    objective: str
    architecture: str
    images: float  # of all steps together; NaN where the number of images of the data set is not known


class Rates(NamedTuple):
    """The content of recipes/rates.tsv."""

    machine: str
    start: float  # seconds of a training without a step
    per_image: dict[tuple[str, str], float]  # {(architecture, objective): seconds}


def work_of(data: str, flags: str) -> Work:
    """Return the work that FLAGS ask for; of a flag given twice the last one counts."""
    values = dict(re.findall(r"--([a-z-]+) (\S+)", flags))
    family = data.split("-")[0]
    objective = values.get("objective", "beta-tcvae")
    usual = "mlp" if family == "dsprites" and objective != "infogan" else "conv"
    architecture = values.get("architecture", "auto").replace("auto", usual)
    if "steps" in values:
        images = float(values["steps"]) * float(values.get("batch-size", 2048))
    else:
        images = float(values.get("epochs", 50)) * ROWS.get(data, float("nan"))
    return Work(family, objective, architecture, images)


def measured(out: Path) -> list[tuple[Work, float]]:
    """Return the work and the seconds of each finished run; its flags are in its path (recipes/runs.mk)."""
    found = []
    for file in sorted(out.glob("*/*/**/seconds")):
        profile, data, objective, *settings = file.relative_to(out).parent.parts
        defaults = RECIPES / profile / f"{data.split('-')[0]}.flags"
        text = file.read_text().strip()
        if text.isdigit() and defaults.exists():
            path = " ".join("--" + setting.replace("_", " ") for setting in settings)
            work = work_of(data, f"{defaults.read_text()} --objective {objective} {path}")
            found.append((work, max(1.0, float(text))))
    return [(work, seconds) for work, seconds in found if work.images > 0]  # not NaN


def read_rates(path: Path) -> Rates:
    """Read `# measured on MACHINE`, then lines of architecture, objective and seconds; - and - for the start."""
    head, *lines = path.read_text().splitlines()
    table = {(a, o): float(seconds) for a, o, seconds in (line.split("\t") for line in lines if line[:1] != "#")}
    return Rates(head.removeprefix("# measured on "), table.pop(("-", "-")), table)


def seconds_by(rates: Rates, work: Work) -> float:
    """Return the seconds by the table; an objective not in it takes as long as the slowest of its architecture."""
    known = [rate for (architecture, _), rate in rates.per_image.items() if architecture == work.architecture]
    longest = max(known, default=max(rates.per_image.values()))
    return rates.start + work.images * rates.per_image.get((work.architecture, work.objective), longest)


def estimate(wanted: Sequence[Work], finished: Sequence[tuple[Work, float]], rates: Rates) -> list[float]:
    """Return the seconds of each training in WANTED."""
    by_table = sum(seconds_by(rates, work) for work, _ in finished)
    speed = sum(seconds for _, seconds in finished) / by_table if finished else 1.0  # of the table's machine: 1

    @functools.cache
    def one(work: Work) -> float:
        alike = [(w, s) for w, s in finished if w[:3] == work[:3] and ALIKE * w.images >= work.images]
        if alike:
            return work.images * sum(s for _, s in alike) / sum(w.images for w, _ in alike)
        return speed * seconds_by(rates, work)

    return [one(work) for work in wanted]


def duration(seconds: float) -> str:
    """Say a duration to about two digits: 45 s, 12 min, 1 h 40 min, 3 days 4 h."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60) if seconds < 3600 else round(seconds / 600) * 10
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = (minutes // 60, minutes % 60) if minutes < 24 * 60 else (round(minutes / 60), 0)
    days, hours = divmod(hours, 24) if hours > 48 else (0, hours)
    parts = [f"{days} days"] * bool(days) + [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    return " ".join(parts)


def jobs(flags: str) -> int:
    """Return how many runs make trains at once by its MAKEFLAGS, in which variables stand behind `--`; else 1."""
    found = re.search(r"(?:^| )-j ?(\d+)", f"{flags} -- ".partition(" -- ")[0])
    return int(found[1]) if found else 1


def finished_behind(pages: Iterable[str]) -> set[str]:
    """Return the folders of finished runs that the pages are about, by the lists that make writes even in a dry run."""
    lists = [Path(f"{page}.list") for page in pages]
    paths = {path for file in lists if file.exists() for path in file.read_text().split()}
    return {folder for folder in map(os.path.dirname, paths) if os.path.exists(f"{folder}/run.safetensors")}


def plan(lines: Sequence[str], out: Path, flags: str) -> str:
    """Return the sentence about the trainings in the LINES of a dry run."""
    new = {found[3]: work_of(found[1], found[2]) for line in lines if (found := TRAINING.search(line))}
    total = len(finished_behind(found[1] for line in lines if (found := PAGE.search(line))) | set(new))
    if not new:
        return f"0 new runs{f': all {total} are there' if total else ''}"
    known = [work for work in new.values() if work.images > 0]
    unknown = f", without {len(new) - len(known)} on data of unknown size" if len(known) < len(new) else ""
    finished, rates = measured(out), read_rates(RECIPES / "rates.tsv")
    times = estimate(known, finished, rates)
    at_once = min(jobs(flags), len(new))
    time = duration(max(sum(times) / at_once, *times, 0.0))
    source = (
        f"rate of this machine, {len(finished)} {'run' if len(finished) == 1 else 'runs'} measured"
        if finished
        else f"rate of another machine: {rates.machine}; none of this one is measured yet"
    )
    width = f" with -j{at_once}" if at_once > 1 else ""
    return f"{len(new)} of {total} runs are new: about {time} of training{width}{unknown} ({source})"


if __name__ == "__main__":
    if dry_run := sys.stdin.read().splitlines():  # nothing at all: make could not even plan, and will say why
        print(plan(dry_run, Path("out"), os.environ.get("MAKEFLAGS", "")), file=sys.stderr)
