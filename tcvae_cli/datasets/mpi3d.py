"""MPI3D from any of its published npz files, streamed out of the zip: the images of one are 12.7 GB."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.datasets.labels import Pictures, grid_factors, labelled
from tcvae_cli.datasets.published import SourceFiles, provenance_of
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files import npz
from tcvae_cli.files.streams import display_name, reading, seekable_input
from tcvae_cli.files.writer import Source

FACTORS = (
    "object_color",
    "object_shape",
    "object_size",
    "camera_height",
    "background_color",
    "horizontal_axis",
    "vertical_axis",
)
SIZES = {1_036_800: (6, 6, 2, 3, 3, 40, 40), 460_800: (4, 4, 2, 3, 3, 40, 40)}  # by rows: all but the complex, complex
BLOCK = 1024  # rows
CURE = "get one of the published npz files again"


@dataclass(frozen=True)
class Options:
    """What can be asked for."""

    variant: str = "toy"  # which file to download: toy, realistic or real


@contextlib.contextmanager
def open_source(files: SourceFiles, options: Options, sizes: Mapping[int, tuple[int, ...]] = SIZES) -> Iterator[Source]:
    """Open the published npz. Which set it is, and so the SIZES of its factors, follows from its number of rows.

    Errors: TcvaeError naming the file.
    """
    path = files.path
    with seekable_input(path, "the MPI3D file (npz)") as stream:
        with reading(path, CURE):
            provenance = provenance_of(stream, files.published)
            archive, names = npz.members(stream, path)
            if "images" not in names:
                raise TcvaeError(display_name(path), "is not MPI3D: there is no `images` in it", CURE)
            with npz.npy_of(archive, "images") as (_, layout):
                shape, dtype = layout.shape, layout.dtype
        if dtype != np.uint8 or len(shape) != 4 or shape[0] not in sizes or shape[1:] != (64, 64, 3):
            wanted = " or ".join(f"{rows:,}" for rows in sizes)
            fault = f"`images` is {dtype} {shape}, not uint8 (N, 64, 64, 3) with N {wanted}"
            raise TcvaeError(display_name(path), fault, CURE)

        def blocks() -> Iterator[Array]:
            with reading(path, CURE), npz.npy_of(archive, "images") as (member, layout):
                yield from npz.read_blocks(member, layout, BLOCK)

        levels = {name: np.arange(size) for name, size in zip(FACTORS, sizes[shape[0]], strict=True)}
        yield labelled(Pictures("mpi3d", shape[0], shape[1:], "rgb", provenance, blocks()), grid_factors(levels))
