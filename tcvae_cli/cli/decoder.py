"""What the verbs that draw a run's decoder share: where a walk starts and ends, the run's data, images to draw."""

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.cli.flags import Device
from tcvae_cli.cli.progress import progress
from tcvae_cli.errors import TcvaeError, UsageError
from tcvae_cli.files.streams import display_name

if TYPE_CHECKING:
    import torch

    from tcvae_cli.arrays import Array
    from tcvae_cli.files.data_sets import DataSet
    from tcvae_cli.files.runs import Run
    from tcvae_cli.models.model import Model

FARTHEST = 1000.0

Range = Annotated[str, typer.Option("--range", metavar="R", help="Walk from -R to R, or as LOW,HIGH says.")]
Where = Annotated[Device, typer.Option(help="Where to compute.")]


@dataclass(frozen=True)
class Start:
    """Where a traversal starts: a row of a data set, or the prior mean."""

    row: int | None
    data: str | None


def extent_of(text: str) -> tuple[float, float]:
    """The ends of a walk as typed: R for (-R, R), or LOW,HIGH. UsageError if it is neither."""
    try:
        ends = [float(part) for part in text.split(",")]
    except ValueError:
        ends = []
    low, high = (-ends[0], ends[0]) if len(ends) == 1 else ends if len(ends) == 2 else (math.nan, math.nan)
    if not -FARTHEST <= low < high <= FARTHEST:  # also for NaN
        cure = f"give a number above 0, up to {FARTHEST:g}, or LOW,HIGH"
        raise UsageError("--range", f"is {text}", cure)
    return low, high


@contextlib.contextmanager
def open_data_of(run: "Run", path: str | None) -> "Iterator[DataSet]":
    """The data set at PATH, or the one the run was trained on; its images must be such as the run takes."""
    from tcvae_cli.files.data_sets import open_data_set
    from tcvae_cli.files.runs import remembered_data_path

    with open_data_set(path or remembered_data_path(run), progress) as data:
        if path is None and data.digest != run.header["data"]["digest"]:
            raise TcvaeError(data.path, "is not the data set the run was trained on", "name one with --data")
        check_images(run, data)
        yield data


def check_images(run: "Run", data: "DataSet") -> None:
    """TcvaeError if the images of a data set are not such as the run takes."""
    from tcvae_cli.training.checkpoint import image_of

    channels, height, width = image_of(run)
    shape = data.description.image_shape
    if shape != ((height, width) if channels == 1 else (height, width, channels)):
        raise TcvaeError(display_name(data.path), f"its images are {shape}", "name the run's own data set")


def start_of(
    run: "Run", model: "Model", start: Start, device: "torch.device"
) -> "tuple[torch.Tensor, Array | None, Array | None]":
    """The code (latent,) that a walk starts from; of an image also that image and its reconstruction, to be drawn."""
    import torch

    latents = int(run.header["settings"]["latents"])
    if start.row is None:
        return model.prior.from_base(torch.zeros(1, latents, device=device))[0], None, None
    with open_data_of(run, start.data) as data:
        if start.row >= data.description.rows:
            raise UsageError("--image", f"there is no image {start.row}", f"choose below {data.description.rows}")
        pixels = data.rows(start.row) / (1 if data.description.pixel_kind == "binary" else 255)
    batch = torch.from_numpy(pixels).float().reshape(1, *pixels.shape[:2], -1).permute(0, 3, 1, 2).to(device)
    with torch.inference_mode():
        mean, _ = model.posterior(batch)
    return mean[0], pixels, decoded(model, mean)[0]


def decoded(model: "Model", codes: "torch.Tensor") -> "Array":
    """The decoder's mean images (batch, height, width[, 3]) of some codes (batch, latent)."""
    import torch

    with torch.inference_mode():
        return drawable(torch.sigmoid(model.logits(codes).float()).cpu().numpy())


def drawable(images: "Array") -> "Array":
    """(..., channel, height, width) -> (..., height, width[, 3])."""
    return images[..., 0, :, :] if images.shape[-3] == 1 else images.swapaxes(-3, -2).swapaxes(-2, -1)


def kl_of(run: "Run", latents: int) -> list[float]:
    """The KL of each latent that a run remembers, NaN in a checkpoint. TcvaeError if there are not so many."""
    final = run.header.get("final")
    kl = final["kl_per_latent"] if final else [float("nan")] * latents
    if len(kl) != latents:
        raise TcvaeError(display_name(run.path), f"has {latents} latents and {len(kl)} KLs", "train it again")
    return list(kl)


def ranked(kl: list[float], chosen: list[int]) -> list[int]:
    """The chosen latents, most informative first."""
    return sorted(chosen, key=lambda j: -kl[j] if kl[j] == kl[j] else 0)


def title_of(run: "Run") -> str:
    """A run in a few words: "beta-TCVAE (6), seed 0"."""
    from tcvae_cli.results.line import Line
    from tcvae_cli.results.methods import setting_order

    settings = run.header["settings"]
    return f"{setting_order(Line(settings, display_name(run.path)))[-1]}, seed {settings['seed']}"
