"""`tcvae encode`: a run and its data set to codes."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.cli.flags import Device
from tcvae_cli.cli.progress import progress
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.streams import check_output, output_stream
from tcvae_cli.machine import memory_budget, start_torch

if TYPE_CHECKING:
    from tcvae_cli.arrays import Array
    from tcvae_cli.files.data_sets import DataSet
    from tcvae_cli.files.runs import StoredRun

    Block = tuple[Array, ...]


def encode(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run made by tcvae train; - is standard input.")] = "-",
    data: Annotated[
        str | None, typer.Option(metavar="FILE.h5", help="Encode this data set instead of the one trained on.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Of the one sample behind log p(x|z).")] = 0,
    device: Annotated[Device, typer.Option(help="Where to compute.")] = Device.AUTO,
    output: Annotated[str, typer.Option("-o", "--output", metavar="CODES", help="The codes to write.")] = "-",
) -> None:
    """Encode every image of the run's data set: the posterior's mean and log_std, in order (safetensors).

    tcvae encode run.safetensors -o codes.safetensors

    tcvae encode run.safetensors | tcvae mig --factors dsprites.h5
    """
    check_output(output)
    from tcvae_cli.files.data_sets import open_data_set
    from tcvae_cli.files.runs import read_run, remembered_data_path

    trained = read_run(run)
    with open_data_set(data or remembered_data_path(trained), progress) as rows:
        if data is None and rows.digest != trained.header.data.digest:
            fault = "is not the data set that the run was trained on (its digest differs)"
            raise TcvaeError(rows.path, fault, "name the right one, or this one on purpose, with --data")
        write(trained, rows, seed, device, output)


def write(run: "StoredRun", data: "DataSet", seed: int, device: str, output: str) -> None:
    """Encode block by block onto the output."""
    torch_device = start_torch(device)
    import torch

    from tcvae_cli.files.codes import write_codes
    from tcvae_cli.files.headers import CodesHeader
    from tcvae_cli.training.checkpoint import flow_of, input_shape, load_model, run_settings
    from tcvae_cli.training.encoding import encode as encode_blocks
    from tcvae_cli.training.images import load_images, rows_shuffled_together

    settings = run_settings(run)
    model = load_model(run, torch_device)
    images = load_images(data, rows_shuffled_together(data, memory_budget()))
    if images.layout.input_shape != input_shape(run):
        found, wanted = " x ".join(map(str, images.layout.input_shape)), " x ".join(map(str, input_shape(run)))
        raise TcvaeError(data.path, f"its images are {found}, the run takes {wanted}", "encode the run's own data set")
    header = CodesHeader(
        posterior=settings.posterior,
        prior=settings.prior,
        settings=run.header.settings,
        step=run.header.step,
        seed=seed,
        data=data.header(),
    )
    known = {"factor_classes": data.classes, "probability": data.probability}
    columns = {**{name: column for name, column in known.items() if column is not None}, **flow_of(model)}
    shapes: dict[str, tuple[int, ...]] = {"mean": (settings.latents,), "log_std": (settings.latents,)}
    if model.has_likelihood:
        shapes["log_likelihood"] = ()
    blocks = encode_blocks(model, images, settings.precision, torch.Generator().manual_seed(seed))
    with output_stream(output) as stream, progress("encoding", total=len(images)) as advance:
        write_codes(stream, header, shapes, columns, counted(blocks, advance))


def counted(blocks: "Iterator[Block]", advance: Callable[[int], object]) -> "Iterator[Block]":
    """The blocks, each reported as it passes."""
    for block in blocks:
        advance(len(block[0]))
        yield block
