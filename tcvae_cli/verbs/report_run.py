"""Find all that the page of a report shows of one run, and say what cannot be found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from tcvae_cli.errors import TcvaeError
from tcvae_cli.figures.pages.reported import Gallery, Reported
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.files.provenance import short_digests
from tcvae_cli.objectives import load_objective
from tcvae_cli.progress import in_python
from tcvae_cli.training.checkpoint import flow_of
from tcvae_cli.training.request import OF_EVERY_OBJECTIVE
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.checks import check_rows
from tcvae_cli.verbs.decoder_layers import decoder_layers
from tcvae_cli.verbs.decoding import (
    decoded,
    evenly_spaced,
    in_base,
    most_informative_first,
    prior_middle,
    run_origin,
    run_setting,
    run_title,
    walk_latents,
)
from tcvae_cli.verbs.encode import images_if_here
from tcvae_cli.verbs.inputs import AnyPath
from tcvae_cli.verbs.report_log import curves_beside
from tcvae_cli.verbs.report_measured import Measuring, measured, remembered
from tcvae_cli.verbs.shared_images import intensities, sampled_rows

EXTENT = (-2, 2)  # of the walks


@dataclass(frozen=True)
class Asked:
    """What is asked of every run: its data set, which images can be chosen, how it is measured."""

    data: DataSet | AnyPath | None
    images: Sequence[int] | None
    how: Measuring
    miss: Callable[[str, str], object]  # told a run and a sentence that says what is missing of it
    frames: int  # of a walk
    drawn: int  # images that can be chosen, if none are named


def report_of(run: Run, asked: Asked, live: bool) -> Reported:
    """Return what the page shows of a run, with its decoder if that is to be LIVE.

    What it lacks for want of images or labels is said in it and in a note.
    """
    missing: list[str] = []
    title = run_title(run)

    def miss(sentence: str, cure: str = "") -> None:
        """Say what is missing, on the page and, with the cure, in a note."""
        missing.append(in_python(sentence))
        asked.miss(title, sentence + cure)

    def miss_images(cure: str) -> None:
        """Say that the data set is missing, and how to name it."""
        miss("its data set is not here, so there are no originals, and it is not measured", f" ({cure})")

    with images_if_here(run, asked.data, asked.how.progress, miss_images) as data:
        gallery = None if data is None else gallery_of(run, data, asked)
        found = remembered(run, asked.how.active, miss) if data is None else measured(run, data, asked.how, miss)
    order = most_informative_first(found.kl, range(run.settings.latents))
    values = evenly_spaced(EXTENT, asked.frames)
    return Reported(
        title=title,
        setting=run_setting(run),
        about=run_origin(run),
        facts=facts_of(run),
        order=tuple(order),
        kl=tuple(found.kl),
        active=None if found.active is None else tuple(found.active),
        family=run.model.prior.base.name,
        flow=list(flow_of(run.model).values()) or None,
        values=tuple(values.tolist()),
        walks=walk_latents(run, prior_middle(run), order, values, asked.how.progress),
        layers=decoder_layers(run.model, run.settings.latents) if live else None,
        gallery=gallery,
        basis=found.basis,
        terms=found.terms,
        gap=found.gap,
        scores=found.scores,
        portrait=found.portrait,
        curves=curves_beside(run.stored),
        missing=missing,
    )


def gallery_of(run: Run, data: DataSet, asked: Asked) -> Gallery:
    """Return images of a data set, by default some drawn by seed 0, as evenly spaced rows of a grid are all alike."""
    images = asked.images
    check_rows(images or (), data.description.rows)
    rows = list(images) if images else sampled_rows(data, asked.drawn).tolist()
    pixels = intensities(data, rows)
    mean = torch.as_tensor(run.posterior(pixels).mean)
    if not bool(torch.isfinite(mean).all()):
        raise TcvaeError(run.stored.where, "gives codes that are not finite", "train it again")
    return Gallery(tuple(rows), pixels, decoded(run, mean), in_base(run, mean).numpy())


def facts_of(run: Run) -> list[tuple[str, str]]:
    """Return settings and provenance, without names of folders, which say where somebody works."""
    header, data = run.header, run.header.data
    settings = [(name.replace("_", " "), told(value)) for name, value in settings_that_matter(run).items()]
    shape = " x ".join(map(str, data.image_shape))
    return [
        *settings,
        ("steps done", f"{header.step:,}"),
        ("data set", f"{data.name}, {data.rows:,} {data.pixel_kind} images, {shape}"),
        ("made of", short_digests(data.provenance)),
        ("data digest", data.digest),
        ("made by", f"tcvae {header.version}" if header.version else "tcvae"),
    ]


def settings_that_matter(run: Run) -> dict[str, object]:
    """Return the settings that mean something to the objective of a run."""
    means = OF_EVERY_OBJECTIVE | load_objective(run.settings.objective).takes | {"objective"}
    return {name: value for name, value in run.header.settings.items() if name in means and value is not None}


def told(value: object) -> str:
    """Write a setting for people."""
    return f"{value:g}" if isinstance(value, float) else str(value)
