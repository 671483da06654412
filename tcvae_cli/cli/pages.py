"""What there is to say of a verb: typer's knowledge of it as one record, of which help and manual pages are written."""

import re
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

UNBOUNDED = 2**31  # a bound of this size is the machine's, not the flag's
LONGEST_CHOICE = 20  # letters of choices that stand behind a flag; longer ones stand in its text
TRAINING = {  # of train and sweep, which have most flags
    "Objective": "objective beta alpha gamma beta_anneal lambda_anneal capacity capacity_anneal lambda_od lambda_d "
    "estimator",
    "Model": "posterior prior likelihood architecture latents",
    "Optimisation": "batch_size learning_rate epochs steps seed",
    "Progress": "log report_every evaluate_every pictures tensorboard verbose",
    "Checkpoints": "checkpoint checkpoint_every resume",
}
EVERYWHERE = {
    "Input": "data source download",
    "Machine": "device precision memory rendezvous_timeout",
    "Output": "format output matrix style title width",
}
RARE = (  # which the short help only names
    *("beta_anneal", "lambda_anneal", "capacity", "capacity_anneal", "lambda_od", "lambda_d"),
    *("rendezvous_timeout", "install_completion", "show_completion"),
)
VERBS = {
    "Data": "prepare subset",
    "Training": "train sweep encode",
    "Numbers": "estimate-tc mig score compare match rank",
    "Pictures and pages": "traverse report plot",
    "Other": "export show recipes help",
}


@dataclass(frozen=True)
class Entry:
    """A flag, an argument or a command: how it is typed, a first sentence, and all that there is to say."""

    heading: str
    label: str
    first: str
    rest: str = ""
    default: str = ""
    bounds: str = ""
    rare: bool = False


@dataclass(frozen=True)
class Page:
    """What there is to say of a command."""

    path: str  # tcvae train
    usage: str
    sentence: str
    examples: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def groups(self) -> dict[str, list[Entry]]:
        """Return the entries by their headings."""
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(entry.heading, []).append(entry)
        order = ["Input", *VERBS, "Commands", "Flags", *TRAINING, "Machine", "Output"]
        return dict(sorted(found.items(), key=lambda item: order.index(item[0])))


def page_of(command: Any, path: str) -> Page:
    """Return the page of a COMMAND of typer's that is typed as PATH.

    In its docstring, a paragraph that does not end in a full stop is an example.
    """
    sentence, *others = (" ".join(part.split()) for part in str(command.help).replace("\\[", "[").split("\n\n"))
    entries = [entry for one in command.params for entry in entry_of(one, command)]
    for name, one in sorted(getattr(command, "commands", {}).items(), key=lambda item: place_of(item[0])):
        first = re.split(r"(?<=\.) (?=[A-Z])", page_of(one, name).sentence)[0]
        entries.append(Entry(heading_in(VERBS, name) or "Commands", name, first))
    return Page(
        path,
        usage_of(command, path),
        sentence,
        examples=[part for part in others if not part.endswith(".")],
        notes=[part for part in others if part.endswith(".")],
        entries=entries,
    )


def pages_of(command: Any, path: str) -> Iterator[Page]:
    """Yield the pages of a COMMAND and of all commands in it."""
    yield page_of(command, path)
    for name, one in getattr(command, "commands", {}).items():
        yield from pages_of(one, f"{path} {name}")


def place_of(name: str) -> int:
    """Return the place of a verb in VERBS, 0 of any other command."""
    names = " ".join(VERBS.values()).split()
    return names.index(name) if name in names else 0


def usage_of(command: Any, path: str) -> str:
    """Return how a command is typed, with what cannot be left out."""
    words = [path]
    for one in command.params:
        if one.param_type_name == "argument":
            many = "..." if one.nargs != 1 else ""
            words.append(label_of(one, command) + many if one.required else f"[{label_of(one, command)}{many}]")
        elif one.required:
            words.append(label_of(one, command).split(", ")[-1])
    return " ".join([*words, "COMMAND ..." if hasattr(command, "commands") else "[FLAGS]"])


def entry_of(one: Any, command: Any) -> Iterator[Entry]:
    """Yield the entry of a flag or argument, none of one that is hidden."""
    if getattr(one, "hidden", False):
        return
    text, _, default = str(one.help or "").replace("\\[", "[").removesuffix("]").partition(" [default: ")
    first, *rest = re.split(r"(?<=\.) (?=[A-Z])", text)
    choices = choices_of(one, command)
    if len("|".join(choices)) > LONGEST_CHOICE and not all(re.search(rf"\b{word}\b", first) for word in choices):
        first = f"{first.removesuffix('.')}: {', '.join(choices[:-1])} or {choices[-1]}."
    yield Entry(
        heading_of(one, command),
        label_of(one, command),
        first,
        " ".join(rest),
        default_of(one, default),
        bounds_of(one),
        one.name in RARE,
    )


def heading_of(one: Any, command: Any) -> str:
    """Return under which heading a flag or argument stands."""
    if one.param_type_name == "argument":
        return "Input"
    trains = command.name in ("train", "sweep")
    return heading_in(EVERYWHERE, one.name) or (heading_in(TRAINING, one.name) if trains else "") or "Flags"


def heading_in(headings: dict[str, str], name: str) -> str:
    """Return the one of HEADINGS that a NAME stands under, "" if it is none of them."""
    return next((heading for heading, names in headings.items() if name in names.split()), "")


def label_of(one: Any, command: Any) -> str:
    """Return a flag with the word for its value, or the word for an argument: `-o, --output RUN`."""
    if one.param_type_name == "argument":
        return str(one.metavar or one.name.upper())
    flags = ", ".join([*one.opts, *one.secondary_opts])
    return f"{flags} {value_of(one, command)}".rstrip()


def value_of(one: Any, command: Any) -> str:
    """Return the word for the value of a flag, "" for one that has none."""
    if one.metavar:
        return str(one.metavar)
    if choices := choices_of(one, command):
        together = "|".join(choices)
        return together if len(together) <= LONGEST_CHOICE else "NAME"
    kind = kind_of(one, command)
    return {bool: "", int: "N", float: "X"}.get(kind, "TEXT")


def choices_of(one: Any, command: Any) -> list[str]:
    """Return the words that a flag takes, [] if it takes others."""
    kind = kind_of(one, command)
    return [str(choice.value) for choice in kind] if isinstance(kind, type) and issubclass(kind, Enum) else []


def kind_of(one: Any, command: Any) -> Any:
    """Return the type of a flag's value: of `list[int] | None`, int. Those of typer's own flags are bool."""
    kind = typing.get_type_hints(command.callback).get(one.name, bool) if command.callback else bool
    while found := [inner for inner in typing.get_args(kind) if inner is not type(None)]:
        kind = found[0]
    return kind


def default_of(one: Any, told: str) -> str:
    """Return the default of a flag in words: what its help has TOLD, else its value, "" if there is none to tell.

    Where a file or stream may be left out, its help says that - is the stream.
    """
    if one.default is None or isinstance(one.default, bool) or one.default == "-":
        return told
    value = getattr(one.default, "value", one.default)
    return told or (f"{value:g}" if isinstance(value, float) else str(value))


def bounds_of(one: Any) -> str:
    """Return what numbers a flag takes, "" if there is nothing to say of it."""
    least, most = getattr(one, "min", None), getattr(one, "max", None)
    if most is None or most >= UNBOUNDED:
        return "" if least is None else f"at least {least}"
    return f"from {least} to {most}"
