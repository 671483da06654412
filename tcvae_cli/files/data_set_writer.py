"""Writing a data set in the published dSprites HDF5 layout: streaming, compressed in threads, the same bytes always."""

import collections
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from tcvae_cli.files.data_sets import Description
from tcvae_cli.files.provenance import new_header

Array = npt.NDArray[Any]
CHUNK_BYTES = 1 << 20  # the chunk cache of an HDF5 reader that was told nothing
LEVEL = 6  # dSprites: 14 MB in 7 core-seconds; level 5 26 MB in the same time, level 9 10 MB in 28


@dataclass(frozen=True)
class Source:
    """Everything that a data set file is made of, images still to come."""

    description: Description
    blocks: Iterator[Array]  # (any number of rows, H, W[, 3]) uint8, together `description.rows`
    classes: Array | None  # (rows, factors) int64
    values: Array | None  # (rows, factors) float64


def write_data_set(
    part_path: Path,
    description: Description,
    blocks: Iterable[Array],
    classes: Array | None,
    values: Array | None,
    probability: Array | None = None,
    *,
    threads: int | None = None,
) -> None:
    """Write images and labels to PART_PATH; memory holds a few chunks of 1 MiB, never the images.

    Shapes as in `Source`; probability (rows,) float64. The bytes do not depend on how BLOCKS is cut or on THREADS
    (default: one a core). Errors: OSError from the file system; ValueError if the rows are not what is described.
    """
    rows, factors = description.rows, (description.rows, len(description.factor_names))
    threads = threads or os.cpu_count() or 1
    try:
        with h5py.File(part_path, "w") as file:
            write_attributes(file, description)
            write_array(file, "imgs", (rows, *description.image_shape), np.uint8, blocks, threads)
            if classes is not None and description.factor_names:
                write_array(file, "latents/classes", factors, np.int64, [classes], threads)
            if values is not None and description.factor_names:
                write_array(file, "latents/values", factors, np.float64, [values], threads)
            if probability is not None:
                write_array(file, "probability", (rows,), np.float64, [probability], threads)
    except (OSError, RuntimeError) as error:  # h5py tells of a full disk in five lines, with the time and an address
        number = re.search(r"errno = (\d+)", str(error))
        if number is None:
            raise
        raise OSError(int(number[1]), os.strerror(int(number[1]))) from None


def write_attributes(file: h5py.File, description: Description) -> None:
    """The root attributes: docs/formats.md, section "Data set"."""
    text = h5py.string_dtype()
    for key, value in new_header("data set", name=description.name).items():
        file.attrs[key] = value
    file.attrs.create("factor_names", description.factor_names, (len(description.factor_names),), text)
    file.attrs.create("factor_sizes", np.asarray(description.factor_sizes, dtype=np.int64))
    file.attrs.create("scored_factors", description.scored_factors, (len(description.scored_factors),), text)
    file.attrs["pixel_kind"] = description.pixel_kind
    file.attrs["provenance"] = description.provenance


def write_array(
    file: h5py.File, name: str, shape: tuple[int, ...], kind: type, blocks: Iterable[Array], threads: int
) -> None:
    """One dataset, chunked by rows. The chunks are deflated here, not by HDF5, which knows only one thread."""
    row_bytes = int(np.prod(shape[1:])) * np.dtype(kind).itemsize
    chunk = (max(1, min(shape[0], CHUNK_BYTES // row_bytes)), *shape[1:])
    dataset = file.create_dataset(name, shape, kind, chunks=chunk, compression="gzip", compression_opts=LEVEL)
    for index, content in enumerate(deflated(exact_chunks(blocks, shape, chunk, kind), threads)):
        dataset.id.write_direct_chunk((index * chunk[0], *(0 for _ in shape[1:])), content)


def exact_chunks(
    blocks: Iterable[Array], shape: tuple[int, ...], chunk: tuple[int, ...], kind: type
) -> Iterator[Array]:
    """BLOCKS cut anew into arrays of shape CHUNK, the last one filled up with zeros, as HDF5 stores it."""
    held: Array = np.zeros(chunk, kind)
    filled = rows = 0
    for block in blocks:
        if block.shape[1:] != shape[1:] or not np.can_cast(block.dtype, kind):
            raise ValueError(f"a block is {block.dtype} {block.shape}, the data set {np.dtype(kind)} {shape}")
        rows += len(block)
        while len(block):
            taken = block[: chunk[0] - filled]
            held[filled : filled + len(taken)] = taken
            filled, block = filled + len(taken), block[len(taken) :]
            if filled == chunk[0]:
                yield held
                held, filled = np.zeros(chunk, kind), 0  # new memory: the old chunk is still being deflated
    if filled:
        yield held
    if rows != shape[0]:
        raise ValueError(f"{rows} rows came where {shape[0]} were described")


def deflated(chunks: Iterable[Array], threads: int) -> Iterator[bytes]:
    """The chunks as zlib streams (what HDF5's deflate filter reads), in order, at most 2 a thread ahead."""
    waiting: collections.deque[Future[bytes]] = collections.deque()
    with ThreadPoolExecutor(threads) as pool:
        for chunk in chunks:
            waiting.append(pool.submit(zlib.compress, chunk, LEVEL))  # type: ignore[arg-type]
            if len(waiting) > 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
