"""What a run's decoder draws, ready to be shown: where a walk starts, the walk itself, and what is known of latents."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tcvae_cli.arrays import Array
from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.estimators.flow import to_base
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.files.streams import display_name
from tcvae_cli.models.priors import FlowPrior
from tcvae_cli.progress import Progress, silent
from tcvae_cli.results.data_sets import data_set_in_words
from tcvae_cli.results.line import Line
from tcvae_cli.results.run_names import run_name
from tcvae_cli.results.setting import Setting, setting_of
from tcvae_cli.text import listed
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.checks import check_rows
from tcvae_cli.verbs.encode import open_images_of
from tcvae_cli.verbs.inputs import AnyPath
from tcvae_cli.verbs.shared_images import intensities

Extent = float | tuple[float, float]  # R for a walk from -R to R, or both ends
Images = int | Sequence[int] | None  # a row of a data set, or several
FARTHEST = 1000.0  # from the middle of the prior that a walk may lead


@dataclass(frozen=True)
class Start:
    """The code that a walk starts from; of an image also that image and its reconstruction, to be shown.

    All have an axis of images in front if several were asked for.
    """

    code: Tensor  # ([image,] latent)
    original: Array | None = None  # ([image,] height, width[, 3]) in [0, 1]
    reconstruction: Array | None = None


def prior_middle(run: Run) -> Tensor:
    """Return the code (latent,) in the middle of the prior: its mean, under a flow prior the median."""
    with torch.inference_mode():
        return run.model.prior.from_base(torch.zeros(1, run.settings.latents, device=run.device))[0]


def start_of(run: Run, image: Images, data: DataSet | AnyPath | None, progress: Progress = silent) -> Start:
    """Return where a walk starts: the mean code of row IMAGE of the data set, without one the middle of the prior."""
    if image is None:
        return Start(prior_middle(run))
    wanted = list(image) if isinstance(image, Sequence) else [image]
    with open_images_of(run, data, progress) as rows:
        check_rows(wanted, rows.description.rows)
        pixels = intensities(rows, wanted)
    mean = torch.as_tensor(run.posterior(pixels).mean)
    made = decoded(run, mean)
    return Start(mean, pixels, made) if isinstance(image, Sequence) else Start(mean[0], pixels[0], made[0])


def start_name(run: Run, image: Images) -> str:
    """Say where a walk starts: "from image 12345", "from images 3 and 700", "from the prior mean"."""
    if image is None:
        return f"from the prior {'median' if run.settings.prior == 'flow' else 'mean'}"
    rows = image if isinstance(image, Sequence) else [image]
    return f"from image{'s' if len(rows) > 1 else ''} {listed([str(row) for row in rows])}"


def in_base(run: Run, codes: Tensor) -> Tensor:
    """Return codes (..., latent) as walks count them: as they are, under a flow prior taken to its base."""
    if not isinstance(run.model.prior, FlowPrior):
        return codes.cpu()
    with torch.inference_mode():
        return to_base(codes.to(run.device), run.model.prior.flow())[0].cpu()


def walk_latents(run: Run, start: Tensor, latents: Sequence[int], values: Tensor, progress: Progress = silent) -> Array:
    """Decode each of LATENTS walking through VALUES (frame,), the others held at START ([image,] latent).

    Returns images ([image,] latent, frame, height, width[, 3]). Values are those of the prior's base: under a flow
    prior the latent itself walks through what the flow makes of them.
    """
    if start.dim() == 2:
        return np.stack([walk_latents(run, one, latents, values, progress) for one in start])
    with torch.inference_mode():
        walked = run.model.prior.from_base(values.to(start)[:, None].expand(-1, len(start)))
    rows = []
    with progress("drawing walks", len(latents)) as advance:
        for latent in latents:
            z = start.repeat(len(values), 1)
            z[:, latent] = walked[:, latent]
            rows.append(decoded(run, z))
            advance(1)
    return np.stack(rows)


def decoded(run: Run, codes: Tensor) -> Array:
    """Return the decoder's mean images (batch, height, width[, 3]) in [0, 1] of codes (batch, latent)."""
    return np.asarray(run.decode(codes.cpu().numpy()))


def ends_of(extent: Extent) -> tuple[float, float]:
    """Return the ends of a walk: (-R, R) for a number R, and two numbers as they are. ArgumentError for others."""
    ends = (-extent, extent) if isinstance(extent, int | float) else extent
    if not isinstance(ends, Sequence) or [isinstance(end, int | float) for end in ends] != [True, True]:
        raise ArgumentError("extent", f"is {extent!r}", "give a number above 0, or both ends of the walk")
    low, high = ends
    if not -FARTHEST <= low < high <= FARTHEST:  # also for NaN
        raise ArgumentError(
            "extent",
            f"is from {low + 0.0:g} to {high:g}",
            f"give the smaller end first, within {FARTHEST:g} of 0",
        )
    return low, high


def evenly_spaced(extent: Extent, frames: int) -> Tensor:
    """Return the values (frame,) of a walk from one end of the EXTENT to the other; refuse ends that are none."""
    return torch.linspace(*ends_of(extent), frames)


def kl_of(run: Run) -> list[float]:
    """Return the mean KL of each latent that a run remembers, NaN in a checkpoint."""
    latents = run.settings.latents
    kl = final_numbers(run, "kl_per_latent")
    return kl if kl is not None else [float("nan")] * latents


def active_of(run: Run, share: float) -> list[bool] | None:
    """Return whether each latent is active, that is whether its mean has more than SHARE of its variance.

    None if the run does not tell, as a checkpoint or a run of schema 1.
    """
    shares = final_numbers(run, "mean_share")
    return None if shares is None else [mean_share > share for mean_share in shares]


def final_numbers(run: Run, key: str) -> list[float] | None:
    """Return one number for each latent from what the run remembers of its end; None if it remembers none."""
    numbers = (run.header.final or {}).get(key)
    if numbers is not None and len(numbers) != run.settings.latents:
        fault = f"has {run.settings.latents} latents and {len(numbers)} numbers under {key!r}"
        raise TcvaeError(display_name(run.stored.path), fault, "train it again")
    return numbers


def most_informative_first(kl: Sequence[float], latents: Sequence[int]) -> list[int]:
    """Sort LATENTS by their KL, the largest first; those whose KL is NaN count as 0."""
    return sorted(latents, key=lambda j: -kl[j] if kl[j] == kl[j] else 0)


def run_title(run: Run) -> str:
    """Name a run in a few words: "beta-TCVAE, β = 6, seed 0"."""
    return run_name(line_of(run))


def run_origin(run: Run) -> str:
    """Say what a run is of and how far it came: "dSprites, 46,080 of 737,280 images · 5,000 steps"."""
    data = run.header.data
    return f"{data_set_in_words(data.name, data.provenance, data.rows)} · {run.header.step:,} steps"


def run_setting(run: Run) -> Setting:
    """Return what names and colours a run."""
    return setting_of(line_of(run))


def line_of(run: Run) -> Line:
    """Return the settings of a run as those of results are."""
    return Line(run.header.settings, display_name(run.stored.path))
