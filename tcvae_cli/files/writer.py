"""Writing a data set in the published dSprites HDF5 layout: streaming, compressed in threads, the same bytes always."""

import dataclasses
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np

from tcvae_cli import machine
from tcvae_cli.arrays import MISSING, Array
from tcvae_cli.files.ahead import in_order
from tcvae_cli.files.budget import HELD
from tcvae_cli.files.descriptions import Description
from tcvae_cli.files.headers import new_header

CHUNK_BYTES = 1 << 20  # the chunk cache of an HDF5 reader that was told nothing
LEVEL = 6  # dSprites: 14 MB in 7 core-seconds; level 5 26 MB in the same time, level 9 10 MB in 28
LEVEL_OF_TONES = 3  # faces and photographs: within 2% of level 6, in half to three quarters of its time


@dataclass(frozen=True)
class Source:
    """Everything that a data set file is made of, images still to come. Shapes are as in docs/formats.md."""

    description: Description
    blocks: Iterator[Array]  # (any number of rows, H, W[, 3]) uint8, together `description.rows` but for those dropped
    classes: Array | None = None  # (rows, factors) int64, -1 where a label is not known
    values: Array | None = None  # (rows, factors) float64
    class_names: Mapping[str, Sequence[str]] = field(default_factory=dict)  # of some factors: what each class is called
    probability: Array | None = None  # (rows,) float64
    dropped: Sequence[int] = ()  # rows that BLOCKS found unreadable and left out: complete when they have ended
    notes: Sequence[str] = ()  # what the person who asked should know: complete when BLOCKS have ended


@dataclass(frozen=True)
class Packing:
    """How chunks are deflated."""

    level: int
    threads: int


def write_data_set(part_path: Path, source: Source, *, threads: int | None = None) -> int:
    """Write images and labels to PART_PATH and return the rows; memory holds a few chunks of 1 MiB, never the images.

    The bytes do not depend on how the blocks are cut or on THREADS (default: one per core). Errors: OSError from the
    file system; ValueError if the rows are not what is described.
    """
    described = source.description
    threads = threads or machine.threads()
    try:
        with h5py.File(part_path, "w", locking=False) as file:
            shape = (described.rows, *described.image_shape)
            packing = Packing(LEVEL if described.pixel_kind == "binary" else LEVEL_OF_TONES, threads)
            rows = write_array(file, "imgs", shape, np.uint8, source.blocks, packing)
            if rows != described.rows - len(source.dropped):
                raise ValueError(f"{rows} rows came where {described.rows - len(source.dropped)} were described")
            if source.dropped:
                file["imgs"].resize(rows, axis=0)
                source = without_dropped(source)
            write_attributes(file, source.description)
            write_columns(file, source)
    except (OSError, RuntimeError) as error:  # h5py tells of a full disk in five lines, with the time and an address
        number = re.search(r"errno = (\d+)", str(error))
        if number is None:
            raise
        raise OSError(int(number[1]), os.strerror(int(number[1]))) from None
    return rows


def write_attributes(file: h5py.File, description: Description) -> None:
    """Write the root attributes: docs/formats.md, section "Data set"."""
    text = h5py.string_dtype()
    for key, value in new_header("data set", name=description.name).items():
        file.attrs[key] = value
    file.attrs.create("factor_names", description.factor_names, (len(description.factor_names),), text)
    file.attrs.create("factor_sizes", np.asarray(description.factor_sizes, dtype=np.int64))
    file.attrs.create("scored_factors", description.scored_factors, (len(description.scored_factors),), text)
    file.attrs["pixel_kind"] = description.pixel_kind
    file.attrs["provenance"] = description.provenance
    if description.bias is not None:
        file.attrs.create("bias", description.bias, (len(description.bias),), text)


def write_columns(file: h5py.File, source: Source) -> None:
    """Write what belongs to each row, and what classes are called."""
    columns: dict[str, tuple[Array | None, type]] = {"probability": (source.probability, np.float64)}
    if names := source.description.factor_names:
        columns |= {"latents/classes": (source.classes, np.int64), "latents/values": (source.values, np.float64)}
        for name, called in source.class_names.items():
            path = f"latents/class_names/{names.index(name)}"
            file.create_dataset(path, data=list(called), dtype=h5py.string_dtype())
    for name, (column, kind) in columns.items():
        if column is not None:
            write_array(file, name, column.shape, kind, [column], Packing(LEVEL, 1))


def without_dropped(source: Source) -> Source:
    """Return SOURCE without the rows that could not be read, its blocks having ended."""
    kept = {
        name: np.delete(column, source.dropped, axis=0)
        for name in ("classes", "values", "probability")
        if (column := getattr(source, name)) is not None
    }
    rows = source.description.rows - len(source.dropped)
    described = dataclasses.replace(source.description, rows=rows)
    return without_gaps(dataclasses.replace(source, description=described, dropped=(), **kept))


def without_gaps(source: Source) -> Source:
    """Return SOURCE with the classes of each factor numbered anew. A factor that does not vary is not scored."""
    if source.classes is None:
        return source
    described, classes = source.description, np.full(source.classes.shape, MISSING)
    sizes, called = [], {}
    for k, name in enumerate(described.factor_names):
        known = source.classes[:, k] != MISSING
        left, classes[known, k] = np.unique(source.classes[known, k], return_inverse=True)
        sizes.append(max(1, len(left)))
        if len(left) and (names := source.class_names.get(name)):
            called[name] = tuple(names[i] for i in left)
    varying = {name for name, size in zip(described.factor_names, sizes, strict=True) if size > 1}
    scored = tuple(name for name in described.scored_factors if name in varying)
    described = dataclasses.replace(described, factor_sizes=tuple(sizes), scored_factors=scored)
    return dataclasses.replace(source, description=described, classes=classes, class_names=called)


def write_array(
    file: h5py.File, name: str, shape: tuple[int, ...], kind: type, blocks: Iterable[Array], packing: Packing
) -> int:
    """Write one dataset, chunked by rows, and return how many came.

    The chunks are deflated here: HDF5 knows only one thread.
    """
    row_bytes = int(np.prod(shape[1:])) * np.dtype(kind).itemsize
    chunk = (max(1, min(shape[0], CHUNK_BYTES // row_bytes)), *shape[1:])
    dataset = file.create_dataset(name, shape, kind, chunks=chunk, compression="gzip", compression_opts=packing.level)
    rows = 0

    def counted() -> Iterator[Array]:
        nonlocal rows
        for block in blocks:
            rows += len(block)
            yield block

    chunks = exact_chunks(counted(), shape, chunk, kind)
    for index, content in enumerate(deflated(chunks, chunk[0] * row_bytes, packing)):
        dataset.id.write_direct_chunk((index * chunk[0], *(0 for _ in shape[1:])), content)
    return rows


def exact_chunks(
    blocks: Iterable[Array], shape: tuple[int, ...], chunk: tuple[int, ...], kind: type
) -> Iterator[Array]:
    """Yield BLOCKS cut anew into arrays of shape CHUNK, the last one filled up with zeros, as HDF5 stores it."""
    held: Array = np.zeros(chunk, kind)
    filled = rows = 0
    for block in blocks:
        if block.shape[1:] != shape[1:] or not np.can_cast(block.dtype, kind):
            raise ValueError(f"a block is {block.dtype} {block.shape}, the data set {np.dtype(kind)} {shape}")
        rows += len(block)
        if rows > shape[0]:
            raise ValueError(f"{rows} rows came where {shape[0]} were described")
        while len(block):
            taken = block[: chunk[0] - filled]
            held[filled : filled + len(taken)] = taken
            filled, block = filled + len(taken), block[len(taken) :]
            if filled == chunk[0]:
                yield held
                held, filled = np.zeros(chunk, kind), 0  # new memory: the old chunk is still being deflated
    if filled:
        yield held


def deflated(chunks: Iterable[Array], chunk_bytes: int, packing: Packing) -> Iterator[bytes]:
    """Yield the chunks as zlib streams (what HDF5's deflate filter reads), in order, at most 2 per thread ahead.

    Of large ones fewer, as far as memory has room for them.
    """

    def deflate(chunk: Array) -> bytes:
        return zlib.compress(chunk, packing.level)  # type: ignore[arg-type]

    with ThreadPoolExecutor(packing.threads) as pool:
        yield from in_order(pool, deflate, chunks, max(1, min(2 * packing.threads, HELD // chunk_bytes)))
