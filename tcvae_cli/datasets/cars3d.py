"""Cars3D out of the published nips2015-analogy-data.tar.gz, read as a stream, twice: names first, then images."""

import contextlib
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.datasets.archives import check_member
from tcvae_cli.datasets.labels import Factor, Pictures, labelled
from tcvae_cli.datasets.matlab import read_matlab
from tcvae_cli.datasets.published import SourceFiles, provenance_of
from tcvae_cli.datasets.resizing import resized
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.bounded import MEMBER_BYTES, BoundedGzip
from tcvae_cli.files.budget import Budget, BudgetError
from tcvae_cli.files.streams import display_name, reading, seekable_input
from tcvae_cli.files.writer import Source

FOLDER, LIST = "cars", "list.txt"
SHAPE = (128, 128, 3, 24, 4)  # height, width, colour, azimuth, elevation
VIEWS = 24 * 4
BYTES = 128 * 128 * 3 * VIEWS
CURE = "get the published nips2015-analogy-data.tar.gz again"


@dataclass(frozen=True)
class Options:
    """What can be asked for."""

    size: int = 64  # side of the images in pixels


@contextlib.contextmanager
def open_source(files: SourceFiles, options: Options) -> Iterator[Source]:
    """Open the archive. All views of one car are together, cars as they come in the archive.

    Errors: TcvaeError naming the archive and the member.
    """
    path, size = files.path, options.size
    with seekable_input(path, "the Cars3D archive (tar.gz)") as stream:
        with reading(path, CURE):
            provenance = provenance_of(stream, files.published)
            names, listed, budget = [], [], Budget(path, stream.seek(0, os.SEEK_END))
            for name, archive, info in cars(stream, path, budget):
                if name == LIST:
                    listed = read_text(archive, info)
                else:
                    names.append(name)
        if not names:
            raise TcvaeError(display_name(path), f"holds no {FOLDER}/car_NNN_mesh.mat", CURE)
        if len(set(names)) != len(names):
            raise TcvaeError(display_name(path), "holds a car twice", CURE)

        def blocks() -> Iterator[Array]:
            with reading(path, CURE):
                for name, archive, info in cars(stream, path, budget):
                    if name != LIST:
                        yield views(archive, info, budget, size)

        rows = VIEWS * len(names)
        pictures = Pictures("cars3d", rows, (size, size, 3), "rgb", provenance, blocks())
        yield labelled(pictures, factors_of(ordered(names, listed)))


def cars(stream: BinaryIO, path: str, budget: Budget) -> Iterator[tuple[str, tarfile.TarFile, tarfile.TarInfo]]:
    """Yield the meshes and the list in the archive, as they come: name without folder and suffix."""
    stream.seek(0)
    with BoundedGzip(fileobj=stream) as inflated, tarfile.open(fileobj=inflated, mode="r:") as archive:
        for info in archive:
            if info.size > MEMBER_BYTES:  # also of one to be skipped, since it has to be inflated for that
                check_member(path, info.name, info.size, plain=True)
            budget.take(info.size)
            place = PurePosixPath(info.name)
            if info.isdir() or place.parent.name != FOLDER or place.name.startswith("."):
                continue
            if place.suffix == ".mat" or place.name == LIST:
                check_member(path, info.name, info.size, plain=info.isreg())
                yield (LIST if place.name == LIST else place.stem), archive, info


def read_text(archive: tarfile.TarFile, info: tarfile.TarInfo) -> list[str]:
    """Return the names in list.txt."""
    member = archive.extractfile(info)
    lines = member.read(1 << 20).decode("utf-8", "replace").splitlines() if member is not None else []
    return [PurePosixPath(line.strip()).name.removesuffix(".mat") for line in lines]


def ordered(names: list[str], listed: list[str]) -> Array:
    """Return the class of each car: its place in list.txt, those that are not in it last, by name."""
    place = {name: i for i, name in enumerate(listed)}
    ranked = sorted(names, key=lambda name: (place.get(name, len(place)), name))
    return np.array([ranked.index(name) for name in names])


def factors_of(objects: Array) -> list[Factor]:
    """Return elevation, azimuth and object of all rows: per car 24 azimuths, in each 4 elevations."""
    car, azimuth, elevation = np.indices((len(objects), 24, 4)).reshape(3, -1)
    columns = {"elevation": (elevation, 4), "azimuth": (azimuth, 24), "object": (objects[car], len(objects))}
    return [Factor(name, classes, classes.astype(float), size) for name, (classes, size) in columns.items()]


def views(archive: tarfile.TarFile, info: tarfile.TarInfo, budget: Budget, size: int) -> Array:
    """Return all views of one car (96, size, size, 3) uint8."""
    member, path = archive.extractfile(info), budget.path
    try:
        images = read_matlab(member.read() if member is not None else b"", "im", BYTES, budget)
    except BudgetError:
        raise
    except Exception:  # struct.error, zlib.error, ValueError: a member that is not what it should be
        raise TcvaeError(display_name(path), f"{info.name} is damaged", CURE) from None
    if images.shape != SHAPE or images.dtype != np.uint8:
        fault = f"{info.name} holds {images.dtype} {images.shape}, not uint8 {SHAPE}"
        raise TcvaeError(display_name(path), fault, CURE)
    return resized(np.ascontiguousarray(images.transpose(3, 4, 0, 1, 2)).reshape(VIEWS, *SHAPE[:3]), size)
