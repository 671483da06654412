"""Encode every image of a data set by a trained run: in memory, or block by block onto a stream."""

import contextlib
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from tcvae_cli.arrays import Array
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.codes import Codes, FlowTensors, write_codes
from tcvae_cli.files.codes_table import check_fits
from tcvae_cli.files.codes_whole import end_of, write_whole
from tcvae_cli.files.data_sets import DataSet, open_data_set
from tcvae_cli.files.headers import CodesHeader
from tcvae_cli.files.kinds import CODES_END
from tcvae_cli.files.runs import remembered_data_path
from tcvae_cli.files.streams import check_output, display_name, output_stream
from tcvae_cli.machine import memory_budget
from tcvae_cli.progress import Advance, Note, Progress, silent
from tcvae_cli.training.checkpoint import flow_of
from tcvae_cli.training.encoding import encode as encode_blocks
from tcvae_cli.training.encoding import posteriors
from tcvae_cli.training.images import AnyImages, Images, layout_of, load_images, rows_shuffled_together
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.checks import check_seed
from tcvae_cli.verbs.files import tensors_of
from tcvae_cli.verbs.inputs import data_path, run_in

NAMES = ("mean", "log_std", "log_likelihood")  # of what is encoded; a model without a likelihood gives the first two


@dataclass(frozen=True)
class Encoding:
    """Codes in the making: what is known of them beforehand, and the blocks of their rows."""

    header: CodesHeader
    columns: dict[str, Array]  # factor_classes, factor_values, probability and the flow of the prior, if any
    shapes: dict[str, tuple[int, ...]]  # of one row of each tensor in a block
    blocks: Iterator[tuple[Array, ...]]


def encode(
    run: Run | str | os.PathLike[str],
    data: DataSet | str | os.PathLike[str] | None = None,
    *,
    posterior_only: bool = False,
    seed: int = 0,
    device: str = "auto",
    progress: Progress = silent,
) -> Codes:
    """Return the posterior's mean and log_std (N, D) of every image, in order, with the classes of their factors.

    data: another data set than the one that the run was trained on; without it, that one is opened again where the run
    remembers it. posterior_only: leave log_likelihood (N,) out, and with it the decoder. seed: of the one sample of z
    per image behind log_likelihood. device: "auto", "cpu" or "cuda", where the run is read from a file. Errors:
    ArgumentError, and TcvaeError that names the file.
    """
    with encoding(run, data, seed, device, progress, posterior_only=posterior_only) as source:
        return codes_from(source)


def encode_rows(run: Run, data: DataSet, rows: Array, *, device: str = "auto", progress: Progress = silent) -> Codes:
    """Return the codes of some ROWS (image,) of an open data set, in memory, as if it had no others."""
    layout = layout_of(data)
    images = Images(layout.pack(data.rows(rows), data.path), layout)
    with encoding(run, data, 0, device, progress, images) as source:
        columns = {
            name: column if name.startswith("prior.") else column[rows] for name, column in source.columns.items()
        }
        if (probability := columns.get("probability")) is not None:
            columns["probability"] = probability / probability.sum()
        header = replace(source.header, data=replace(source.header.data, rows=len(rows)))
        return codes_from(replace(source, header=header, columns=columns))


def codes_from(source: Encoding) -> Codes:
    """Return the codes in the making, made."""
    mean, log_std, *likelihood = (np.concatenate(parts) for parts in zip(*source.blocks, strict=True))
    flow = [column for name, column in source.columns.items() if name.startswith("prior.")]
    return Codes(
        mean=mean,
        log_std=log_std,
        log_likelihood=likelihood[0] if likelihood else None,
        factor_classes=source.columns.get("factor_classes"),
        factor_values=source.columns.get("factor_values"),
        probability=source.columns.get("probability"),
        flow=FlowTensors(*flow) if flow else None,
        header=source.header,
    )


def encode_to(
    output: str,
    run: Run | str | os.PathLike[str],
    data: DataSet | str | os.PathLike[str] | None = None,
    *,
    posterior_only: bool = False,
    seed: int = 0,
    device: str = "auto",
    progress: Progress = silent,
) -> None:
    """Write the codes that `encode` returns to OUTPUT, a file or `-`, as they come: memory holds one block.

    A name in .npz makes an npz of them and one in .csv a table, for which memory holds all.
    """
    check_output(output, CODES_END)
    making = encoding(run, data, seed, device, progress, posterior_only=posterior_only)
    if end_of(output) in (".npz", ".csv"):
        with making as source:
            if end_of(output) == ".csv":
                check_fits(source.header, source.columns)
            codes = codes_from(source)
        write_whole(output, source.header, tensors_of(codes))
        return
    with making as source, output_stream(output) as stream:
        write_codes(stream, source.header, source.shapes, source.columns, source.blocks)


@contextlib.contextmanager
def encoding(
    run: Run | str | os.PathLike[str],
    data: DataSet | str | os.PathLike[str] | None,
    seed: int,
    device: str,
    progress: Progress,
    images: AnyImages | None = None,
    *,
    posterior_only: bool = False,
) -> Iterator[Encoding]:
    """Yield the codes in the making, for as long as their data set is open. IMAGES are its own, if loaded before."""
    seed = check_seed(seed)
    run = run_in(run, device)
    with open_images_of(run, data, progress) as rows:
        if images is None:
            images = load_images(rows, rows_shuffled_together(rows, memory_budget()))
        generator = torch.Generator().manual_seed(seed)
        if posterior_only:
            blocks = posteriors(run.model, images, run.settings.precision)
        else:
            blocks = encode_blocks(run.model, images, run.settings.precision, generator)
        first = next(blocks)
        with progress("encoding", len(images)) as advance:
            yield Encoding(
                header=CodesHeader(
                    posterior=run.settings.posterior,
                    prior=run.settings.prior,
                    settings=run.header.settings,
                    step=run.header.step,
                    seed=seed,
                    data=rows.header(),
                ),
                columns=known_columns(run, rows),
                shapes={name: part.shape[1:] for name, part in zip(NAMES, first, strict=False)},
                blocks=counted(itertools.chain([first], blocks), advance),
            )


@contextlib.contextmanager
def open_images_of(run: Run, data: DataSet | str | os.PathLike[str] | None, progress: Progress) -> Iterator[DataSet]:
    """Yield the data set DATA, opened if it is not yet, or without one that of the run.

    TcvaeError if the run takes no such images, or its data set is no longer what it was trained on.
    """
    if isinstance(data, DataSet):
        check_images(run, data)
        yield data
        return
    with open_data_set(remembered_data_path(run.stored) if data is None else data_path(data, "data"), progress) as rows:
        if data is None and rows.digest != run.header.data.digest:
            fault = "is not the data set that the run was trained on (its digest differs)"
            raise TcvaeError(rows.path, fault, "name the right one, or this one on purpose, with {data}")
        check_images(run, rows)
        yield rows


@contextlib.contextmanager
def images_if_here(
    run: Run, data: DataSet | str | os.PathLike[str] | None, progress: Progress, miss: Note
) -> Iterator[DataSet | None]:
    """Yield the data set of a run; None where nobody named one and its own is not here: MISS is told the cure."""
    with contextlib.ExitStack() as stack:
        found = None
        try:
            found = stack.enter_context(open_images_of(run, data, progress))
        except TcvaeError as error:
            if data is not None:
                raise
            miss(str(error.cure))
        yield found


def check_images(run: Run, data: DataSet) -> None:
    """Refuse images of another shape than those that the run was trained on."""
    if data.description.image_shape != run.image_shape:
        found, wanted = (" x ".join(map(str, shape)) for shape in (data.description.image_shape, run.image_shape))
        fault = f"its images are {found}, the run takes {wanted}"
        raise TcvaeError(display_name(data.path), fault, "name the run's own data set")


def known_columns(run: Run, data: DataSet) -> dict[str, Array]:
    """Return what is known of every image before it is encoded, and the flow of the prior, by their names in codes."""
    known = {"factor_classes": data.classes, "factor_values": data.factor_values(), "probability": data.probability}
    return {**{name: column for name, column in known.items() if column is not None}, **flow_of(run.model)}


def counted(blocks: Iterator[tuple[Array, ...]], advance: Advance) -> Iterator[tuple[Array, ...]]:
    """Yield the blocks, each reported as it passes."""
    for block in blocks:
        advance(len(block[0]))
        yield block
