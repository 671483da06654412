"""`tcvae plot latents`: codes as the paper's latent-against-factor plot."""

import math
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.cli.figure_output import Output, write_figure
from tcvae_cli.cli.flags import check_pipe
from tcvae_cli.cli.progress import progress
from tcvae_cli.errors import TcvaeError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tcvae_cli.arrays import Array
    from tcvae_cli.figures.latents import Portrait
    from tcvae_cli.files.codes import Codes
    from tcvae_cli.files.data_sets import DataSet
    from tcvae_cli.results.line import Line

DSPRITES = {"scale", "orientation", "posX", "posY"}
SHAPES = ("square", "ellipse", "heart")
MOST_PLACES = 100_000


def latents(
    codes: Annotated[
        list[str] | None, typer.Argument(metavar="CODES", help="Output of tcvae encode; - is standard input.")
    ] = None,
    factors: Annotated[
        str | None, typer.Option(metavar="FILE.h5", help="Take the factor classes from this data set.")
    ] = None,
    factor: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Draw this factor (repeat for more). \\[default: the data's]"),
    ] = None,
    scores: Annotated[
        str | None,
        typer.Option(metavar="RESULTS", help="Name MIG and scores of the CODES in the titles, from these lines."),
    ] = None,
    output: Output = "-",
) -> None:
    """The mean of each active latent against the factors, of one run or several.

    tcvae plot latents codes.safetensors -o latents.pdf

    tcvae mig codes.safetensors > mig.json; tcvae plot latents codes.safetensors --scores mig.json -o latents.png

    A latent is active if its mean has more than 1% of its aggregated variance. One row per latent on dSprites
    (position as a heat map, scale and orientation by shape), else one column; each mean is the average over all other
    factors.
    """
    write_figure(output, lambda: figure_of(codes or ["-"], factors, factor, scores))


def figure_of(paths: list[str], factors: str | None, wanted: list[str] | None, scores: str | None) -> "Figure":
    """The figure, one file of codes in memory at a time."""
    from tcvae_cli.figures.latents import latents as figure
    from tcvae_cli.files.codes import read_codes
    from tcvae_cli.machine import start_torch
    from tcvae_cli.results.line import read_results
    from tcvae_cli.verbs.inputs import data_in

    known = read_results(scores) if scores is not None else []
    start_torch("cpu")
    check_pipe("--factors", factors, paths, "the codes")
    with data_in(factors, progress) as data:
        return figure([portrait(read_codes(path), data, wanted, known) for path in paths])


def portrait(codes: "Codes", data: "DataSet | None", wanted: list[str] | None, known: "list[Line]") -> "Portrait":
    """What is drawn of some codes. TcvaeError if they have no factors, UsageError for an unknown one."""
    import torch

    from tcvae_cli.estimators.activity import active_latents
    from tcvae_cli.estimators.class_means import class_means
    from tcvae_cli.figures.latents import Heat, Lines, Portrait
    from tcvae_cli.files.streams import display_name
    from tcvae_cli.verbs.factors import choose_factors
    from tcvae_cli.verbs.inputs import posterior_of

    names, classes = choose_factors(codes, data, wanted)
    posterior = posterior_of(codes)
    mean, probability = posterior.mean, posterior.probability

    def means(columns: "Array") -> "Array":
        check_places(columns, codes.where if data is None else display_name(data.path))
        return class_means(mean, torch.from_numpy(columns), probability).numpy()

    active = tuple(active_latents(mean, posterior.log_std, probability).nonzero().squeeze(1).tolist())
    if wanted is not None or set(names) != DSPRITES:
        lines = [Lines(name, {"all": means(classes[:, [k]])}) for k, name in enumerate(names)]
        return Portrait(title_of(codes, known), active, tuple(lines))
    column = {name: classes[:, k] for k, name in enumerate(names)}
    shape = shapes_of(codes, data)
    position = Heat("posX", "posY", means(stacked(column["posX"], column["posY"])))
    panels: list[Lines | Heat] = [position]
    for name in ("scale", "orientation"):
        by_shape = means(stacked(shape, column[name]))
        called = SHAPES if len(by_shape) == len(SHAPES) else tuple(f"shape {k}" for k in range(len(by_shape)))
        panels.append(Lines(name, dict(zip(called, by_shape, strict=True))))
    return Portrait(title_of(codes, known), active, tuple(panels))


def check_places(columns: "Array", where: str) -> None:
    """Refuse class numbers so large that a curve, which has a place for each up to the largest, is all but empty."""
    sizes = [int(column.max()) + 1 for column in columns.T]
    if math.prod(sizes) > max(MOST_PLACES, 10 * len(columns)):
        fault = f"has classes numbered up to {max(sizes) - 1:,}, too many to draw"
        raise TcvaeError(where, fault, "number classes from 0 on, or name other factors by --factor")


def stacked(*columns: "Array") -> "Array":
    """Columns of classes side by side."""
    import numpy as np

    return np.stack(columns, axis=1)


def shapes_of(codes: "Codes", data: "DataSet | None") -> "Array":
    """The shape of every image, 0 where there is no such factor."""
    import numpy as np

    from tcvae_cli.verbs.factors import factors_of

    names, classes = codes.factor_names, codes.factor_classes
    if data is not None:
        names, _, classes = factors_of(codes, data)
    if classes is None or "shape" not in names:
        return np.zeros(len(codes.mean), dtype=np.int64)
    return classes[:, names.index("shape")].astype(np.int64)


def title_of(codes: "Codes", known: "list[Line]") -> str:
    """The run's setting and seed, and MIG and scores where KNOWN has them of these codes; the data set."""
    from tcvae_cli.results.line import Line
    from tcvae_cli.results.methods import setting_order

    if codes.header is None or not codes.header.settings:
        return codes.where
    settings = codes.header.settings
    name = setting_order(Line(settings, codes.where))[-1]
    title = f"{name}, seed {settings.get('seed')} · {codes.data.name or 'data set unknown'}"
    its = [
        one
        for one in known
        if one.get("settings") == settings
        and one.get("data_digest") == (codes.data.digest or None)
        and one.get("step") == codes.header.step
    ]
    migs = [f"MIG {one.number('mig'):.3f}" for one in its if one["kind"] == "mig"]
    others = [f"{one['measure']} {one.number('score'):.3f}" for one in its if one["kind"] == "score"]
    return "\n".join(filter(None, (title, ", ".join([*migs, *others]))))
