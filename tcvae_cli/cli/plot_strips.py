"""`tcvae plot strips`: two runs as walks of the latents that match."""

import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.cli.decoder import (
    Range,
    Start,
    Where,
    check_images,
    drawable,
    extent_of,
    open_data_of,
    start_of,
    title_of,
)
from tcvae_cli.cli.figure_output import Output, write_figure
from tcvae_cli.cli.flags import Device
from tcvae_cli.errors import TcvaeError, UsageError
from tcvae_cli.files.streams import display_name
from tcvae_cli.machine import start_torch

if TYPE_CHECKING:
    import torch
    from matplotlib.figure import Figure

    from tcvae_cli.estimators.matching import Pair
    from tcvae_cli.files.runs import Run
    from tcvae_cli.training.comparison import Reading

SHARED = 2_000  # images that two runs are compared on


def strips(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run made by tcvae train.")],
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The run to compare it with.")],
    image: Annotated[
        int | None, typer.Option(min=0, metavar="ROW", help="Start from this image. \\[default: the prior mean]")
    ] = None,
    data: Annotated[
        str | None, typer.Option(metavar="FILE.h5", help="Compare on this data set. \\[default: that of RUN]")
    ] = None,
    mig: Annotated[
        str | None,
        typer.Option(metavar="RESULT", help="Only the latents of RUN that tell most of a factor, named by it."),
    ] = None,
    pairs: Annotated[int, typer.Option(min=1, metavar="COUNT", help="At most so many, the most informative.")] = 10,
    range: Range = "2",  # noqa: A002
    frames: Annotated[int, typer.Option(min=2, max=21, help="Images a strip.")] = 9,
    device: Where = Device.AUTO,
    output: Output = "-",
) -> None:
    """Traversals of two runs, matching latents one below the other.

    tcvae plot strips beta-tcvae.safetensors beta-vae.safetensors -o strips.pdf

    tcvae plot strips beta-tcvae.safetensors beta-vae.safetensors --image 12 --range 0,6 -o strips.png

    Latents are matched one to one by the correlation of their posterior means over 2,000 images, such that the sum of
    absolute correlations is the largest. Where it is negative OTHER walks backwards. Latents whose mean varies by no
    more than 0.01 are left out.
    """
    extent = extent_of(range)
    if run == other == "-":
        raise UsageError("OTHER", "stdin already gives the run", "name a file for one of the two")
    write_figure(
        output, lambda: strips_of((run, other), Start(image, data), mig, pairs, (*extent, frames), start_torch(device))
    )


def strips_of(
    paths: tuple[str, str],
    start: Start,
    mig: str | None,
    most: int,
    extent: tuple[float, float, int],
    device: "torch.device",
) -> "Figure":
    """The figure of two runs."""
    import torch

    from tcvae_cli.figures.strips import Strip, StripPair
    from tcvae_cli.figures.strips import strips as figure
    from tcvae_cli.files.runs import read_run
    from tcvae_cli.results.methods import colour
    from tcvae_cli.training.checkpoint import load_model, run_settings
    from tcvae_cli.training.comparison import read_images, sampled_images
    from tcvae_cli.training.traversal import traverse

    runs = [read_run(path) for path in paths]
    models = [load_model(run, device) for run in runs]
    names = names_of(runs[0], mig) if mig is not None else None
    with open_data_of(runs[0], start.data) as data:
        check_images(runs[1], data)
        images, about = sampled_images(data, SHARED), data.description
    read = [read_images(m, images, run_settings(r).precision) for m, r in zip(models, runs, strict=True)]
    pairs = informative_pairs(read[0], read[1], names)[:most]
    values = torch.linspace(*extent)
    origins = [start_of(run, model, start, device)[0] for run, model in zip(runs, models, strict=True)]

    def strip(which: int, latent: int, sign: float) -> Strip:
        walk = traverse(models[which], origins[which], [latent], values * sign)
        return Strip(latent, float(read[which].kl[latent]), drawable(walk.images.numpy())[0])

    drawn = [
        StripPair(
            strip(0, pair.latent, 1),
            strip(1, pair.other, -1 if pair.correlation < 0 else 1),
            pair.correlation,
            (names or {}).get(pair.latent, ""),
        )
        for pair in pairs
    ]
    titles = [title_of(run) for run in runs]
    text = textwrap.shorten(
        f"matched over {len(images):,} images of {about.name} ({about.provenance})", 105, placeholder=" ..."
    )
    tints = [colour(title) for title in titles]
    if tints[0] == tints[1]:
        tints[1] = "#000000"
    return figure(drawn, (titles[0], titles[1]), (tints[0], tints[1]), (text, values.numpy()))


def informative_pairs(first: "Reading", second: "Reading", only: dict[int, str] | None) -> "list[Pair]":
    """The matching latents that are active in both, or of those ONLY some of the first, by the KL of both together."""
    from tcvae_cli.estimators.activity import LEAST_SHARE
    from tcvae_cli.estimators.matching import matched

    active, other_active = (read.share > LEAST_SHARE for read in (first, second))
    pairs = [
        pair
        for pair in matched(first.mean, second.mean)
        if active[pair.latent] and other_active[pair.other] and (only is None or pair.latent in only)
    ]
    return sorted(pairs, key=lambda pair: -float(first.kl[pair.latent] + second.kl[pair.other]))


def names_of(run: "Run", path: str) -> dict[int, str]:
    """{latent: the factors that it tells most of}, from the mig of the run among the results in a file."""
    from tcvae_cli.results.line import CURE, read_results

    settings, digest = run.header["settings"], run.header["data"]["digest"]
    results = [result for result in read_results(path) if result["kind"] == "mig"]
    results = [one for one in results if one.get("settings") == settings and one.get("data_digest") == digest]
    if not results:
        raise TcvaeError(
            display_name(path), f"has no mig of {display_name(run.path)}", "make it by tcvae encode RUN | tcvae mig"
        )
    winners: dict[int, list[str]] = {}
    for result in results:
        factors, winner = result["factors"], result["winner"]
        if not (isinstance(factors, list) and isinstance(winner, list) and len(factors) == len(winner)):
            raise TcvaeError(result.where, "'winner' is not a latent for each factor", CURE)
        for name, latent in zip(factors, winner, strict=True):
            winners.setdefault(latent, []).append(str(name))
    return {latent: ", ".join(dict.fromkeys(names)) for latent, names in winners.items()}
