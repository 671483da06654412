"""Results as the lines of a figure: runs that differ in one thing along the line, and in their seeds."""

from collections.abc import Sequence
from dataclasses import dataclass

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.provenance import canonical_json
from tcvae_cli.results.groups import name_settings
from tcvae_cli.results.line import Line
from tcvae_cli.results.methods import data_set_of, one_estimator

BETA = "settings.beta"
FOLLOWS = {"settings.batch_size": "settings.steps"}  # as many epochs of larger batches are fewer steps
Points = dict[float, list[tuple[float, float]]]  # {beta: (number of estimate-tc, MIG) of each run}


@dataclass(frozen=True)
class Joined:
    """MIG against a number of estimate-tc, run by run: {data set: {line: {beta: runs}}}, all in figures' order."""

    panels: dict[str, dict[str, Points]]
    estimator: str  # of MIG
    left_out: int  # lines of runs that have only one of the two, or no such number


def join(results: Sequence[Line], key: str) -> Joined:
    """The lines of `mig` and of `estimate-tc`, which must have a number KEY, of the same runs brought together.

    The same run is the same data digest, step and settings. Raises TcvaeError for a run given twice, for several
    estimators, and where no run has both.
    """
    migs, terms = (by_run(results, kind) for kind in ("mig", "estimate-tc"))
    shared = [run for run in migs if run in terms and terms[run].get(key) is not None]
    if not shared:
        cure = "give the lines of tcvae mig and of tcvae estimate-tc of the same codes"
        if not any(result.settings for result in results):
            cure = "write the settings into the header of the codes, by which runs are told apart (docs/formats.md)"
        raise TcvaeError("results", f"have no run with both a MIG and {key!r}", cure)
    names = name_lines([migs[run] for run in shared], BETA)
    rows = sorted(
        (data_set_of(own), name, own.part("settings").number("beta"), terms[run].number(key), own.number("mig"))
        for run, name in zip(shared, names, strict=True)
        for own in (migs[run],)
    )
    panels: dict[str, dict[str, Points]] = {}
    for data_set, (_, _, name), beta, number, mig in rows:
        panels.setdefault(data_set, {}).setdefault(name, {}).setdefault(beta, []).append((number, mig))
    estimator = one_estimator([migs[run] for run in shared])
    one_estimator([terms[run] for run in shared])
    of_both = sum(result["kind"] in ("mig", "estimate-tc") for result in results)
    return Joined(panels, estimator, of_both - 2 * len(shared))


def by_run(results: Sequence[Line], kind: str) -> dict[str, Line]:
    """The results of one kind by what tells runs apart, which nothing does without settings."""
    found: dict[str, Line] = {}
    for result in results:
        if result["kind"] == kind and result.settings:
            run = canonical_json([result.get(key) for key in ("data_digest", "step", "settings")])
            if run in found:
                raise TcvaeError(result.where, f"repeats the run of {found[run].where}", "give each run once")
            found[run] = result
    return found


def name_lines(results: Sequence[Line], along: str) -> list[tuple[int, float, str]]:
    """Where the line of each result stands and its name: objective, beta and what else differs, but for ALONG.

    What differs between data sets, such as the network, tells no lines apart: they are not drawn together. Raises
    TcvaeError where runs at one place of a line differ in what may follow from ALONG, such as their steps.
    """
    follower = FOLLOWS.get(along)
    data_sets = [data_set_of(result) for result in results]
    names = [(0, 0.0, "")] * len(results)
    for data_set in set(data_sets):
        own = [place for place, other in enumerate(data_sets) if other == data_set]
        alike = [results[place].without(along, follower or along) for place in own]
        for place, name in zip(own, name_settings(alike), strict=True):
            names[place] = name
    seen: dict[str, Line] = {}
    for result, name in zip(results, names, strict=True) if follower else ():
        peer = seen.setdefault(canonical_json([data_set_of(result), name, result.find(along)]), result)
        if peer.find(str(follower)) != result.find(str(follower)):
            raise TcvaeError(result.where, f"differs in {follower!r} from {peer.where}", "plot them apart")
    return names
