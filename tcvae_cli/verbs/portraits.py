"""What the latents of some codes say of the factors, as curves and maps of means."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.arrays import Array
from tcvae_cli.errors import TcvaeError
from tcvae_cli.figures.plots.portrait import Chart, Heat, Lines, Portrait
from tcvae_cli.files.known_sets import KnownSet, placed_set
from tcvae_cli.machine import start_torch
from tcvae_cli.progress import Note, Progress, silent, warn
from tcvae_cli.results.line import Line, Results
from tcvae_cli.results.repeats import measured_on
from tcvae_cli.results.run_names import run_in_words
from tcvae_cli.verbs.checks import Latents, check_share, chosen_latents
from tcvae_cli.verbs.factors import choose_factors, factors_of
from tcvae_cli.verbs.inputs import AnyPath, check_several, codes_in, data_in, lines_in, posterior_of, prior_of

if TYPE_CHECKING:
    from tcvae_cli.estimators.posterior import Posterior
    from tcvae_cli.files.codes import Codes
    from tcvae_cli.files.data_sets import DataSet

MOST_PLACES = 100_000  # of a curve or a map


def portraits(
    codes: "Sequence[Codes | AnyPath]",
    *,
    factors: "DataSet | AnyPath | None" = None,
    factor: Sequence[str] | str | None = None,
    scores: Results | AnyPath | None = None,
    latent: Latents = None,
    active: float = ACTIVE_SHARE,
    progress: Progress = silent,
    note: Note = warn,
) -> list[Portrait]:
    """Return the mean of each active latent against the factors, for each of some CODES: that of the largest KL first.

    Each mean is the average over all other factors. The classes are those of the data set FACTORS, else those that the
    codes carry; FACTOR names those to show, by default the scored ones. Where the scored ones have a position on the
    image, as those of dSprites, it is shown as a map and each of the others as one line per shape; FACTOR asks for
    plain curves. LATENT names latents to show, also unused ones. Of SCORES (results, or a file of them) those of the
    codes stand in the title. `figures.latents` draws what this returns. One file of codes at a time is in memory.
    Errors: TcvaeError if there are no factors, ArgumentError for an unknown one.
    """
    check_several(codes)
    check_share(active)
    start_torch("cpu")
    from tcvae_cli.estimators.decomposition import mean_kl

    known = [] if scores is None else lines_in(scores)

    def portrait(one: "Codes", data: "DataSet | None") -> Portrait:
        """Return what is drawn of some codes."""
        labels = choose_factors(one, data, factor)
        for sentence in labels.left_out():
            note(sentence)
        posterior = posterior_of(one)
        kl = mean_kl(posterior, prior_of(one)).tolist()
        used = carrying(posterior, active)
        shown = used if latent is None else chosen_latents(latent, len(kl))
        shown = sorted(shown, key=lambda number: -kl[number])
        means = ClassMeans(posterior, dict(zip(labels.names, labels.classes.T, strict=True)), labels.where)
        known_set = placed_set(labels.names) if factor is None else None
        return Portrait(
            title=portrait_title(one, known),
            latents=tuple(shown),
            kl=tuple(kl[number] for number in shown),
            unused=len(kl) - len(used) if latent is None else 0,
            charts=plain_charts(means, words_of(one, data))
            if known_set is None
            else placed_charts(means, known_set, shapes_of(one, data, known_set)),
        )

    with data_in(factors, "factors", progress) as data:
        return [portrait(codes_in(one), data) for one in codes]


def carrying(posterior: "Posterior", active: float) -> tuple[int, ...]:
    """Return the latents that are active."""
    from tcvae_cli.estimators.activity import active_latents

    found = active_latents(posterior.mean, posterior.log_std, posterior.probability, active)
    return tuple(found.nonzero().squeeze(1).tolist())


@dataclass(frozen=True)
class ClassMeans:
    """The latents' means of some codes by the classes of their factors; WHERE says whose these are."""

    posterior: "Posterior"
    columns: dict[str, Array]  # the classes (image,) of each factor
    where: str

    def over(self, *columns: Array) -> Array:
        """Return the means (size, ..., latent) over the classes (image,) of some factors at once; NaN: no image.

        TcvaeError for class numbers so large that a curve, which has a place for each up to the largest, is all but
        empty.
        """
        from torch import from_numpy

        from tcvae_cli.estimators.class_means import class_means

        sizes = sizes_of(columns)
        self.check_places(math.prod(sizes), sizes)
        stacked = np.stack(columns, axis=1)
        return class_means(self.posterior.mean, from_numpy(stacked), self.posterior.probability).numpy()

    def check_places(self, places: int, sizes: Sequence[int]) -> None:
        """Refuse charts with many more places than there are images, which are all but empty."""
        if places > max(MOST_PLACES, 10 * len(self.posterior.mean)):
            fault = f"has classes numbered up to {max(sizes) - 1:,}, too many to draw"
            raise TcvaeError(self.where, fault, "number classes from 0 on, or name other factors by {factor}")


def sizes_of(columns: Iterable[Array]) -> list[int]:
    """Return the number of places that the classes (image,) of each factor need."""
    return [int(column.max()) + 1 for column in columns]


def words_of(codes: "Codes", data: "DataSet | None") -> dict[str, tuple[str, ...]]:
    """Return what the classes of factors are called, of those whose classes have names."""
    known = placed_set(codes.factor_names)
    words = {known.shape: known.shapes} if known is not None and known.shape else {}
    return words if data is None else words | data.class_names()


def plain_charts(means: ClassMeans, words: Mapping[str, tuple[str, ...]]) -> tuple[Chart, ...]:
    """Return one curve per factor, or dots where its classes have WORDS for names."""
    sizes = sizes_of(means.columns.values())
    means.check_places(sum(sizes), sizes)
    charts = []
    for name, column in means.columns.items():
        over = means.over(column)
        called = words.get(name, ())
        charts.append(Lines(name, {"all": over}, called[: len(over)] if len(called) >= len(over) else ()))
    return tuple(charts)


def placed_charts(means: ClassMeans, known: KnownSet, shape: Array) -> tuple[Chart, ...]:
    """Return a map over both coordinates of the position, and for each other factor one line per shape."""
    assert known.position is not None  # it is placed
    across, down = known.position
    charts: list[Chart] = [Heat(across, down, means.over(means.columns[across], means.columns[down]))]
    for name, column in means.columns.items():
        if name not in known.position:
            lines = means.over(shape, column)
            called = known.shapes if len(lines) == len(known.shapes) else [f"shape {k}" for k in range(len(lines))]
            charts.append(Lines(name, dict(zip(called, lines, strict=True))))
    return tuple(charts)


def shapes_of(codes: "Codes", data: "DataSet | None", known: KnownSet) -> Array:
    """Return the class of the shape of every image (image,), 0 where there is no such factor."""
    names, classes = codes.factor_names, codes.factor_classes
    if data is not None:
        names, _, classes = factors_of(codes, data)
    if classes is None or known.shape not in names:
        return np.zeros(len(codes.mean), dtype=np.int64)
    return classes[:, names.index(known.shape)].astype(np.int64)


def portrait_title(codes: "Codes", known: Sequence[Line]) -> str:
    """Name the setting, the seed and the data set; below them MIG and scores where KNOWN has some of these codes."""
    if codes.header is None or not codes.header.settings:
        return codes.where
    settings = codes.header.settings
    data = codes.data
    title = run_in_words(Line(settings, codes.where), data.name, data.provenance, data.rows or len(codes.mean))
    its = measured_on(known, settings, codes.data.digest or None, codes.header.step)
    migs = [f"MIG {line.number('mig'):.3f}" for line in its if line["kind"] == "mig"]
    others = [f"{line['measure']} {line.number('score'):.3f}" for line in its if line["kind"] == "score"]
    return "\n".join(filter(None, (title, ", ".join([*migs, *others]))))
