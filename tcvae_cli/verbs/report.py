"""Write a page of a run, or of several side by side, that needs no other file."""

import os
from collections.abc import Sequence
from dataclasses import replace

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.errors import ArgumentError, wrong_kind
from tcvae_cli.figures.pages.report import report_page
from tcvae_cli.figures.pages.reported import Reported
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.progress import Note, Progress, silent, warn
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.checks import check_share
from tcvae_cli.verbs.decoding import run_title
from tcvae_cli.verbs.inputs import AnyPath, run_in
from tcvae_cli.verbs.report_run import Asked, report_of

MOST_RUNS = 100
MOST_LIVE = 40_000_000  # bytes of weights on a page that nobody asked to be larger
MOST_IMAGES = 60


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

    data: the data set, by default that of each run; without it there are no originals and no measures, and NOTE is
    told. image: rows of the images that can be chosen, by default 18 drawn by seed 0. live: whether decoders run in the
    page, which takes a byte for each weight, or walks stand for them; by default they run as long as they take 40 MB
    together. The same runs give the same bytes. Errors: ArgumentError, and TcvaeError that names the file.
    """
    several = [runs] if isinstance(runs, Run | str | os.PathLike) else runs
    if not isinstance(several, list | tuple):
        raise wrong_kind("runs", runs, "give a run or a list of them")
    check_runs(several)
    check_share(active)
    if image is not None and len(image) > MOST_IMAGES:
        raise ArgumentError("image", f"names {len(image)} images", f"name at most {MOST_IMAGES}")
    asked = Asked(data, image, active, device, progress, note)
    found: list[Reported] = []
    room: float = {None: MOST_LIVE, True: float("inf"), False: 0}[live]
    for one in several:
        told = report_of(run_in(one, device), asked)
        needed = sum(layer.weights.size for layer in told.layers or ())
        if needed > room:
            if live is None:
                note(
                    f"{told.title}: its page has walks, no decoder, as the others take enough room; or ask for {{live}}"
                )
            told = replace(told, layers=None)
        room -= needed if told.layers is not None else 0
        found.append(told)
    return report_page(told_apart(found, several)).encode()


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
