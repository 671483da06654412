"""Which lines are of one run: those of a checkpoint and of its finished run are, and so is a line given twice."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.provenance import canonical_json
from tcvae_cli.results.data_sets import identity_of
from tcvae_cli.results.line import Line
from tcvae_cli.results.setting import MEASURING, written

Way = Callable[[Line], object]  # what tells the measurements of one run apart
FEW_KEYS = 3  # in which two measurements of a run differ, as a message tells
OF_ACTIVE = ("active", "active_latents", "mig_sup")  # what a line of mig says of which latents are active, and by it


def run_of(line: Line) -> str | None:
    """Return what tells the run of a line from others; None for codes that do not tell their settings.

    It is the data set and the settings. The step at which it was measured says only how far the run had come, and the
    precision only how it was computed.
    """
    return canonical_json([identity_of(line), line.settings.without("precision")]) if line.settings else None


def step_of(line: Line) -> float:
    """Return the step at which a run was measured."""
    return -1.0 if line.get("step") is None else line.number("step")


def run_and_step(line: Line) -> str:
    """Return what tells a run at one step from all others."""
    return canonical_json([run_of(line), step_of(line)])


def is_early(line: Line) -> bool:
    """Return whether a run was measured before the last of its steps, as far as its line tells."""
    steps = line.settings.number_or_none("steps")
    return steps is not None and 0 <= step_of(line) < steps


def way_of_measuring(line: Line) -> list[object]:
    """Return how a run was measured, but for the seed of the measuring."""
    return [line.get(key) for key in ("kind", "measure", "estimator", *MEASURING)]


def measured_on(lines: Iterable[Line], settings: Mapping[str, object], digest: str | None, step: object) -> list[Line]:
    """Return the lines, each once, of the run with these SETTINGS at one STEP, on the data set with this DIGEST."""
    wanted = [Line({**settings}, "run").without("precision"), digest, step]
    return [
        line
        for line in distinct(lines)
        if [line.settings.without("precision"), line.get("data_digest"), line.get("step")] == wanted
    ]


def distinct(lines: Iterable[Line]) -> list[Line]:
    """Return each line once, in order, whatever schema it is written in."""
    found: dict[str, Line] = {}
    for line in lines:
        said = dict(sorted(line.without("schema").items()))  # older lines get what they lack at their end
        found.setdefault(canonical_json(said), line)
    return list(found.values())


def without_needless(lines: Iterable[Line], *keys: str) -> list[Line]:
    """Return lines without what nothing under KEYS depends on, each once: all but mig_sup of a mig, on `active`."""
    if any(key in OF_ACTIVE for key in keys):
        return list(lines)
    return distinct(line.without(*OF_ACTIVE) if line["kind"] == "mig" else line for line in lines)


def latest(lines: Sequence[Line], way: Way) -> list[Line]:
    """Return the line of the last step of each run and WAY, in order, and all of runs that cannot be told apart.

    Raises TcvaeError for a run that was measured twice in one way at that step: it would count as two.
    """
    last: dict[str, Line] = {}
    keys = [canonical_json([run, way(line)]) if (run := run_of(line)) is not None else None for line in lines]
    for key, line in zip(keys, lines, strict=True):
        if key is not None and step_of(line) > step_of(last.setdefault(key, line)):
            last[key] = line
    kept = []
    for key, line in zip(keys, lines, strict=True):
        if key is None or line is last[key]:
            kept.append(line)
        elif step_of(line) == step_of(last[key]):
            raise error_of_repeating(line, last[key])
    return kept


def error_of_repeating(line: Line, first: Line) -> TcvaeError:
    """Return the error for the second of two lines of one run."""
    if line.settings.get("precision") != first.settings.get("precision"):
        fault = f"is the same run as {first.where} in another precision"
        return TcvaeError(line.where, fault, "give one of the two, since a seed counts once")
    keys = [key for key in ("estimator", "seed", *MEASURING) if line.get(key) != first.get(key)]
    words = {"seed": "the seed of measuring"}
    told = [
        f"{words.get(key, key)} {written(line.get(key))} instead of {written(first.get(key))}"
        for key in keys[:FEW_KEYS]
    ]
    fault = f"measures the run of {first.where} again, with {', '.join(told) or 'other numbers'}"
    return TcvaeError(line.where, fault, "give one of the two, since a run counts once")
