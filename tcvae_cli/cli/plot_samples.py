"""`tcvae plot samples`: runs as samples, reconstructions and walks."""

import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.cli.decoder import Range, Where, decoded, drawable, extent_of, kl_of, open_data_of, ranked, title_of
from tcvae_cli.cli.figure_output import Output, write_figure
from tcvae_cli.cli.flags import Device
from tcvae_cli.machine import start_torch

if TYPE_CHECKING:
    import torch
    from matplotlib.figure import Figure

    from tcvae_cli.arrays import Array
    from tcvae_cli.figures.samples import Decoded
    from tcvae_cli.files.runs import Run
    from tcvae_cli.models.model import Model

LEAST_ROWS, MOST_ROWS, COLUMNS = 4, 10, 8  # of a block


def samples(
    runs: Annotated[list[str], typer.Argument(metavar="RUN", help="Runs made by tcvae train.")],
    data: Annotated[
        str | None, typer.Option(metavar="FILE.h5", help="Images to reconstruct. \\[default: those of the run]")
    ] = None,
    range: Range = "2",  # noqa: A002
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Of the samples and the images.")] = 0,
    device: Where = Device.AUTO,
    output: Output = "-",
) -> None:
    """Samples from the prior, reconstructions, and walks of all latents.

    tcvae plot samples run.safetensors -o samples.pdf

    tcvae plot samples beta-vae.safetensors beta-tcvae.safetensors --range 3 -o samples.png
    """
    from tcvae_cli.figures.samples import samples as figure

    extent = extent_of(range)

    def make() -> "Figure":
        where = start_torch(device)
        return figure([decoded_run(path, data, extent, seed, where) for path in runs])

    write_figure(output, make)


def decoded_run(
    path: str, data: str | None, extent: tuple[float, float], seed: int, device: "torch.device"
) -> "Decoded":
    """What one run's decoder draws."""
    import torch

    from tcvae_cli.figures.samples import Decoded
    from tcvae_cli.files.runs import read_run
    from tcvae_cli.training.checkpoint import load_model, run_settings
    from tcvae_cli.training.traversal import traverse

    run = read_run(path)
    model, latents = load_model(run, device), run_settings(run).latents
    order = ranked(kl_of(run, latents), list(range(latents)))[:MOST_ROWS]
    rows = max(len(order), LEAST_ROWS)
    generator = torch.Generator().manual_seed(seed)
    base = model.prior.base.draw((rows * COLUMNS, latents), generator, torch.float32).to(device)
    drawn = decoded(model, model.prior.from_base(base))
    origin = model.prior.from_base(torch.zeros(1, latents, device=device))[0]
    walk = traverse(model, origin, order, torch.linspace(*extent, COLUMNS))
    name = run.header["data"]["name"]
    return Decoded(
        title=textwrap.shorten(
            f"{title_of(run)} · {name} ({run.header['data']['provenance']})", 100, placeholder=" ..."
        ),
        samples=drawn.reshape(rows, COLUMNS, *drawn.shape[1:]),
        pairs=reconstructions(run, model, data, (rows, seed), device),
        walks=drawable(walk.images.numpy()),
        latents=tuple(order),
        values=extent,
    )


def reconstructions(
    run: "Run", model: "Model", data_path: str | None, draw: tuple[int, int], device: "torch.device"
) -> "Array":
    """Rows of images drawn with a seed, each followed by its reconstruction: (row, column, height, width[, 3])."""
    import numpy as np
    import torch

    from tcvae_cli.training.comparison import sampled_images

    rows, seed = draw
    with open_data_of(run, data_path) as data:
        batch = sampled_images(data, rows * COLUMNS // 2, seed).batch(slice(None), device)
    with torch.inference_mode():
        mean, _ = model.posterior(batch)
    both = np.stack([drawable(batch.cpu().numpy()), decoded(model, mean)], axis=1)  # (image, 2, height, width[, 3])
    page = np.ones((rows * COLUMNS // 2, *both.shape[1:]), dtype=both.dtype)  # white where a data set is smaller
    page[: len(both)] = both
    return page.reshape(rows, COLUMNS, *both.shape[2:])
