"""Find all that the page of a report shows of one run, and say what cannot be found."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, TypeVar

import torch

from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.estimators.flow import to_base
from tcvae_cli.figures.pages.reported import Gallery, Reported
from tcvae_cli.figures.plots.portrait import Portrait
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.files.provenance import short_digests
from tcvae_cli.models.priors import FlowPrior
from tcvae_cli.progress import Note, Progress, in_python, quiet
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.decoder_layers import decoder_layers
from tcvae_cli.verbs.decoding import (
    active_of,
    decoded,
    evenly_spaced,
    kl_of,
    most_informative_first,
    prior_middle,
    run_setting,
    run_title,
    walk_latents,
)
from tcvae_cli.verbs.decompose import decompose
from tcvae_cli.verbs.encode import encode, open_images_of
from tcvae_cli.verbs.inputs import AnyPath, posterior_of
from tcvae_cli.verbs.mig import mig
from tcvae_cli.verbs.mig_result import MigResult
from tcvae_cli.verbs.portraits import carrying, portraits
from tcvae_cli.verbs.report_log import curves_beside
from tcvae_cli.verbs.score import scores
from tcvae_cli.verbs.shared_images import intensities, sampled_rows

FRAMES, EXTENT = 11, (-2, 2)  # of the walks
IMAGES = 18  # that can be chosen, if none are named
CHEAP = ("sap-r2", "modularity")  # measures that learn nothing, and take a moment
Found = TypeVar("Found")


@dataclass(frozen=True)
class Asked:
    """What is asked of every run: its data set, which images can be chosen, what counts as active."""

    data: DataSet | AnyPath | None
    images: Sequence[int] | None
    active: float
    device: str
    progress: Progress
    note: Note


@dataclass(frozen=True)
class Measured:
    """What is known of a run: without images, what it remembers of its end."""

    kl: Sequence[float]  # (latent,)
    active: Sequence[int] | None
    terms: Mapping[str, Any]
    gap: Mapping[str, Any] | None = None
    scores: Sequence[tuple[str, float]] = ()
    portrait: Portrait | None = None
    gallery: Gallery | None = field(default=None, repr=False)


def report_of(run: Run, asked: Asked) -> Reported:
    """Return what the page shows of a run. What it lacks for want of images or labels is said in it and in a note."""
    missing: list[str] = []

    def miss(sentence: str) -> None:
        """Say what is missing, on the page and in a note."""
        missing.append(in_python(sentence))
        asked.note(f"{run_title(run)}: {sentence}")

    with images_of(run, asked, miss) as data:
        found = remembered(run, asked, miss) if data is None else measured(run, data, asked, miss)
    order = most_informative_first(found.kl, range(run.settings.latents))
    values = evenly_spaced(EXTENT, FRAMES)
    flow = run.model.prior.flow() if isinstance(run.model.prior, FlowPrior) else None
    return Reported(
        title=run_title(run),
        setting=run_setting(run),
        about=about(run),
        facts=facts_of(run),
        order=tuple(order),
        kl=tuple(found.kl),
        active=None if found.active is None else tuple(found.active),
        family=run.model.prior.base.name,
        flow=None if flow is None else [part.detach().cpu().numpy() for part in (flow.u, flow.w, flow.b)],
        values=tuple(values.tolist()),
        walks=walk_latents(run, prior_middle(run), order, values),
        layers=decoder_layers(run.model, run.settings.latents),
        gallery=found.gallery,
        terms=found.terms,
        gap=found.gap,
        scores=found.scores,
        portrait=found.portrait,
        curves=curves_beside(run.stored),
        missing=missing,
    )


@contextlib.contextmanager
def images_of(run: Run, asked: Asked, miss: Note) -> Iterator[DataSet | None]:
    """Yield the data set of a run; None where nobody named one and its own is not here."""
    with contextlib.ExitStack() as stack:
        data = None
        try:
            data = stack.enter_context(open_images_of(run, asked.data, asked.progress))
        except TcvaeError as error:
            if asked.data is not None:
                raise
            miss(f"its data set is not here, so there are no originals and nothing is measured ({error.cure})")
        yield data


def remembered(run: Run, asked: Asked, miss: Note) -> Measured:
    """Return what a run remembers of its end; a checkpoint remembers nothing."""
    final, active = run.header.final or {}, active_of(run, asked.active)
    if not final:
        miss("it is a checkpoint, which does not tell how informative its latents are: they stand in their own order")
    return Measured(
        kl=kl_of(run),
        active=None if active is None else [latent for latent, used in enumerate(active) if used],
        terms={name: final[name] for name in ("elbo", "total_correlation") if final.get(name) is not None},
    )


def measured(run: Run, data: DataSet, asked: Asked, miss: Note) -> Measured:
    """Encode the images of a data set and measure their codes."""
    gallery = gallery_of(run, data, asked.images)
    codes = encode(run, data, device=asked.device, progress=asked.progress)
    options: Mapping[str, Any] = {"active": asked.active, "progress": asked.progress}

    def unless_refused(what: str, work: Callable[[], Found]) -> Found | None:
        """Return what some work gives; if it cannot be done, say so."""
        try:
            return work()
        except TcvaeError as error:
            miss(f"{what}: {error.fault}")
            return None

    gap, portrait, beside = None, None, None
    if codes.factor_classes is None:
        miss("its data set has no labels, so there is no MIG")
    else:
        gap = unless_refused("no MIG", lambda: mig(codes, device=asked.device, note=asked.note, **options))
    if gap is not None:
        portrait = unless_refused("no curves of latents", lambda: portraits([codes], note=quiet, **options)[0])
        beside = unless_refused("no scores beside MIG", lambda: scores([codes], CHEAP, note=quiet, **options))
    terms = decompose(codes, device=asked.device, progress=asked.progress, note=asked.note)
    return Measured(
        kl=[] if terms.kl_per_latent is None else terms.kl_per_latent.tolist(),
        active=carrying(posterior_of(codes), asked.active),
        terms=terms.record(),
        gap=None if gap is None else gap.record(),
        scores=[*relatives(gap), *((one.measure, float(one.score)) for one in beside or ())],
        portrait=portrait,
        gallery=gallery,
    )


def relatives(gap: MigResult | None) -> list[tuple[str, float]]:
    """Return what comes with MIG."""
    if gap is None:
        return []
    named = {"MIG-sup": gap.mig_sup, "RMIG (nats)": gap.rmig, "JEMMIG (nats)": gap.jemmig}
    return [(name, float(value)) for name, value in named.items() if value is not None]


def gallery_of(run: Run, data: DataSet, images: Sequence[int] | None) -> Gallery:
    """Return IMAGES of a data set, by default some drawn by seed 0, as evenly spaced rows of a grid are all alike."""
    count = data.description.rows
    for row in images or ():
        if isinstance(row, bool) or not isinstance(row, Integral) or not 0 <= row < count:
            raise ArgumentError("image", f"there is no image {row}", f"choose from 0 to {count - 1}")
    rows = list(images) if images else sampled_rows(data, IMAGES).tolist()
    pixels = intensities(data, rows)
    codes = mean = torch.as_tensor(run.posterior(pixels).mean)
    if not bool(torch.isfinite(mean).all()):
        raise TcvaeError(run.stored.where, "gives codes that are not finite", "train it again")
    if isinstance(run.model.prior, FlowPrior):
        with torch.inference_mode():
            codes = to_base(mean.to(run.device), run.model.prior.flow())[0].cpu()
    return Gallery(tuple(rows), pixels, decoded(run, mean), codes.numpy())


def about(run: Run) -> str:
    """Say in a line what a run is of: "dsprites · 5,760 images · 1,000 steps"."""
    data = run.header.data
    return f"{data.name} · {data.rows:,} images · {run.header.step:,} steps"


def facts_of(run: Run) -> list[tuple[str, str]]:
    """Return settings and provenance, without names of folders, which say where somebody works."""
    header, data = run.header, run.header.data
    settings = [(name.replace("_", " "), told(value)) for name, value in header.settings.items() if value is not None]
    shape = " x ".join(map(str, data.image_shape))
    return [
        *settings,
        ("steps done", f"{header.step:,}"),
        ("data set", f"{data.name}, {data.rows:,} {data.pixel_kind} images, {shape}"),
        ("made of", short_digests(data.provenance)),
        ("data digest", data.digest),
        ("made by", f"tcvae {header.version}" if header.version else "tcvae"),
    ]


def told(value: object) -> str:
    """Write a setting for people."""
    return f"{value:g}" if isinstance(value, float) else str(value)
