"""What a run's decoder has learned, as arrays: samples, reconstructions and walks of all latents."""

import numpy as np
import torch

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.arrays import Array
from tcvae_cli.figures.plots.samples import SampledRun
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.progress import Progress, silent
from tcvae_cli.results.run_names import run_in_words
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.checks import check_seed, check_share
from tcvae_cli.verbs.decoding import (
    Extent,
    active_of,
    decoded,
    ends_of,
    evenly_spaced,
    line_of,
    most_informative_first,
    prior_middle,
    walk_latents,
)
from tcvae_cli.verbs.encode import open_images_of
from tcvae_cli.verbs.inputs import AnyPath, run_in
from tcvae_cli.verbs.latents_told import latents_told
from tcvae_cli.verbs.shared_images import sampled_images

LEAST_ROWS, MOST_ROWS, COLUMNS = 4, 10, 8  # of a block


def sample_run(
    run: Run | AnyPath,
    *,
    data: DataSet | AnyPath | None = None,
    extent: Extent = (-2, 2),
    seed: int = 0,
    device: str = "auto",
    active: float = ACTIVE_SHARE,
    progress: Progress = silent,
) -> SampledRun:
    """Decode samples from the prior, images of the data set, and walks of the 10 most informative latents.

    SEED is that of the samples and of which images are taken, from DATA or else from the run's own data set. A latent
    is active if its mean has more than the share ACTIVE of its variance, as the run remembers it; for a checkpoint
    5,000 images are looked at. `figures.samples` draws what several runs give, the names of inactive latents pale.
    """
    seed = check_seed(seed)
    values = evenly_spaced(extent, COLUMNS)
    check_share(active)
    its = run_in(run, device)
    latents = its.settings.latents
    rows = max(min(latents, MOST_ROWS), LEAST_ROWS)
    generator = torch.Generator().manual_seed(seed)
    base = its.model.prior.base.standard_noise((rows * COLUMNS, latents), generator, torch.float32).to(its.device)
    with torch.inference_mode():
        drawn = decoded(its, its.model.prior.from_base(base))
    with open_images_of(its, data, progress) as opened_data:
        pairs = reconstructions(its, opened_data, rows, seed)
        told = latents_told(its, opened_data if active_of(its, active) is None else None, active)
    order = most_informative_first(told.kl, range(latents))[:MOST_ROWS]
    data_set = its.header.data
    return SampledRun(
        title=run_in_words(line_of(its), data_set.name, data_set.provenance, data_set.rows),
        samples=drawn.reshape(rows, COLUMNS, *drawn.shape[1:]),
        pairs=pairs,
        walks=walk_latents(its, prior_middle(its), order, values),
        latents=tuple(order),
        extent=ends_of(extent),
        active=tuple(told.active is None or told.active[latent] for latent in order),
        least_share=active,
    )


def reconstructions(run: Run, data: DataSet, rows: int, seed: int) -> Array:
    """Return ROWS of images drawn with a seed, each followed by its reconstruction.

    Shape (row, column, height, width[, 3]); white where the data set has too few images.
    """
    images = sampled_images(data, rows * COLUMNS // 2, seed)
    mean = torch.as_tensor(run.posterior(images).mean)
    both = np.stack([images, decoded(run, mean)], axis=1)  # (image, 2, height, width[, 3])
    page = np.ones((rows * COLUMNS // 2, *both.shape[1:]), dtype=both.dtype)
    page[: len(both)] = both
    return page.reshape(rows, COLUMNS, *both.shape[2:])
