"""Export the networks of a run to files of other programs, each checked against the run before it is given out."""

import os
from dataclasses import dataclass, field

import numpy as np
import torch

from tcvae_cli.arrays import Array
from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.models.plain_layers import Autoencoder, Decoder, Encoder, plain_networks
from tcvae_cli.progress import Note, Progress, silent, warn
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.checks import check_word
from tcvae_cli.verbs.decoding import run_origin, run_title
from tcvae_cli.verbs.encode import images_if_here
from tcvae_cli.verbs.export_files import FILES, Part, check_packages
from tcvae_cli.verbs.inputs import AnyPath, run_in
from tcvae_cli.verbs.shared_images import sampled_images

PARTS = ("both", "encoder", "decoder")
CHECKED = 100  # images or codes
TOLERANCE = 1e-4  # of what comes out of the file, in absolute numbers


@dataclass(frozen=True, eq=False)
class Exported:
    """A file of a run's networks, and how far its numbers are from the run's."""

    content: bytes = field(repr=False)
    part: str
    takes: str
    differences: dict[str, float]  # of each output: the largest over all inputs that were tried
    tried: str  # such as "100 images of dsprites"

    def __str__(self) -> str:
        differences = ", ".join(f"{name} to {difference:.1g}" for name, difference in self.differences.items())
        return f"takes {self.takes}, and agrees with the run on {self.tried}: {differences}"


def export_run(
    run: Run | AnyPath,
    extension: str,
    *,
    part: str = "both",
    data: DataSet | AnyPath | None = None,
    progress: Progress = silent,
    note: Note = warn,
) -> Exported:
    """Return a run as the file that EXTENSION says: ".onnx", ".pt2" (torch.export) or ".npz" (weights of NumPy).

    part: "encoder" takes images (batch, channel, height, width) in [0, 1] and gives mean and log_std (batch, latent)
    of q(z|x); "decoder" takes z (batch, latent) and gives images; "both" takes images, and gives mean, log_std and the
    reconstruction, the decoder's images of the mean. An npz holds all weights.
    The file is opened again and compared with the run, in float32, on 100 images of the data set (DATA, else the one
    that the run was trained on, else of uniform noise), or on 100 codes drawn from the prior. NOTE is told where the
    run itself encodes in bfloat16. The same run gives the same bytes.
    Errors: ArgumentError; TcvaeError where a number differs by more than 1e-4, or a package is not installed.
    """
    check_extension(extension, part)
    its = run_in(run, "cpu")
    made = part_of(its, part)
    to_file, from_file = FILES[extension]
    if part == "decoder":
        given, tried = prior_codes(its), f"{CHECKED} codes drawn from the prior"
    else:
        images, tried = images_of(its, data, progress)
        given = np.ascontiguousarray(torch.cat(list(its.pixels(images))).cpu().numpy())
    wanted = outputs_of(its, given, part)
    if part != "decoder":
        tell_rounding(its, images, wanted[:2], note)
    content = to_file(its.stored, made)
    found = from_file(content, made, its.stored)(given)
    differences = {
        name: float(np.abs(one - other).max()) for name, one, other in zip(made.gives, found, wanted, strict=True)
    }
    for name, difference in differences.items():
        if not difference <= TOLERANCE:  # so also for NaN
            fault = f"its {name} in {extension} differs by {difference:.2g} on {tried}"
            raise TcvaeError(its.stored.where, fault, f"take another kind of file: {', '.join(FILES)}")
    return Exported(content, part, made.takes, differences, tried)


def check_extension(extension: str, part: str = "both") -> None:
    """Refuse a kind of file or a part that is not exported, and what is not installed."""
    check_word("part", part, PARTS)
    if extension not in FILES:
        fault = f"cannot be a {extension} file" if extension else "does not say by its name what it is to be"
        raise ArgumentError("output", fault, f"end the name in {', '.join(FILES)}")
    if extension == ".npz" and part != "both":
        raise ArgumentError("part", f"is {part}, but an npz holds the weights of both", "leave {part} out")
    if extension == ".onnx":
        check_packages()


def extension_of(path: str) -> str:
    """Return what kind of file a name is of: ".onnx"."""
    return os.path.splitext(path)[1].lower()


def part_of(run: Run, part: str) -> Part:
    """Return the network to export, in torch's own layers."""
    encoder, decoder = plain_networks(run.model)
    channels = run.image_shape[2] if len(run.image_shape) == 3 else 1
    images, codes = torch.zeros(2, channels, *run.image_shape[:2]), torch.zeros(2, run.settings.latents)
    title = f"{run_title(run)} · {run_origin(run)}"
    return {
        "both": Part(Autoencoder(encoder, decoder), "images", ("mean", "log_std", "reconstruction"), images, title),
        "encoder": Part(Encoder(encoder), "images", ("mean", "log_std"), images, title),
        "decoder": Part(Decoder(decoder), "z", ("images",), codes, title),
    }[part]


def images_of(run: Run, data: DataSet | AnyPath | None, progress: Progress) -> tuple[Array, str]:
    """Return images (image, height, width[, 3]) to compare by, and in words what they are."""
    with images_if_here(run, data, progress, lambda cure: None) as rows:
        if rows is not None:
            images = sampled_images(rows, CHECKED)
            return images, f"{len(images)} images of {rows.description.name}"
    noise = np.random.default_rng(0).random((CHECKED, *run.image_shape), np.float32)
    return noise, f"{CHECKED} images of noise, as its data set is not here"


def prior_codes(run: Run) -> Array:
    """Draw codes (code, latent) from the prior, by seed 0."""
    prior, generator = run.model.prior, torch.Generator().manual_seed(0)
    base = prior.base.standard_noise((CHECKED, run.settings.latents), generator, torch.float32)
    with torch.no_grad():
        return np.ascontiguousarray(prior.from_base(base.to(run.device)).cpu().numpy())


@torch.no_grad()
def outputs_of(run: Run, given: Array, part: str) -> list[Array]:
    """Return what the run itself makes of some images or codes in float32: the outputs of a part."""
    tensor = torch.from_numpy(given).to(run.device)
    found = [tensor] if part == "decoder" else list(run.model.posterior(tensor))
    images = [] if part == "encoder" else [torch.sigmoid(run.model.logits(found[0]).float())]
    return [one.cpu().numpy() for one in (images if part == "decoder" else [*found, *images])]


def tell_rounding(run: Run, images: Array, exact: list[Array], note: Note) -> None:
    """Say how far mean and log_std of a run that encodes in bfloat16 are from the EXACT ones, on some images."""
    if run.settings.precision == "bfloat16":
        rounded = run.posterior(images)
        mean, log_std = (
            float(np.abs(np.asarray(one) - other).max())
            for one, other in zip((rounded.mean, rounded.log_std), exact, strict=True)
        )
        note(
            f"the run encodes in bfloat16, the file in float32: on these {len(images)} images, mean differs by up to "
            f"{mean:.1g} and log_std by up to {log_std:.1g}"
        )
