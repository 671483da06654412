"""Which runs a sweep is about: the product of lists of values, or a list of paths or settings."""

import itertools
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from tcvae_cli.errors import ArgumentError, TcvaeError, wrong_kind
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.files.streams import display_name, read_bytes
from tcvae_cli.files.strict_json import parse_json
from tcvae_cli.files.unicode import as_utf8
from tcvae_cli.objectives import DEFAULT_OBJECTIVE, load_objective
from tcvae_cli.objectives.settings import ObjectiveName, Settings
from tcvae_cli.progress import Note
from tcvae_cli.text import listed, shortened
from tcvae_cli.training.request import OF_EVERY_OBJECTIVE, Request, settings_for
from tcvae_cli.verbs.sweep_grammar import LONGEST, MOST, NAMES, path_of, settings_in
from tcvae_cli.verbs.train import check_asked

CURE = "give paths such as beta-tcvae/beta_6/seed_0, or the settings of runs as JSON objects, one a line"
LENGTH = ("epochs", "steps")  # two settings that say the same thing
END = "/run.safetensors"
Asked = dict[str, Any]
Resolve = Callable[[Asked], Settings]  # what is asked for on a data set, with the defaults of the rest


@dataclass(frozen=True)
class Wanted:
    """A run: where it lives in the folder of the sweep, what was asked for, and the settings that follow from it."""

    path: str
    asked: Asked
    settings: Settings


def wanted_runs(
    data: DataSet, request: Request, lists: Mapping[str, Sequence[Any]], from_: object, note: Note
) -> list[Wanted]:
    """Return the runs on a data set: the product of the LISTS, or those FROM a list, for which they are defaults."""

    def resolve(asked: Asked) -> Settings:
        return settings_for(data, replace(request, asked=asked))

    if from_ is None:
        return product(lists, resolve, note)
    wanted = listed_runs(from_, {name: values[0] for name, values in lists.items()}, resolve, note)
    first: dict[Settings, str] = {}
    again = [one.path for one in wanted if first.setdefault(one.settings, one.path) != one.path]
    if again:
        note(f"{listed(again)}: the settings are those of another run of the list, and are trained once more")
    return wanted


def product(lists: Mapping[str, Sequence[Any]], resolve: Resolve, note: Note) -> list[Wanted]:
    """Return a run for each combination of the LISTS of values. All that is typed stands in their paths.

    A setting that an objective does not use is left out for it, if another one of the list does.
    """
    lists = {"objective": [DEFAULT_OBJECTIVE], **lists}
    lists.setdefault("seed", [0])
    check_count(max(lists, key=lambda name: len(lists[name])), math.prod(map(len, lists.values())))
    unused = unused_settings(lists)
    for objective, names in unused.items():
        are = "are" if len(names) > 1 else "is"
        note(f"{objective} does not use {listed([f'{{{name}}}' for name in names])}, which {are} left out for it")
    names = [name for name in NAMES if name in lists]
    found: dict[str, Wanted] = {}
    for values in itertools.product(*(lists[name] for name in names)):
        asked = dict(zip(names, values, strict=True))
        asked = {name: value for name, value in asked.items() if name not in unused.get(asked["objective"], ())}
        path = path_of(asked)
        if path not in found:
            check_asked(asked)
            found[path] = Wanted(path, asked, resolve(asked))
    return list(found.values())


def unused_settings(lists: Mapping[str, Sequence[Any]]) -> dict[str, list[str]]:
    """Return by objective the settings of the lists that it does not use, while another objective does."""
    unused = {name: idle_settings(name, lists) for name in lists["objective"]}
    by_nobody = set.intersection(*map(set, unused.values())) if unused else set()  # refused for each of them
    kept = {name: [key for key in keys if key not in by_nobody] for name, keys in unused.items()}
    return {name: keys for name, keys in kept.items() if keys}


def idle_settings(objective: str, names: Iterable[str]) -> list[str]:
    """Return those of some settings that an objective does not use; none of an objective that there is not."""
    if objective not in list(ObjectiveName):
        return []
    return [name for name in names if name not in OF_EVERY_OBJECTIVE | load_objective(objective).takes]


def check_count(name: str, count: int) -> None:
    """Raise ArgumentError that calls it by NAME for more runs than anybody sweeps."""
    if count > MOST:
        raise ArgumentError(name, f"makes {count:,} runs", f"sweep {MOST:,} at most")


def listed_runs(given: object, defaults: Asked, resolve: Resolve, note: Note) -> list[Wanted]:
    """Return the runs of a list, which is a file, standard input as `-`, or given in Python.

    An item is the path of a run or its settings, which come before the DEFAULTS. TcvaeError naming the item for what is
    neither. No two settings have one path: it tells all but what follows from the defaults.
    """
    found: dict[str, Wanted] = {}
    left_out: dict[str, set[str]] = {}
    for where, item in items_of(given):
        check_count("from_", len(found) + 1)
        try:
            one = run_of(item, defaults, resolve, left_out)
        except ArgumentError as wrong:
            raise TcvaeError(where, f"{{{wrong.where}}} {wrong.fault}", wrong.cure) from None
        except ValueError as wrong:
            fault, cure = (*wrong.args, CURE)[:2]
            raise TcvaeError(where, fault, cure) from None
        found.setdefault(one.path, one)
    if not found:
        where = display_name(os.fspath(given)) if isinstance(given, str | os.PathLike) else "from_"
        raise TcvaeError(where, "lists no runs", CURE)
    for name, objectives in left_out.items():
        note(f"{{{name}}} is left out for {', '.join(sorted(objectives))}, which does not use it")
    return list(found.values())


def items_of(given: object) -> Iterator[tuple[str, str | Mapping[str, Any]]]:
    """Yield the items of a list of runs, each with its place for messages: a path, or settings."""
    if not isinstance(given, str | os.PathLike):
        if not isinstance(given, Iterable) or isinstance(given, Mapping):
            raise wrong_kind("from_", given, "give the path of a file, or a list of paths or settings of runs")
        yield from ((f"item {number} of from_", item) for number, item in enumerate(given, 1))
        return
    name = display_name(os.fspath(given))
    try:
        lines = as_utf8(read_bytes(os.fspath(given), "a list of runs")).decode().splitlines()
    except UnicodeDecodeError:
        raise TcvaeError(name, "is not text in UTF-8", CURE) from None
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if text and not text.startswith("#"):
            yield f"{name}, line {number}", text


def run_of(item: object, defaults: Asked, resolve: Resolve, left_out: dict[str, set[str]]) -> Wanted:
    """Return the run of an item. LEFT_OUT gathers the defaults that an objective does not use."""
    path = None
    if isinstance(item, str) and not item.startswith("{"):
        path = item.removeprefix("./").removesuffix(END).removesuffix("/")
        own = settings_in(path)
    else:
        own = stored_settings(item)
    asked = merged(own, defaults, left_out)
    check_asked(asked)
    settings = resolve(asked)
    if path is None:
        own = telling({**own, "objective": asked["objective"], "seed": settings.seed}, defaults, settings, resolve)
        path = path_of(own)
    return Wanted(path, asked, settings)


def merged(own: Asked, defaults: Asked, left_out: dict[str, set[str]]) -> Asked:
    """Return what is asked of a run with its OWN settings: the defaults as well, of which LEFT_OUT gathers the idle."""
    asked = {"objective": DEFAULT_OBJECTIVE, **defaults, **own}
    idle = idle_settings(asked["objective"], defaults.keys() - own.keys())
    if set(LENGTH) & own.keys():
        idle = [*idle, *(set(LENGTH) & defaults.keys() - own.keys())]
    for name in idle:
        del asked[name]
        if name not in LENGTH:
            left_out.setdefault(name, set()).add(asked["objective"])
    return asked


def stored_settings(item: object) -> Asked:
    """Return the settings in an item: an object of them, or of a result or header that has them under `settings`."""
    try:
        content = parse_json(item) if isinstance(item, str) else item
    except ValueError:
        raise ValueError("is not JSON") from None
    if not isinstance(content, Mapping):
        raise ValueError("is no object of settings")
    if "settings" in content:
        content = content["settings"]
        if not isinstance(content, Mapping):
            raise ValueError("tells no settings")
    given = {str(name): value for name, value in content.items() if value is not None and name != "shuffle_rows"}
    if unknown := sorted(given.keys() - set(NAMES)):
        raise ValueError(f"has {shortened(unknown[0], LONGEST)!r}, which is no setting of train")
    plain = {field.name: field.default for field in fields(Settings)}
    if (objective := given.get("objective")) in list(ObjectiveName):
        idle = idle_settings(objective, given)
        defaults = plain | load_objective(objective).defaults
        given = {name: value for name, value in given.items() if not (name in idle and value == defaults[name])}
    return given


def telling(own: Asked, defaults: Asked, settings: Settings, resolve: Resolve) -> Asked:
    """Return those of a run's OWN settings without which its path would be that of another run, given the DEFAULTS."""
    kept = dict(own)
    for name in [name for name in own if name not in ("objective", "seed", "beta")]:
        without = {key: value for key, value in kept.items() if key != name}
        if resolve(merged(without, defaults, {})) == settings:
            kept = without
    return kept
