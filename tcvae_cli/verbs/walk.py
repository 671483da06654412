"""Walk the latents of a run, as arrays and as pictures."""

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.errors import ArgumentError
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.files.walks import Walk, check_extension, walk_to_bytes
from tcvae_cli.objectives import OBJECTIVES
from tcvae_cli.progress import Progress, silent
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.checks import Latents, check_number, check_share, chosen_latents
from tcvae_cli.verbs.decoding import (
    Extent,
    active_of,
    evenly_spaced,
    kl_of,
    most_informative_first,
    start_name,
    start_of,
    walk_latents,
)
from tcvae_cli.verbs.inputs import AnyPath, run_in


def walk(
    run: Run | AnyPath,
    *,
    latent: Latents = None,
    extent: Extent = (-2, 2),
    frames: int = 11,
    image: int | None = None,
    data: DataSet | AnyPath | None = None,
    device: str = "auto",
    active: float = ACTIVE_SHARE,
    progress: Progress = silent,
) -> Walk:
    """Decode each latent of a run as it walks from one end of the EXTENT to the other, the others held where they are.

    They are held at the code of row IMAGE of the data set (DATA, else the one that the run was trained on), or without
    one in the middle of the prior. The most informative latent comes first. One is active if its mean has more than
    the share ACTIVE of its variance, as the run remembers it; a checkpoint and a run of schema 1 do not, and
    `Walk.active` is None. `walk_bytes` makes a picture of it.
    """
    check_number("frames", frames, 2, 100)
    values = evenly_spaced(extent, frames)
    check_share(active)
    if data is not None and image is None:
        raise ArgumentError("data", "is only read with {image}", "also give {image}")
    its = run_in(run, device)
    kl, known = kl_of(its), active_of(its, active)
    order = most_informative_first(kl, chosen_latents(latent, its.settings.latents))
    start = start_of(its, image, data, progress)
    return Walk(
        frames=walk_latents(its, start.code, order, values),
        values=values.numpy(),
        latents=tuple(order),
        kl=tuple(kl[latent] for latent in order),
        active=None if known is None else tuple(known[latent] for latent in order),
        title=long_title(its),
        start=start_name(its, image),
        original=start.original,
        reconstruction=start.reconstruction,
        least_share=active,
        made_by=its.header,
    )


def long_title(run: Run) -> str:
    """Say how a run was trained: "beta-TCVAE, beta 6, seed 0, 5,000 steps · dsprites (rendered)"."""
    settings, data_set = run.settings, run.header.data
    weight = "" if settings.beta == OBJECTIVES[settings.objective].plain_beta else f", beta {settings.beta:g}"
    return (
        f"{OBJECTIVES[settings.objective].title}{weight}, seed {settings.seed}, "
        f"{run.header.step:,} steps · {data_set.name} ({data_set.provenance})"
    )


def walk_bytes(walk: Walk, extension: str) -> bytes:
    """Return a walk as the file that EXTENSION says: ".png", ".gif" (it moves) or ".safetensors" (the arrays).

    The same walk gives the same bytes. ArgumentError for another extension.
    """
    check_extension(extension)
    from tcvae_cli.figures.pages.walks import walk_gif, walk_png

    return {".png": walk_png, ".gif": walk_gif, ".safetensors": walk_to_bytes}[extension](walk)
