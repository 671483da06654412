"""SmallNORB from its six published files: the left image of each stereo pair, training and test set joined."""

import contextlib
import gzip
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.datasets.labels import Factor, Pictures, labelled
from tcvae_cli.datasets.published import Published, SourceFiles, provenance_of
from tcvae_cli.datasets.resizing import resized
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.bounded import Readable, exactly
from tcvae_cli.files.budget import check_unpacked
from tcvae_cli.files.streams import binary_input, reading
from tcvae_cli.files.writer import Source

KINDS = {0x1E3D4C55: "u1", 0x1E3D4C54: "<i4", 0x1E3D4C56: "<i2", 0x1E3D4C51: "<f4", 0x1E3D4C53: "<f8"}
CATEGORIES = ("animal", "human", "airplane", "truck", "car")
SIZES = {"category": 5, "instance": 10, "elevation": 9, "azimuth": 18, "lighting": 6}
BLOCK_BYTES = 1 << 26
MOST_ROWS, MOST_SIDE = 1 << 20, 4096
WHAT = "one of the six files of SmallNORB"
CURE = "get the six published files again"


@dataclass(frozen=True)
class Options:
    """What can be asked for."""

    size: int = 64  # side of the images in pixels


@contextlib.contextmanager
def open_source(files: SourceFiles, options: Options) -> Iterator[Source]:
    """Open the six .mat.gz files, or the one folder that holds them. Errors: TcvaeError naming the file."""
    parts, size = six_files(files), options.size
    provenances = [file_provenance(file, files.published) for file in parts]
    published = all("the published" in text and "not the" not in text for text in provenances)
    origin = "the six published files" if published else "six files that are not all the published ones"
    images, labels = [], []
    for data, category, info in (parts[:3], parts[3:]):
        labels.append(np.column_stack([read_labels(category, 1), read_labels(info, 4)]))
        images.append((data, len(labels[-1])))
    table = np.concatenate(labels).astype(np.int64)
    table[:, 3] //= 2  # azimuth 0, 2, .. 34 in tens of degrees
    if ((table < 0) | (table >= tuple(SIZES.values()))).any():
        raise TcvaeError(str(parts[2].parent), "has labels out of range", CURE)

    def blocks() -> Iterator[Array]:
        for data, rows in images:
            yield from read_images(data, rows, size)

    pictures = Pictures("smallnorb", len(table), (size, size), "grey", f"converted from {origin}", blocks())
    yield labelled(pictures, factors_of(table))


def six_files(files: SourceFiles) -> list[Path]:
    """Return the paths of the six files: images, categories and other labels for training, then for testing."""
    if len(files.paths) > 1:
        return [Path(path) for path in files.paths]
    folder = Path(files.path)
    if not folder.is_dir():
        raise TcvaeError(files.path, "is not a folder", "give the folder that holds the six files")
    parts = [folder / file.name for file in files.published]
    missing = next((file for file in parts if not file.is_file()), None)
    if missing is not None:
        raise TcvaeError(str(missing), "is missing", "put the six published files into one folder")
    return parts


def factors_of(table: Array) -> list[Factor]:
    """Return the five factors of (rows, 5) classes, angles in degrees."""
    units = {"elevation": (30.0, 5.0), "azimuth": (0.0, 20.0)}
    factors = []
    for k, (name, size) in enumerate(SIZES.items()):
        start, step = units.get(name, (0.0, 1.0))
        called = CATEGORIES if name == "category" else ()
        factors.append(Factor(name, table[:, k], start + step * table[:, k], size, called))
    return factors


def file_provenance(file: Path, published: Sequence[Published]) -> str:
    """Say where one of the six files comes from."""
    with binary_input(str(file), WHAT) as stream, reading(str(file), CURE):
        return provenance_of(stream, published)


@contextlib.contextmanager
def open_matrix(file: Path) -> Iterator[tuple[Readable, tuple[int, ...], np.dtype[Any]]]:
    """Open a matrix file and read its header: yield its bytes, shape and type."""
    with binary_input(str(file), WHAT) as packed, reading(str(file), CURE), gzip.open(packed) as stream:
        magic, axes = struct.unpack("<ii", exactly(stream, 8))
        if magic not in KINDS or not 1 <= axes <= 8:
            raise TcvaeError(str(file), "is not a SmallNORB matrix", CURE)
        sizes = struct.unpack(f"<{max(3, axes)}i", exactly(stream, 4 * max(3, axes)))
        if min(sizes[:axes]) < 1 or sizes[0] > MOST_ROWS:
            raise TcvaeError(str(file), f"says that it is of shape {sizes[:axes]}", CURE)
        yield stream, sizes[:axes], np.dtype(KINDS[magic])


def read_labels(file: Path, columns: int) -> Array:
    """Return the categories (rows, 1) or the other labels (rows, 4)."""
    with open_matrix(file) as (stream, shape, kind):
        wanted = shape[:1] if columns == 1 else (shape[0], columns)
        if shape != wanted or kind.kind not in "iu":
            raise TcvaeError(str(file), f"is {kind} of shape {shape}", CURE)
        return np.frombuffer(exactly(stream, int(np.prod(shape)) * kind.itemsize), kind).reshape(-1, columns)


def read_images(file: Path, rows: int, size: int) -> Iterator[Array]:
    """Yield the left images of a file, (rows, size, size) uint8."""
    with open_matrix(file) as (stream, shape, kind):
        is_pairs = kind == np.uint8 and len(shape) == 4 and shape[:2] == (rows, 2) and max(shape[2:]) <= MOST_SIDE
        if not is_pairs:
            raise TcvaeError(str(file), f"is {kind} of shape {shape}, and there are {rows:,} labels", CURE)
        height, width = shape[2:]
        with reading(str(file), CURE):
            check_unpacked("images", rows * 2 * height * width, file.stat().st_size)
        block = max(1, BLOCK_BYTES // (2 * height * width))
        for start in range(0, rows, block):
            count = min(block, rows - start)
            pairs = np.frombuffer(exactly(stream, count * 2 * height * width), np.uint8)
            yield resized(pairs.reshape(count, 2, height, width)[:, 0], size)
        if stream.read(1):
            raise TcvaeError(str(file), "is longer than its header says", CURE)
