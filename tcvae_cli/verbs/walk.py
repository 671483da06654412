"""Walk the latents of a run, as arrays and as pictures."""

import contextlib
from collections.abc import Sequence

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.figures.looks import PALE, Look
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.files.walks import Walk, check_extension, walk_to_bytes
from tcvae_cli.progress import Note, Progress, silent, warn
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.checks import Latents, check_number, check_share, chosen_latents
from tcvae_cli.verbs.decoding import (
    Extent,
    Images,
    evenly_spaced,
    in_base,
    most_informative_first,
    run_origin,
    run_title,
    start_name,
    start_of,
    walk_latents,
)
from tcvae_cli.verbs.encode import images_if_here, open_images_of
from tcvae_cli.verbs.inputs import AnyPath, run_in
from tcvae_cli.verbs.latents_told import latents_told, needs_images

MOST_IMAGES = 20
UNNAMED = "latents are not named by factors, as the data set of the run is not here ({})"


def walk(
    run: Run | AnyPath,
    *,
    latent: Latents = None,
    extent: Extent = (-2, 2),
    frames: int = 11,
    image: Images = None,
    data: DataSet | AnyPath | None = None,
    named: bool = True,
    device: str = "auto",
    active: float = ACTIVE_SHARE,
    progress: Progress = silent,
    note: Note = warn,
) -> Walk:
    """Decode each latent of a run as it walks from one end of the EXTENT to the other, the others held where they are.

    They are held at the code of row IMAGE of the data set (DATA, else the one that the run was trained on), or without
    one in the middle of the prior; a list of rows gives arrays with an axis of images in front. The most informative
    latent comes first. One is active if its mean has more than the share ACTIVE of its variance, as the run remembers
    it. NAMED: 5,000 images of the data set are looked at, to name each latent by the factor that it tells most of and
    to find what a checkpoint does not remember; NOTE is told if they are not here. `walk_bytes` makes a picture of it,
    without the inactive latents unless LATENT names some, or is "all".
    Errors: ArgumentError, and TcvaeError that names the file.
    """
    check_number("frames", frames, 2, 100)
    values = evenly_spaced(extent, frames)
    check_share(active)
    if isinstance(image, Sequence):
        check_number("image", len(image), 1, MOST_IMAGES)
    its = run_in(run, device)
    chosen = chosen_latents(latent, its.settings.latents)
    with contextlib.ExitStack() as stack:
        rows = None
        if image is not None or data is not None:
            rows = stack.enter_context(open_images_of(its, data, progress))
        elif named and needs_images(its):
            rows = stack.enter_context(images_if_here(its, None, progress, lambda cure: note(UNNAMED.format(cure))))
        told = latents_told(its, rows if named else None, active)
        start = start_of(its, image, rows)
    order = most_informative_first(told.kl, chosen)
    return Walk(
        frames=walk_latents(its, start.code, order, values),
        values=values.numpy(),
        latents=tuple(order),
        kl=tuple(told.kl[latent] for latent in order),
        active=None if told.active is None else tuple(told.active[latent] for latent in order),
        title=f"{run_title(its)} · {run_origin(its)}",
        start=start_name(its, image),
        original=start.original,
        reconstruction=start.reconstruction,
        own=None if image is None else in_base(its, start.code)[..., order].numpy(),
        factors=None if told.factors is None else tuple(told.factors[latent] for latent in order),
        sample=told.sample,
        images=tuple(image) if isinstance(image, Sequence) else None,
        folds=latent is None,
        least_share=active,
        made_by=its.header,
    )


def walk_bytes(walk: Walk, extension: str, look: Look = PALE) -> bytes:
    """Return a walk as the file that EXTENSION says.

    Those are ".png", ".pdf" and ".svg" (a grid), ".gif" and ".webp" (it moves), ".safetensors" (the arrays). The same
    walk gives the same bytes. A picture has the LOOK that `figures.sheet_look` returns. ArgumentError for another
    extension, TcvaeError for .pdf and .svg without matplotlib.
    """
    check_extension(extension)
    if extension == ".safetensors":
        return walk_to_bytes(walk)
    from tcvae_cli.figures.pages import walks

    if extension in (".pdf", ".svg"):
        return walks.walk_vector(walk, extension[1:], look)
    return {".png": walks.walk_png, ".gif": walks.walk_gif, ".webp": walks.walk_webp}[extension](walk, look)
