"""Write a page of a run, or of several side by side, that needs no other file."""

import math
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.errors import ArgumentError, wrong_kind
from tcvae_cli.figures.pages.report import report_page
from tcvae_cli.figures.pages.reported import Reported
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.progress import Note, Progress, labelled, once, silent, warn
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.checks import check_share
from tcvae_cli.verbs.decoder_layers import decoder_size
from tcvae_cli.verbs.decoding import run_title
from tcvae_cli.verbs.inputs import AnyPath, run_in
from tcvae_cli.verbs.report_measured import Measuring
from tcvae_cli.verbs.report_run import Asked, report_of

MOST_RUNS = 100
MOST_LIVE = 8_000_000  # weights of decoders on a page that nobody asked to be larger: one MLP of the paper, 9 MB
MOST_IMAGES = 60
MOST_PIXELS = 5_000_000  # numbers of all pictures on a page, as far as fewer of them go
AMOUNTS = ((11, 18), (7, 9), (5, 4))  # frames of a walk, and images that can be chosen


def report(
    runs: Sequence[Run | AnyPath] | Run | AnyPath,
    *,
    data: DataSet | AnyPath | None = None,
    image: Sequence[int] | None = None,
    live: bool | None = None,
    active: float = ACTIVE_SHARE,
    device: str = "auto",
    progress: Progress = silent,
    note: Note = warn,
) -> bytes:
    """Return an HTML page of one run or several: a slider for each latent, images, walks, measures, provenance.

    data: the data set, by default that of each run; without it there are no originals, and nothing is measured. Large
    data sets are measured by 10,000 images, as the page and NOTE say. image: rows of the images that can be chosen, by
    default up to 18 drawn by seed 0. live: whether decoders run in the page, which takes a byte for each weight, or
    walks stand for them; by default those run that have 8 million weights together, as one MLP of the paper. The same
    runs give the same bytes. Errors: ArgumentError, and TcvaeError that names the file.
    """
    several = [runs] if isinstance(runs, Run | str | os.PathLike) else runs
    if not isinstance(several, list | tuple):
        raise wrong_kind("runs", runs, "give a run or a list of them")
    check_runs(several)
    check_share(active)
    if image is not None and len(image) > MOST_IMAGES:
        raise ArgumentError("image", f"names {len(image)} images", f"name at most {MOST_IMAGES}")
    found: list[Reported] = []
    lacking: dict[str, list[str]] = defaultdict(list)  # the runs that lack something, by what that is
    room: float = {None: MOST_LIVE, True: float("inf"), False: 0}[live]
    tell = once(note)
    for place, one in enumerate(several, 1):
        run = run_in(one, device)
        size = decoder_size(run.model)
        before = f"{place} of {len(several)}: " if len(several) > 1 else ""
        how = Measuring(active, device, labelled(progress, before), tell)
        asked = Asked(data, image, how, lambda title, what: lacking[what].append(title), *amounts(run, len(several)))
        told = report_of(run, asked, size <= room)
        room -= size if told.layers is not None else 0
        found.append(replace(told, too_large=size > room and told.layers is None and live is None))
    found = told_apart(found, several)
    if without := [run.title for run in found if run.too_large]:
        note(f"{several_of(without)}: pictures in place of a decoder, for the page to stay small; or ask for {{live}}")
    for what, titles in lacking.items():
        note(f"{several_of(titles)}: {what}")
    return report_page(found).encode()


def several_of(titles: Sequence[str]) -> str:
    """Name several runs in a few words."""
    return titles[0] if len(titles) == 1 else f"{titles[0]} and {len(titles) - 1} more"


def amounts(run: Run, runs: int) -> tuple[int, int]:
    """Return how many frames walks have and how many images can be chosen, fewer where there are many runs."""
    values = runs * math.prod(run.image_shape)
    fits = (pair for pair in AMOUNTS if values * (run.settings.latents * pair[0] + 2 * pair[1]) <= MOST_PIXELS)
    return next(fits, AMOUNTS[-1])


def told_apart(found: Sequence[Reported], runs: Sequence[Run | AnyPath]) -> list[Reported]:
    """Add to the titles that several RUNS share, as of one setting and seed, the names of their files, or numbers."""
    paths = [run.stored.path if isinstance(run, Run) else os.fspath(run) for run in runs]
    names = [os.path.basename(path) for path in paths]
    titles = []
    for place, run in enumerate(found):
        alike = [other for other in range(len(found)) if found[other].title == run.title]
        differ = len({names[other] for other in alike}) == len(alike) and all(names[other] for other in alike)
        more = f" · {names[place]}" if differ else f" · {alike.index(place) + 1} of {len(alike)}"
        titles.append(run.title + more if len(alike) > 1 else run.title)
    return [replace(run, title=title) for run, title in zip(found, titles, strict=True)]


def check_runs(runs: Sequence[Run | AnyPath]) -> None:
    """Refuse no runs, too many, and one that is named twice."""
    if not 1 <= len(runs) <= MOST_RUNS:
        raise ArgumentError("runs", f"are {len(runs):,}", f"give from 1 to {MOST_RUNS}")
    names = [run if isinstance(run, Run) else os.path.realpath(run) if run != "-" else run for run in runs]
    for place, name in enumerate(names):
        if name in names[:place]:
            again = run_title(name) if isinstance(name, Run) else os.fspath(runs[place])  # type: ignore[arg-type]
            raise ArgumentError("runs", f"name {again} twice", "name each run once")
