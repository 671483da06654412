"""`tcvae traverse`: a run to a picture of what each latent does."""

from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.cli.decoder import Range, Start, Where, drawable, extent_of, kl_of, ranked, start_of
from tcvae_cli.cli.flags import Device
from tcvae_cli.errors import UsageError
from tcvae_cli.files.streams import check_output, write_bytes
from tcvae_cli.machine import start_torch

if TYPE_CHECKING:
    from tcvae_cli.files.runs import Run
    from tcvae_cli.files.walks import Walk

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
    range: Range = "2",  # noqa: A002
    frames: Annotated[int, typer.Option(min=2, max=100, help="Images a walk.")] = 11,
    device: Where = Device.AUTO,
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
    extent = extent_of(range)
    if data is not None and image is None:
        raise UsageError("--data", "is only read for --image", "name a row with --image")
    from tcvae_cli.files.runs import read_run

    trained = read_run(run)
    traversal = walk(trained, Start(image, data), latent, (*extent, frames), device)
    write_bytes(output, rendered(traversal, kind))


def walk(
    run: "Run", start: Start, latents: list[int] | None, extent: tuple[float, float, int], device_name: str
) -> "Walk":
    """The traversal of a run, as arrays with what is to be written beside them."""
    device = start_torch(device_name)
    import torch

    from tcvae_cli.files.walks import Walk
    from tcvae_cli.objectives.settings import TITLES
    from tcvae_cli.training.checkpoint import load_model, run_settings
    from tcvae_cli.training.traversal import traverse as walk_latents

    settings, model = run_settings(run), load_model(run, device)
    kl = kl_of(run, settings.latents)
    order = ranked(kl, chosen_latents(latents, settings.latents))
    values = torch.linspace(*extent)
    origin, original, reconstruction = start_of(run, model, start, device)
    walked = walk_latents(model, origin, order, values)
    middle = "median" if settings.prior == "flow" else "mean"
    weight = "" if settings.objective == "vae" else f", beta {settings.beta:g}"
    data_set = run.header["data"]
    return Walk(
        frames=drawable(walked.images.numpy()),
        values=walked.values.numpy(),
        latents=tuple(order),
        kl=tuple(kl[j] for j in order),
        active=active_of(run, order),
        title=(
            f"{TITLES.get(settings.objective, settings.objective)}{weight}, seed {settings.seed}, "
            f"{run.header['step']:,} steps · {data_set['name']} ({data_set['provenance']})"
        ),
        start=f"from the prior {middle}" if start.row is None else f"from image {start.row}",
        original=original,
        reconstruction=reconstruction,
        made_by={name: run.header[name] for name in ("settings", "step", "data")},
    )


def chosen_latents(wanted: list[int] | None, latents: int) -> list[int]:
    """The latents to walk. UsageError for one that does not exist."""
    for index in wanted or []:
        if index >= latents:
            raise UsageError("--latent", f"there is no latent {index}", f"choose from 0 to {latents - 1}")
    return sorted(set(wanted)) if wanted else list(range(latents))


def active_of(run: "Run", latents: list[int]) -> tuple[bool, ...] | None:
    """Which latents are active, None where the run does not say."""
    shares = (run.header.get("final") or {}).get("mean_share")
    return tuple(shares[latent] > 0.01 for latent in latents) if shares else None


def rendered(walk: "Walk", kind: str) -> bytes:
    """The bytes of the picture or of the arrays."""
    from tcvae_cli.figures.pages.walks import walk_gif, walk_png
    from tcvae_cli.files.walks import walk_to_bytes

    return {".png": walk_png, ".gif": walk_gif, ".safetensors": walk_to_bytes}[kind](walk)
