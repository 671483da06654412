"""A number of the results against another, one line per setting."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.files.provenance import canonical_json
from tcvae_cli.results.line import ABSENT, Line, check_key
from tcvae_cli.results.repeats import error_of_repeating, run_and_step, run_of, way_of_measuring
from tcvae_cli.results.setting import MEASURING, Setting
from tcvae_cli.results.table import Table

FOLLOWS = {"settings.batch_size": "settings.steps"}  # as many epochs of larger batches are fewer steps
CHOSEN = ("seed", "step", "rows", "latents")  # beside settings and ways of measuring
CURE = "name a key that the lines hold"
Points = dict[float | None, list[float]]  # {x: y of each run}, and under None what has no x


@dataclass(frozen=True)
class Curves:
    """Numbers y against x: {data set: {setting without x: points}}, sorted."""

    estimator_sentences: list[str]
    panels: dict[str, dict[Setting, Points]]
    repeated: bool  # whether a run stands more than once at one place: then its numbers are not independent
    chosen: bool  # whether somebody chose x, such as a setting; else it was measured, and is another of each run


def read_curves(table: Table, x: str, y: str) -> Curves:
    """Return the numbers under the key Y against the number or null under X, of all lines that have both.

    What a line lacks under X is taken from another line of the same run and step, such as the total correlation of a
    run for its MIG.

    Runs that were measured again with another seed of the measuring count again. Raises ArgumentError for a key that no
    result has, and TcvaeError for runs that cannot stand on one line.
    """
    check_key("x", x)
    check_key("y", y)
    of_y = [line for line in table.lines if line.number_or_none(y) is not None]
    if not of_y:
        raise ArgumentError("y", f"no result has a number {y!r}", CURE)
    lines = joined(table.lines, of_y, x)
    if all(line.number_or_none(x) is None for line in lines):
        raise ArgumentError("x", f"no result with {y!r} has a number {x!r}", CURE)
    lines = table.without_needless(lines, x, y)
    lines = table.latest(lines, lambda line: [*way_of_measuring(line), line.get("seed"), line.find(x)])
    names = line_names(table, lines, x)
    rows = [
        (table.data_set(line), name, line.number_or_none(x), line.number(y))
        for line, name in zip(lines, names, strict=True)
    ]
    runs = [(run, name, place) for line, (_, name, place, _) in zip(lines, rows, strict=True) if (run := run_of(line))]
    panels: dict[str, dict[Setting, Points]] = {}
    for data_set, name, place, value in sorted(rows, key=lambda row: (*row[:2], row[2] is None, row[2] or 0, row[3])):
        panels.setdefault(data_set, {}).setdefault(name, {}).setdefault(place, []).append(value)
    return Curves(sorted({line.estimator_sentence for line in lines}), panels, len(set(runs)) < len(runs), is_chosen(x))


def is_chosen(key: str) -> bool:
    """Tell whether the number under KEY was chosen, rather than measured of a run."""
    return key.startswith("settings.") or key in (*MEASURING, *CHOSEN)


def joined(lines: Sequence[Line], of_y: Sequence[Line], x: str) -> list[Line]:
    """Return the lines OF_Y that have something under X, their own or that of another line of the same run and step.

    Raises TcvaeError for a run of which two lines have different numbers under X.
    """
    by_run: dict[str, Line] = {}
    for line in lines:
        if line.settings and line.number_or_none(x) is not None:
            first = by_run.setdefault(run_and_step(line), line)
            if first.find(x) != line.find(x) and any(one.find(x, ABSENT) is ABSENT for one in of_y):
                raise error_of_repeating(line, first)
    found = []
    for line in of_y:
        if line.find(x, ABSENT) is not ABSENT:
            found.append(line)
        elif line.settings and (other := by_run.get(run_and_step(line))):
            found.append(line.with_value(x, other.find(x)))
    return found


def line_names(table: Table, lines: Sequence[Line], x: str) -> list[Setting]:
    """Return the setting of each line but for X, with the measure and estimator as far as they differ.

    Raises TcvaeError where runs at one place of a curve differ in what may follow from X, such as their steps.
    """
    follower = FOLLOWS.get(x)
    names = table.named(lines, x, *([follower] if follower else []))
    seen: dict[str, Line] = {}
    for line, name in zip(lines, names, strict=True) if follower else ():
        peer = seen.setdefault(canonical_json([table.data_set(line), name.name, line.find(x)]), line)
        if peer.find(str(follower)) != line.find(str(follower)):
            raise TcvaeError(line.where, f"differs in {follower!r} from {peer.where}", "plot them apart")
    ways = ways_of_measuring(lines)
    return [replace(name, differences=(*name.differences, *way)) for name, way in zip(names, ways, strict=True)]


def ways_of_measuring(lines: Sequence[Line]) -> list[list[str]]:
    """Return the measure and the estimator of each line, as far as they differ."""
    measures = [str(line.get("measure") or "") for line in lines]
    sentences: dict[str, set[str]] = {}
    for line, measure in zip(lines, measures, strict=True):
        sentences.setdefault(measure, set()).add(line.estimator_sentence)
    return [
        [measure] * (len(sentences) > 1) + [line.estimator_sentence] * (len(sentences[measure]) > 1)
        for line, measure in zip(lines, measures, strict=True)
    ]
