"""`tcvae traverse`: a run to a picture of what each latent does."""

from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.cli.common import Device, start_torch
from tcvae_cli.errors import TcvaeError, UsageError
from tcvae_cli.files.streams import check_output, display_name, write_bytes

if TYPE_CHECKING:
    import torch

    from tcvae_cli.files.data_sets import Array
    from tcvae_cli.files.pictures import Traversal
    from tcvae_cli.files.runs import Run
    from tcvae_cli.training.state import Model

FORMATS = (".png", ".gif", ".safetensors")


def traverse(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run made by tcvae train; - is standard input.")] = "-",
    image: Annotated[
        int | None, typer.Option(min=0, metavar="ROW", help="Start from this image. \\[default: the prior mean]")
    ] = None,
    data: Annotated[
        str | None, typer.Option(metavar="FILE.h5", help="Take --image from this data set. \\[default: the run's]")
    ] = None,
    latent: Annotated[list[int] | None, typer.Option(min=0, metavar="J", help="Only this latent (repeat).")] = None,
    range: Annotated[  # noqa: A002
        float, typer.Option(min=0, metavar="R", help="Walk from -R to R.")
    ] = 2.0,
    frames: Annotated[int, typer.Option(min=2, max=100, help="Images a walk.")] = 11,
    device: Annotated[Device, typer.Option(help="Where to compute.")] = Device.AUTO,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help=".png, .gif or .safetensors; - is PNG on stdout.")
    ] = "-",
) -> None:
    """Draw the decoder's images as each latent walks from -R to R, the most informative latent first.

    tcvae traverse run.safetensors -o traverse.png

    tcvae traverse run.safetensors --image 12345 --range 3 -o traverse.gif
    """
    from pathlib import Path

    check_output(output)
    kind = ".png" if output == "-" or not Path(output).suffix else Path(output).suffix.lower()
    if kind not in FORMATS:
        raise UsageError("--output", f"cannot draw a {kind} file", f"end the name in {', '.join(FORMATS)}")
    if not 0 < range <= 1000:
        raise UsageError("--range", f"is {range:g}", "give a number above 0, up to 1000")
    if data is not None and image is None:
        raise UsageError("--data", "is only read for --image", "name a row with --image")
    from tcvae_cli.files.runs import read_run

    trained = read_run(run)
    traversal = walk(trained, Start(image, data), latent, (range, frames), device)
    write_bytes(output, rendered(traversal, kind, trained))


class Start:
    """Where a traversal starts: a row of a data set, or the prior mean."""

    def __init__(self, row: int | None, data: str | None) -> None:
        self.row, self.data = row, data


def walk(
    run: "Run", start: Start, latents: list[int] | None, extent: tuple[float, int], device_name: str
) -> "Traversal":
    """The traversal of a run, as arrays with what is to be written beside them."""
    device = start_torch(device_name)
    import torch

    from tcvae_cli.files.pictures import Traversal
    from tcvae_cli.training.checkpoint import load_model, run_settings
    from tcvae_cli.training.settings import TITLES
    from tcvae_cli.training.traversal import traverse as walk_latents

    settings, model = run_settings(run), load_model(run, device)
    final = run.header.get("final")
    kl = final["kl_per_latent"] if final else [float("nan")] * settings.latents
    if len(kl) != settings.latents:
        raise TcvaeError(display_name(run.path), f"has {settings.latents} latents and {len(kl)} KLs", "train it again")
    order = ranked(kl, latents, settings.latents)
    values = torch.linspace(-extent[0], extent[0], extent[1])
    origin, original = model.prior.from_base(torch.zeros(1, settings.latents, device=device))[0], None
    if start.row is not None:
        origin, original = posterior_mean(run, model, start, device)
    walked = walk_latents(model, origin, order, values)
    reconstruction = None
    if original is not None:
        with torch.inference_mode():
            reconstruction = drawable(torch.sigmoid(model.logits(origin[None]).float()).cpu().numpy())[0]
    middle = "median" if settings.prior == "flow" else "mean"
    weight = "" if settings.objective == "vae" else f", beta {settings.beta:g}"
    data_set = run.header["data"]
    return Traversal(
        frames=drawable(walked.images.numpy()),
        values=walked.values.numpy(),
        latents=tuple(order),
        kl=tuple(kl[j] for j in order),
        title=(
            f"{TITLES.get(settings.objective, settings.objective)}{weight}, seed {settings.seed}, "
            f"{run.header['step']:,} steps · {data_set['name']} ({data_set['provenance']})"
        ),
        start=f"from the prior {middle}" if start.row is None else f"from image {start.row}",
        original=original,
        reconstruction=reconstruction,
    )


def ranked(kl: list[float], wanted: list[int] | None, latents: int) -> list[int]:
    """The latents to walk, most informative first. UsageError for one that does not exist."""
    for index in wanted or []:
        if index >= latents:
            raise UsageError("--latent", f"there is no latent {index}", f"choose from 0 to {latents - 1}")
    chosen = sorted(set(wanted)) if wanted else list(range(latents))
    return sorted(chosen, key=lambda j: -kl[j] if kl[j] == kl[j] else 0)


def posterior_mean(run: "Run", model: "Model", start: Start, device: "torch.device") -> "tuple[torch.Tensor, Array]":
    """The code (latent,) of the chosen image, and that image (height, width[, 3])."""
    import torch

    from tcvae_cli.files.data_sets import open_data_set
    from tcvae_cli.files.runs import remembered_data_path
    from tcvae_cli.training.checkpoint import image_of

    with open_data_set(start.data or remembered_data_path(run)) as data:
        if start.data is None and data.digest != run.header["data"]["digest"]:
            raise TcvaeError(data.path, "is not the data set the run was trained on", "name one with --data")
        if start.row is None or start.row >= data.description.rows:
            raise UsageError("--image", f"there is no image {start.row}", f"choose below {data.description.rows}")
        pixels = data.rows(start.row) / (1 if data.description.pixel_kind == "binary" else 255)
    channels, height, width = image_of(run)
    if pixels.shape != ((height, width) if channels == 1 else (height, width, channels)):
        raise TcvaeError(display_name(data.path), f"its images are {pixels.shape}", "name the run's own data set")
    batch = torch.from_numpy(pixels).float().reshape(1, height, width, channels).permute(0, 3, 1, 2).to(device)
    with torch.inference_mode():
        mean, _ = model.posterior(batch)
    return mean[0], pixels


def drawable(images: "Array") -> "Array":
    """(..., channel, height, width) -> (..., height, width[, 3])."""
    return images[..., 0, :, :] if images.shape[-3] == 1 else images.swapaxes(-3, -2).swapaxes(-2, -1)


def rendered(traversal: "Traversal", kind: str, run: "Run") -> bytes:
    """The bytes of the picture or of the arrays."""
    import numpy as np

    from tcvae_cli.files.pictures import traversal_gif, traversal_png
    from tcvae_cli.files.provenance import new_header
    from tcvae_cli.files.tensors import tensors_to_bytes

    if kind == ".png":
        return traversal_png(traversal)
    if kind == ".gif":
        return traversal_gif(traversal)
    parent = {name: run.header[name] for name in ("settings", "step", "data")}
    header = new_header("traversal", title=traversal.title, start=traversal.start, **parent)
    arrays: dict[str, Array] = {
        "frames": traversal.frames.astype(np.float32),
        "values": traversal.values.astype(np.float32),
        "latents": np.array(traversal.latents, dtype=np.int64),
        "kl": np.array(traversal.kl, dtype=np.float64),
    }
    for name in ("original", "reconstruction"):
        if (picture := getattr(traversal, name)) is not None:
            arrays[name] = picture.astype(np.float32)
    return tensors_to_bytes(header, arrays)
