"""Which results of a figure are missing, in words: the path of a run is its command line."""

import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from page import read_page
from sources import spans

from tcvae_cli.results import Setting

RESULT = re.compile(r"(?:.*/)?out/[^/]+/([^/]+)/([^/]+)/((?:[^/]+/)*)seed_([0-9]{1,9})/[^/]+")
BETA = re.compile(r"beta_([0-9]{1,12}(?:\.[0-9]{1,12})?)")
MOST_NAMED = 6  # settings, of those that lack results
LONGEST = 150  # letters that tell one of them


class Run(NamedTuple):
    """A run as the path of a result names it."""

    data_set: str  # its folder
    objective: str
    flags: tuple[str, ...]  # as folders: beta_35
    seed: int


def shortfall(paths: Sequence[str], missing: Sequence[str]) -> dict[str, Any]:
    """Return what a page says of the results that it was asked for and lacks.

    A NAME.jsonl, which an earlier page left, stands for the results that page was asked for: NAME.claims.jsonl beside
    it tells how many and which were missing.
    """
    beside = [Path(path).with_suffix(".claims.jsonl") for path in paths if path.endswith(".jsonl")]
    earlier = [read_page(path)[0] for path in beside if path.is_file()]
    firsts = [*missing[:1], *(page.first_missing for page in earlier if page.missing)]
    return {
        "results": len(paths) + sum(page.results - 1 for page in earlier),
        "missing": len(missing) + sum(page.missing for page in earlier),
        "first_missing": firsts[0] if firsts else None,
        "lacking": "; ".join(filter(None, [missing_in_words(paths, missing), *(page.lacking for page in earlier)])),
    }


def run_at(path: str) -> Run | None:
    """Return the run that a result is of; None for one of no run."""
    found = RESULT.fullmatch(path)
    return Run(found[1], found[2], tuple(found[3].split("/")[:-1]), int(found[4])) if found else None


def missing_in_words(asked: Sequence[str], missing: Collection[str]) -> str:
    """Return which of the results that a figure ASKED for are MISSING, by setting: the paths of both are given.

    missing_in_words(paths of ten seeds of several methods, paths of five seeds of one) is "FactorVAE (35) on
    dsprites-small, seeds 5-9". Flags that all runs of an objective and beta have are left out.
    """
    runs = {path: run for path in asked if (run := run_at(path))}
    names = names_of(runs.values())
    groups: dict[str, list[str]] = {}
    for path in missing:
        groups.setdefault(names[runs[path]] if path in runs else path, []).append(path)
    told = []
    for name, paths in list(groups.items())[:MOST_NAMED]:
        own = {runs[path] for path in paths if path in runs}
        seeds = sorted({run.seed for run in own})
        which = f"{name}, seed{'s' * (len(seeds) > 1)} {spans(seeds)}" if own else name
        whole = sum(run in own for run in runs.values())
        told.append(cut(which) + (f" ({len(paths)} of {whole} results)" if len(paths) < whole else ""))
    more = len(groups) - len(told)
    return "; ".join([*told, *([f"and {more} more"] if more else [])])


def names_of(runs: Iterable[Run]) -> dict[Run, str]:
    """Return the setting of each run and the folder of its data set: "FactorVAE (35) on dsprites-small"."""
    peers: dict[tuple[str, str, float | None], list[Run]] = {}
    for run in runs:
        peers.setdefault((run.data_set, run.objective, beta_of(run)), []).append(run)
    found = {}
    for (data_set, objective, beta), own in peers.items():
        common = set(own[0].flags).intersection(*(run.flags for run in own))
        for run in own:
            differences = tuple(flag.replace("_", " ", 1) for flag in run.flags if flag not in common)
            found[run] = f"{Setting(objective, beta, differences)} on {data_set}"
    return found


def beta_of(run: Run) -> float | None:
    """Return the beta of a run; None where its path names none."""
    found = [match[1] for flag in run.flags if (match := BETA.fullmatch(flag))]
    return float(found[0]) if found else None


def cut(text: str) -> str:
    """Return a text in a bounded number of letters."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
