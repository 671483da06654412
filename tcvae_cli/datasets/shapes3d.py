"""3D Shapes from its published 3dshapes.h5 (which every verb also reads unchanged)."""

import contextlib
from collections.abc import Iterator

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.datasets import hdf5
from tcvae_cli.datasets.labels import Pictures, factor_of, labelled
from tcvae_cli.datasets.published import NoOptions, SourceFiles, provenance_of
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.hdf5 import is_hdf5, open_hdf5
from tcvae_cli.files.hdf5_arrays import array_in
from tcvae_cli.files.kinds import HEAD, kind_of
from tcvae_cli.files.known_sets import SHAPES3D
from tcvae_cli.files.streams import display_name, reading, seekable_input
from tcvae_cli.files.writer import Source

Options = NoOptions
BLOCK = 1024  # rows
CURE = "get the published 3dshapes.h5 again"


@contextlib.contextmanager
def open_source(files: SourceFiles, options: NoOptions) -> Iterator[Source]:
    """Open the published file; fewer rows are fine. Errors: TcvaeError naming the file."""
    path = files.path
    with seekable_input(path, "3dshapes.h5") as stream:
        if not is_hdf5(stream):
            raise TcvaeError(display_name(path), f"is {kind_of(stream.read(HEAD))}, not an HDF5 file", CURE)
        with reading(path, CURE):
            provenance = provenance_of(stream, files.published)
            file = open_hdf5(stream)
        with file:
            with reading(path, CURE):
                images, labels = (array_in(file, name) for name in ("images", "labels"))
                if images is None or labels is None or labels.shape != (len(images), len(SHAPES3D.factors)):
                    raise TcvaeError(display_name(path), "is not 3D Shapes (`images` and `labels` (N, 6))", CURE)
                if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3 or 0 in images.shape:
                    raise TcvaeError(display_name(path), f"`images` is {images.dtype} {images.shape}", CURE)
                values = np.asarray(labels[()], dtype=np.float64)
            if not np.isfinite(values).all():
                raise TcvaeError(display_name(path), "`labels` holds NaN or infinity", CURE)

            def blocks() -> Iterator[Array]:
                with reading(path, CURE):
                    yield from hdf5.read_blocks(images, BLOCK)

            pictures = Pictures("shapes3d", len(images), tuple(images.shape[1:]), "rgb", provenance, blocks())
            yield labelled(pictures, [factor_of(name, values[:, k]) for k, name in enumerate(SHAPES3D.factors)])
