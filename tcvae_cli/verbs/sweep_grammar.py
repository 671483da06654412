"""How settings are written: a list of values, and the path of a run, which is its command line.

values_in("beta", "1,2,4")                  -> [1.0, 2.0, 4.0]
values_in("seed", "0..3,20")                -> [0, 1, 2, 3, 20]
path_of({"objective": "vae", "seed": 1})    -> "vae/seed_1"
settings_in("beta-tcvae/beta_6/seed_0")     -> {"objective": "beta-tcvae", "beta": 6.0, "seed": 0}
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, get_args, get_type_hints

from tcvae_cli.errors import ArgumentError, wrong_kind
from tcvae_cli.objectives import OBJECTIVES
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.text import meant, shortened

# What makes a run different from another, in the order of its path. All but `epochs` are stored in it.
NAMES = (
    *("objective", "beta", "alpha", "gamma", "beta_anneal", "lambda_anneal"),
    *("capacity", "capacity_anneal", "lambda_od", "lambda_d", "estimator", "posterior", "prior"),
    *("likelihood", "architecture", "latents", "batch_size", "learning_rate", "epochs", "steps", "precision", "seed"),
)
HINTS = {**get_type_hints(Settings), "epochs": int}
KINDS = {name: (get_args(HINTS[name]) or (HINTS[name],))[0] for name in NAMES}
RANGE = re.compile(r"(\d{1,12})\.\.(\d{1,12})", re.ASCII)
WORD = re.compile(r"[A-Za-z0-9.+-]{1,40}", re.ASCII)  # a value in a path: no folder, no flag, no space
WITHIN = "give the path within the folder of the sweep"
MOST = 10_000  # values of a setting, and runs in all
LONGEST = 60  # letters of what was typed that an error shows


def values_in(name: str, given: object) -> list[Any]:
    """Return the values of a setting, each once, in their order: of a text as it is typed, of one value or several.

    ArgumentError for what is no list of such values.
    """
    parts: list[Any]
    if isinstance(given, str):
        parts = list(given.split(","))
    elif isinstance(given, Iterable) and not isinstance(given, Mapping):
        parts = list(given)
    else:
        parts = [given]
    values: dict[Any, None] = {}
    for part in parts:
        values |= dict.fromkeys(spread(name, part.strip()) if isinstance(part, str) else [plain(name, part)])
        check_number_of(name, len(values))
    if not values:
        raise ArgumentError(name, "is an empty list", "give a value or several")
    return list(values)


def spread(name: str, text: str) -> Iterable[Any]:
    """Return the values of one part of a list: a value, or a range such as 0..9 of whole numbers."""
    if KINDS[name] not in (int, float) or ".." not in text:
        return [value_of(name, text)]
    if not (found := RANGE.fullmatch(text)):
        fault = f"{shortened(text, LONGEST)!r} is not a range, which goes from a whole number to another"
        raise ArgumentError(name, fault, "write 0..9, or the values: 1,2,4")
    first, last = int(found[1]), int(found[2])
    if last < first:
        raise ArgumentError(name, f"the range {text} is empty", f"write {last}..{first}")
    check_number_of(name, last - first + 1)
    return [KINDS[name](value) for value in range(first, last + 1)]


def check_number_of(name: str, count: int) -> None:
    """Raise ArgumentError for more values of a setting than anybody sweeps."""
    if count > MOST:
        raise ArgumentError(name, f"has {count:,} values", f"give {MOST:,} at most")


def value_of(name: str, text: str) -> Any:
    """Return a value as it is typed, in its type. ArgumentError for a text that is none; its range is checked later."""
    kind = KINDS[name]
    if kind not in (int, float):
        return text
    try:
        return kind(text if WORD.fullmatch(text) else "")
    except ValueError:
        wanted = "whole numbers" if kind is int else "numbers"
        fault = f"{shortened(text, LONGEST)!r} is not {'a whole number' if kind is int else 'a number'}"
        raise ArgumentError(name, fault, f"give {wanted}: 1,2,4 or 0..9") from None


def plain(name: str, value: Any) -> Any:
    """Return a value that Python gives for a setting, one number in one type."""
    if not isinstance(value, str | int | float) and not hasattr(value, "__index__") and not hasattr(value, "__float__"):
        raise wrong_kind(name, value, "give a value or several")
    return float(value) if KINDS[name] is float and not isinstance(value, bool | str) else value


def path_of(asked: Mapping[str, Any]) -> str:
    """Return the path of the run that is ASKED for, relative to the folder of a sweep."""
    flags = [f"{name.replace('_', '-')}_{written(asked[name])}" for name in NAMES[1:] if name in asked]
    return "/".join([str(asked["objective"]), *flags])


def written(value: Any) -> str:
    """Return a value as it is typed: 6 for 6.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else str(value)


def settings_in(path: str) -> dict[str, Any]:
    """Return the settings that a run's path asks for.

    ValueError for what is no path of a run, which says why, and the cure where it is another than for most.
    """
    objective, *flags = path.split("/")
    if objective not in OBJECTIVES:
        if within := [number for number, part in enumerate(flags, 1) if part in OBJECTIVES]:
            before = shortened("/".join(path.split("/")[: within[0]]), LONGEST)
            raise ValueError(f"does not begin with an objective, but with {before!r}", WITHIN)
        fault = f"does not begin with an objective, but with {shortened(objective, LONGEST)!r}"
        raise ValueError(fault, *filter(None, [meant(objective, OBJECTIVES)]))
    asked: dict[str, Any] = {"objective": objective}
    for part in flags:
        flag, _, text = part.partition("_")
        name = flag.replace("-", "_")
        if name not in NAMES[1:] or "_" in flag:
            fault = f"has {shortened(part, LONGEST)!r}, which is no flag of train and its value"
            raise ValueError(fault, *filter(None, [meant(flag, (one.replace("_", "-") for one in NAMES[1:]))]))
        if name in asked:
            raise ValueError(f"gives {flag} twice")
        if not WORD.fullmatch(text):
            raise ValueError(f"has {shortened(part, LONGEST)!r}, which gives {flag} no value")
        try:
            asked[name] = value_of(name, text)
        except ArgumentError as wrong:
            raise ValueError(f"has {flag}_{text}: {wrong.fault}") from None
    return asked
