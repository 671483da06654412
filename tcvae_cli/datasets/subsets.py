"""A part of a data set: factors fixed or thinned, rows drawn at random, sampling biased."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tcvae_cli.arrays import MISSING, Array
from tcvae_cli.biases import BIASES
from tcvae_cli.datasets.bias import joint_bias
from tcvae_cli.errors import TcvaeError, UsageError
from tcvae_cli.files.data_sets import DataSet, open_data_set
from tcvae_cli.files.streams import display_name
from tcvae_cli.files.writer import Source, without_gaps


@dataclass(frozen=True)
class Choice:
    """What to keep, in this order, and how to bias what is left."""

    where: Mapping[str, str] = field(default_factory=dict)  # factor: classes, as 1 or 0,2 or 3..5 or by their names
    every: Mapping[str, int] = field(default_factory=dict)  # factor: keep each so-manieth class from 0 on
    sample: int | None = None
    seed: int = 0
    bias: tuple[str, str, str] | None = None  # kind and two factors


@contextlib.contextmanager
def open_subset(path: str, choose: Callable[[Sequence[str]], Choice]) -> Iterator[Source]:
    """The part of the data set at PATH that CHOOSE asks for, which is told the names of its factors.

    Rows keep their order and factors the classes that are left.

    Errors: UsageError for what the data set does not have; TcvaeError from reading it.
    """
    with open_data_set(path) as data:
        names = data.description.factor_names
        choice = choose(names)
        if data.classes is None and (choice.where or choice.every or choice.bias):
            raise TcvaeError(display_name(path), "has no factor labels to choose by", "use --sample alone")
        for flag, asked in (("--where", choice.where), ("--keep-every", choice.every), ("--factors", bias_of(choice))):
            for name in asked:
                if name not in names:
                    raise UsageError(flag, f"there is no factor {name}", f"choose among {', '.join(names)}")
        rows = chosen_rows(data, choice)
        source = part_of(data, rows)
        if choice.bias is not None:
            if source.probability is not None:
                raise TcvaeError(display_name(path), "is biased already", "bias the data set that it was made from")
            source = dataclasses.replace(source, probability=biased(source, choice.bias))
        said = f"{source.description.provenance}; {sentence(choice, data)}"
        described = dataclasses.replace(source.description, provenance=said, bias=choice.bias)
        yield dataclasses.replace(source, description=described)


def bias_of(choice: Choice) -> tuple[str, ...]:
    """The factors that the bias is over."""
    return () if choice.bias is None else choice.bias[1:]


def chosen_rows(data: DataSet, choice: Choice) -> Array:
    """The rows to keep, ascending."""
    kept = np.ones(data.description.rows, dtype=bool)
    for name, asked in choice.where.items():
        kept &= np.isin(column(data, name), wanted_classes(data, name, asked))
    for name, step in choice.every.items():
        kept &= (column(data, name) >= 0) & (column(data, name) % step == 0)  # -1 is no class
    rows = np.flatnonzero(kept)
    if not len(rows):
        raise UsageError("--where", "leaves no image at all", "ask for less")
    if choice.sample is not None:
        if choice.sample > len(rows):
            raise UsageError("--sample", f"is {choice.sample:,}, and there are {len(rows):,} images", "ask for fewer")
        drawn = np.random.default_rng(choice.seed).choice(len(rows), choice.sample, replace=False)
        rows = rows[np.sort(drawn)]
    return rows


def column(data: DataSet, name: str) -> Array:
    """The classes of one factor (rows,)."""
    assert data.classes is not None  # `open_subset` has looked
    classes: Array = data.classes[:, data.description.factor_names.index(name)]
    return classes


def wanted_classes(data: DataSet, name: str, asked: str) -> list[int]:
    """The classes that a condition names: `1`, `0,2`, `3..5`, or what classes are called."""
    size = data.description.factor_sizes[data.description.factor_names.index(name)]
    called = data.class_names().get(name, ())
    wanted: list[int] = []
    for word in [asked] if asked in called else asked.split(","):
        first, dots, last = word.strip().partition("..")
        if word.strip() in called:
            wanted.append(called.index(word.strip()))
        elif first.isdecimal() and (last if dots else first).isdecimal() and int(last or first) < size:
            wanted += range(int(first), int(last or first) + 1)
        else:
            choices = f"0 to {size - 1}" + f" or {', '.join(called[:5])}{' ...' * (len(called) > 5)}" * bool(called)
            raise UsageError("--where", f"{name} has no class {word.strip() or 'without a name'}", f"choose {choices}")
    return wanted


def part_of(data: DataSet, rows: Array) -> Source:
    """Some rows of a data set, the classes of each factor numbered anew without gaps."""
    values = data.values()
    return without_gaps(
        Source(
            dataclasses.replace(data.description, rows=len(rows), bias=None),
            picked(data, rows),
            classes=None if data.classes is None else data.classes[rows],
            values=None if values is None else values[rows],
            class_names=data.class_names(),
            probability=None if data.probability is None else normalised(data, data.probability[rows]),
        )
    )


def normalised(data: DataSet, probability: Array) -> Array:
    """PROBABILITY of some rows, brought to a sum of 1. TcvaeError where none of them is ever drawn."""
    total = probability.sum()
    if total == 0:
        fault = "none of the images asked for is ever drawn (`probability` is 0)"
        raise TcvaeError(display_name(data.path), fault, "ask for others")
    share: Array = probability / total
    return share


def picked(data: DataSet, rows: Array) -> Iterator[Array]:
    """The images of ROWS (ascending), read in whole blocks of the file that hold any."""
    for part in data.slices():
        here = rows[np.searchsorted(rows, part.start) : np.searchsorted(rows, part.stop)]
        if len(here):
            yield data.rows(part)[here - part.start]


def biased(source: Source, bias: tuple[str, str, str]) -> Array:
    """The probability of each row, so that two factors have the joint distribution of BIAS."""
    kind, *factors = bias
    assert source.classes is not None
    places = [source.description.factor_names.index(name) for name in factors]
    sizes = [source.description.factor_sizes[k] for k in places]
    if len(set(factors)) != 2 or min(sizes) < 2:
        raise UsageError("--factors", "the bias needs two factors that vary", "name two others")
    if source.classes[:, places].min() == MISSING:
        cure = "keep those that have one, e.g. by --where FACTOR=0..9"
        raise UsageError("--factors", "some images have no label of them to be biased by", cure)
    return joint_bias(kind, source.classes[:, places[0]], source.classes[:, places[1]])


def sentence(choice: Choice, data: DataSet) -> str:
    """What was kept of which data set, for the provenance."""
    steps = [f"where {name}={asked}" for name, asked in choice.where.items()]
    steps += [f"every {step} of {name}" for name, step in choice.every.items()]
    if choice.sample is not None:
        steps.append(f"{choice.sample:,} rows drawn with seed {choice.seed}")
    if choice.bias is not None:
        kind, one, other = choice.bias
        steps.append(f"{one} and {other} with bias {kind} ({BIASES[kind]})")
    return f"part of {data.digest}: {', '.join(steps) or 'all'}"
