"""A part of a data set: factors fixed or thinned, rows drawn at random, sampling biased."""

import contextlib
import dataclasses
import numbers
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tcvae_cli.arrays import MISSING, Array
from tcvae_cli.biases import BIASES
from tcvae_cli.datasets.bias import joint_bias
from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.files.names import cut_provenance
from tcvae_cli.files.streams import display_name
from tcvae_cli.files.writer import Source, without_gaps
from tcvae_cli.text import choice_of

Classes = int | str | Sequence[int | str]  # 1, "1", "0,2", "3..5", [0, 2], or what classes are called


@dataclass(frozen=True)
class Bias:
    """A joint distribution of two factors."""

    kind: str  # A, B, C or D
    first: str
    second: str


@dataclass(frozen=True)
class Choice:
    """What to keep, in this order, and how to bias what is left."""

    where: Mapping[str, Classes] = field(default_factory=dict)  # the classes of a factor
    every: Mapping[str, int] = field(default_factory=dict)  # of a factor each N-th class, from class 0 on
    sample: int | None = None  # number of rows to draw
    seed: int = 0
    bias: Bias | None = None


@contextlib.contextmanager
def part_asked_for(data: DataSet, choice: Choice) -> Iterator[Source]:
    """Open the part of a data set that CHOICE asks for. Rows keep their order and factors the classes that are left.

    Errors: ArgumentError for what the data set does not have; TcvaeError from reading it.
    """
    check_choice(data, choice)
    source = part_of(data, chosen_rows(data, choice))
    bias = None
    if choice.bias is not None:
        if source.probability is not None:
            raise TcvaeError(display_name(data.path), "is biased already", "bias the data set that it was made from")
        source = dataclasses.replace(source, probability=biased(source, choice.bias))
        bias = (choice.bias.kind, choice.bias.first, choice.bias.second)
    said = f"{source.description.provenance}; {sentence(choice, data)}"
    described = dataclasses.replace(source.description, provenance=cut_provenance(said), bias=bias)
    yield dataclasses.replace(source, description=described)


def check_choice(data: DataSet, choice: Choice) -> None:
    """Refuse factors that the data set does not have, and numbers that are none of theirs."""
    names = data.description.factor_names
    if data.classes is None and (choice.where or choice.every or choice.bias):
        raise TcvaeError(display_name(data.path), "has no factor labels to choose by", "use {sample} alone")
    both = () if choice.bias is None else (choice.bias.first, choice.bias.second)
    for argument, asked in (("where", choice.where), ("keep_every", choice.every), ("factors", both)):
        for name in asked:
            if name not in names:
                raise ArgumentError(argument, f"there is no factor {name}", choice_of(name, names))
    if choice.bias is not None and choice.bias.kind not in BIASES:
        raise ArgumentError("bias", f"there is no bias {choice.bias.kind}", choice_of(choice.bias.kind, list(BIASES)))
    if (wrong := next((step for step in choice.every.values() if not is_step(step)), None)) is not None:
        raise ArgumentError("keep_every", f"{wrong} is not a whole number above 0", "give one for each factor")


def is_step(step: object) -> bool:
    """Tell whether STEP is a whole number above 0."""
    return isinstance(step, numbers.Integral) and int(step) >= 1


def chosen_rows(data: DataSet, choice: Choice) -> Array:
    """Return the rows to keep, ascending."""
    kept = np.ones(data.description.rows, dtype=bool)
    for name, asked in choice.where.items():
        kept &= np.isin(column(data, name), wanted_classes(data, name, asked))
    for name, step in choice.every.items():
        kept &= (column(data, name) >= 0) & (column(data, name) % step == 0)  # -1 is no class
    rows = np.flatnonzero(kept)
    if not len(rows):
        raise ArgumentError("where", "leaves no image at all", "ask for less")
    if choice.sample is not None:
        if choice.sample > len(rows):
            raise ArgumentError("sample", f"is {choice.sample:,}, and there are {len(rows):,} images", "ask for fewer")
        drawn = np.random.default_rng(choice.seed).choice(len(rows), choice.sample, replace=False)
        rows = rows[np.sort(drawn)]
    return rows


def column(data: DataSet, name: str) -> Array:
    """Return the classes of one factor (rows,)."""
    assert data.classes is not None  # `check_choice` has looked
    classes: Array = data.classes[:, data.description.factor_names.index(name)]
    return classes


def wanted_classes(data: DataSet, name: str, asked: Classes) -> list[int]:
    """Return the classes of the factor NAME that are asked for. ArgumentError for one that it does not have."""
    size = data.description.factor_sizes[data.description.factor_names.index(name)]
    called = data.class_names().get(name, ())
    wanted: list[int] = []
    words = words_of(asked)
    texts = [str(word) for word in words]
    if isinstance(asked, str) and asked not in called:
        texts = asked.split(",")
    for word in texts:
        first, dots, last = word.strip().partition("..")
        if word.strip() in called:
            wanted.append(called.index(word.strip()))
        elif first.isdecimal() and (last if dots else first).isdecimal() and int(last or first) < size:
            wanted += range(int(first), int(last or first) + 1)
        else:
            choices = f"0 to {size - 1}" + f" or {', '.join(called[:5])}{' ...' * (len(called) > 5)}" * bool(called)
            raise ArgumentError("where", f"{name} has no class {word.strip() or 'without a name'}", f"choose {choices}")
    return wanted


def part_of(data: DataSet, rows: Array) -> Source:
    """Return some rows of a data set, the classes of each factor numbered anew without gaps."""
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
    """Return the PROBABILITY of some rows, brought to a sum of 1. TcvaeError if none of them is ever drawn."""
    total = probability.sum()
    if total == 0:
        fault = "none of the images asked for is ever drawn (`probability` is 0)"
        raise TcvaeError(display_name(data.path), fault, "ask for others")
    share: Array = probability / total
    return share


def picked(data: DataSet, rows: Array) -> Iterator[Array]:
    """Yield the images of ROWS (ascending), reading only blocks of the file that hold any."""
    for part in data.slices():
        here = rows[np.searchsorted(rows, part.start) : np.searchsorted(rows, part.stop)]
        if len(here):
            yield data.rows(part)[here - part.start]


def biased(source: Source, bias: Bias) -> Array:
    """Return the probability of each row, so that two factors have the joint distribution of BIAS."""
    factors = (bias.first, bias.second)
    assert source.classes is not None
    places = [source.description.factor_names.index(name) for name in factors]
    sizes = [source.description.factor_sizes[k] for k in places]
    if len(set(factors)) != 2 or min(sizes) < 2:
        raise ArgumentError("factors", "the bias needs two factors that vary", "name two others")
    if source.classes[:, places].min() == MISSING:
        cure = "keep those that have one, by naming their classes with {where}"
        raise ArgumentError("factors", "some images have no label of them to be biased by", cure)
    return joint_bias(bias.kind, source.classes[:, places[0]], source.classes[:, places[1]])


def sentence(choice: Choice, data: DataSet) -> str:
    """Say what was kept of which data set, for the provenance."""
    steps = [f"where {name}={as_text(asked)}" for name, asked in choice.where.items()]
    steps += [f"every {step} of {name}" for name, step in choice.every.items()]
    if choice.sample is not None:
        steps.append(f"{choice.sample:,} rows drawn with seed {choice.seed}")
    if choice.bias is not None:
        kind, both = choice.bias.kind, f"{choice.bias.first} and {choice.bias.second}"
        steps.append(f"{both} with bias {kind} ({BIASES[kind]})")
    return f"part of {data.digest}: {', '.join(steps) or 'all'}"


def words_of(asked: Classes) -> Iterable[int | str]:
    """Return what is asked for as one or several numbers or words."""
    return asked if isinstance(asked, Iterable) and not isinstance(asked, str) else [asked]


def as_text(asked: Classes) -> str:
    """Write classes as they are typed: 0,2."""
    return ",".join(map(str, words_of(asked)))
