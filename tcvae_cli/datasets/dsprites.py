"""dSprites: rendered offline from its published geometry, or converted from the published npz or HDF5 file."""

import contextlib
import functools
import hashlib
import itertools
import warnings
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Any, BinaryIO

import h5py
import numpy as np
import numpy.typing as npt

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.data_set_writer import Source
from tcvae_cli.files.data_sets import Description
from tcvae_cli.files.provenance import stream_digest
from tcvae_cli.files.streams import display_name, seekable_input

Array = npt.NDArray[Any]
FACTOR_NAMES = ("color", "shape", "scale", "orientation", "posX", "posY")  # slowest first
FACTOR_SIZES = (1, 3, 6, 40, 32, 32)
SCORED = ("scale", "orientation", "posX", "posY")
FACTOR_VALUES = (
    np.array([1.0]),
    np.array([1.0, 2.0, 3.0]),  # square, ellipse, heart
    np.linspace(0.5, 1, 6),
    np.linspace(0, 2 * np.pi, 40),  # radians, both ends: class 39 repeats class 0
    np.linspace(0, 1, 32),
    np.linspace(0, 1, 32),
)
ROWS = 737280
SIDE = 64  # pixels
BLOCK = 1024  # rows: all positions of one shape, scale and orientation
MOST_ROWS = 1 << 15  # in memory at once, whatever a file's chunks are
GEOMETRY = "rendered from the published geometry"

HDF5_NAME = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.hdf5"
HDF5_ADDRESS = f"https://github.com/deepmind/dsprites-dataset/raw/master/{HDF5_NAME}"
HDF5_BYTES = 28024106
PUBLISHED = {
    "HDF5": "sha256:729fa22e884c9c500e1f17415d580746b4c5894fbbb780a1319bbcfa39a745bb",
    "npz": "sha1:3e0a46a9238e425f46a6ef9e9bdfd7cedb35d50f",
}
LAYOUT = {  # names as in the npz
    "imgs": (np.uint8, (SIDE, SIDE)),
    "latents_classes": (np.int64, (6,)),
    "latents_values": (np.float64, (6,)),
}
CURE = "get the published file again, or leave --source out to render the set"
CENTRES = 16 + 32 * FACTOR_VALUES[4]  # pixels from the left and the top edge
FROM_COLUMN = np.array([(1 << (SIDE - column)) - 1 for column in range(SIDE + 1)], np.uint64)


def factor_tables() -> tuple[Array, Array]:
    """Classes (737280, 6) int64 and values (737280, 6) float64 of all images in the published order."""
    classes = np.ascontiguousarray(np.indices(FACTOR_SIZES).reshape(len(FACTOR_SIZES), -1).T)
    values = np.stack([FACTOR_VALUES[k][classes[:, k]] for k in range(len(FACTOR_SIZES))], axis=1)
    return classes, values


@functools.cache
def outline(shape: int) -> tuple[Array, Array]:
    """Vertices u, v (vertices,) of a shape at scale 1, in pixels from its centre, v downwards."""
    if shape == 0:
        return 9.6 * np.array([-1, 1, 1, -1]), 9.6 * np.array([-1, -1, 1, 1])
    if shape == 1:
        t = 2 * np.pi * np.arange(100) / 100
        return 9.6 * 1.33 * np.cos(t), 9.6 / 1.33 * np.sin(t)
    t = 2 * np.pi * np.arange(150) / 150
    height = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return 9.6 * np.sin(t) ** 3, -(19.2 / 29) * height - 1.44


def render_combination(shape: int, scale: int, orientation: int) -> Array:
    """All 32 x 32 positions (posX slow, posY fast) of one shape: (1024, 512) uint8 of packed bits, first pixel highest.

    A row of pixels is one 64-bit number. Where an edge crosses the line through the row's pixel centres, all pixels
    from there on change between out and in: the row is the exclusive or of its crossings. Vertices lie on a grid of
    1/256 pixel, so ties are exact: left and bottom edges are in, right and top edges out. All 380 real images that
    we have come out bit for bit; the full set has 2 lit pixels more than the published 128,328,862.
    """
    (u, v), s, a = outline(shape), FACTOR_VALUES[2][scale], FACTOR_VALUES[3][orientation]
    x = np.rint(256 * (CENTRES[:, None] + s * (np.cos(a) * u + np.sin(a) * v))) / 256  # (posX, vertex)
    y = np.rint(256 * (CENTRES[:, None] + s * (np.cos(a) * v - np.sin(a) * u))) / 256  # (posY, vertex)
    width, height = np.roll(x, -1, axis=1) - x, np.roll(y, -1, axis=1) - y  # of the edge to the next vertex
    line = np.arange(SIDE) + 0.5
    below = y[:, None, :] >= line[:, None]  # (posY, row, vertex)
    position, row, edge = np.nonzero(below != np.roll(below, -1, axis=2))  # (crossing,) sorted by position, row
    along = (line[row] - y[position, edge]) * width[:, edge] / height[position, edge]
    column = np.clip(np.ceil(x[:, edge] + along - 0.5), 0, SIDE).astype(np.intp)  # (posX, crossing)
    place = position * SIDE + row
    first = np.flatnonzero(np.diff(place, prepend=-1))  # of the crossings of each touched row
    bits = np.zeros((len(CENTRES), len(CENTRES) * SIDE), ">u8")  # (posX, posY and row)
    bits[:, place[first]] = np.bitwise_xor.reduceat(FROM_COLUMN[column], first, axis=1)
    return bits.view(np.uint8).reshape(BLOCK, SIDE * SIDE // 8)


def rendered_blocks() -> Iterator[Array]:
    """The whole set in the published order: 720 blocks (1024, 64, 64) uint8 of 0 and 1."""
    for combination in itertools.product(*map(range, FACTOR_SIZES[1:4])):
        yield np.unpackbits(render_combination(*combination), axis=1).reshape(BLOCK, SIDE, SIDE)


def describe(rows: int, provenance: str) -> Description:
    """What a data set file of dSprites says of itself."""
    return Description("dsprites", rows, (SIDE, SIDE), "binary", FACTOR_NAMES, FACTOR_SIZES, SCORED, provenance)


def render() -> Source:
    """The whole set, rendered."""
    classes, values = factor_tables()
    return Source(describe(ROWS, GEOMETRY), rendered_blocks(), classes, values)


@contextlib.contextmanager
def open_source(path: str) -> Iterator[Source]:
    """The published npz or HDF5 file (told apart by content) at PATH or on standard input; fewer rows are fine.

    Errors: TcvaeError naming PATH where it is another kind of file, damaged, or of another layout.
    """
    with seekable_input(path, "dSprites file (npz or HDF5)") as stream:
        head = stream.read(8)
        stream.seek(0)
        if head.startswith(b"PK\3\4"):
            yield read_npz(stream, path)
        elif head == b"\x89HDF\r\n\x1a\n":
            with read_hdf5(stream, path) as source:
                yield source
        else:
            fault = "is a web page" if head.lstrip().startswith(b"<") else "is empty" if not head else "is another file"
            raise TcvaeError(display_name(path), f"{fault}, not the published npz or HDF5 of dSprites", CURE)


@contextlib.contextmanager
def reading(path: str) -> Iterator[None]:
    """Whatever a library raises on a damaged file, as one line. Only reading may stand inside."""
    try:
        yield
    except TcvaeError:
        raise
    except Exception:  # zipfile, zlib, lzma, struct, tokenize, numpy and h5py: each has its own, and wrong ones
        raise TcvaeError(display_name(path), "is damaged or cut short", CURE) from None


def read_npz(stream: BinaryIO, path: str) -> Source:
    """The published npz, streamed while STREAM is open. Its pickled `metadata` is never touched."""
    with reading(path):
        provenance = provenance_of(stream, "npz")
        archive = zipfile.ZipFile(stream)
        members = {name: open_member(archive, name, path) for name in LAYOUT}
        classes, values = (take(*members[name], name, last=True) for name in ("latents_classes", "latents_values"))
    images, rows = members["imgs"]
    check_tables(path, rows, classes, values)
    return Source(describe(rows, provenance), npz_blocks(images, rows, path), classes, values)


def npz_blocks(images: IO[bytes], rows: int, path: str) -> Iterator[Array]:
    """The images of an npz member that stands behind its header, (up to 1024, 64, 64) uint8."""
    for start in range(0, rows, BLOCK):
        with reading(path):
            block = take(images, min(BLOCK, rows - start), "imgs", last=start + BLOCK >= rows)
        yield binary(block, path)


def open_member(archive: zipfile.ZipFile, name: str, path: str) -> tuple[IO[bytes], int]:
    """An array in an npz: its bytes behind the header, and its number of rows. Nothing is unpickled."""
    if f"{name}.npy" not in archive.namelist():
        raise TcvaeError(display_name(path), f"is not dSprites: there is no `{name}` in it", CURE)
    member = archive.open(f"{name}.npy")
    old = np.lib.format.read_magic(member) == (1, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 2 wrote shapes as (737280L, 64L, 64L)
        read_header = np.lib.format.read_array_header_1_0 if old else np.lib.format.read_array_header_2_0
        shape, columns_first, dtype = read_header(member)
    if columns_first:
        raise TcvaeError(display_name(path), f"`{name}` is stored by columns", CURE)
    return member, check_layout(path, name, shape, dtype)


def take(member: IO[bytes], rows: int, name: str, last: bool) -> Array:
    """The next ROWS rows of an npz member. After the LAST it must end; reading its end checks the zip's checksum."""
    kind, row_shape = LAYOUT[name]
    content = member.read(rows * int(np.prod(row_shape)) * np.dtype(kind).itemsize)
    if last and member.read(1):
        raise ValueError("longer than its header says")
    return np.frombuffer(content, kind).reshape(rows, *row_shape)  # ValueError where it was cut short


@contextlib.contextmanager
def read_hdf5(stream: BinaryIO, path: str) -> Iterator[Source]:
    """The published HDF5, streamed inside the context."""
    with reading(path):
        provenance = provenance_of(stream, "HDF5")
        file = h5py.File(stream, "r")
    with file:
        with reading(path):
            images, classes, values = (open_dataset(file, name, path) for name in LAYOUT)
            rows, classes, values = len(images), classes[()], values[()]
        check_tables(path, rows, classes, values)
        yield Source(describe(rows, provenance), hdf5_blocks(images, path), classes, values)


def open_dataset(file: h5py.File, name: str, path: str) -> h5py.Dataset:
    """An array in an HDF5, where `latents` is a group."""
    dataset = file.get(name.replace("_", "/"))
    if not isinstance(dataset, h5py.Dataset):
        raise TcvaeError(display_name(path), f"is not dSprites: there is no `{name.replace('_', '/')}` in it", CURE)
    check_layout(path, name, dataset.shape, dataset.dtype)
    return dataset


def hdf5_blocks(images: h5py.Dataset, path: str) -> Iterator[Array]:
    """The images in whole chunks of the file (h5py chooses 23,040 rows for the set), so that each is inflated once."""
    step = min(images.chunks[0], MOST_ROWS) if images.chunks else BLOCK
    for start in range(0, len(images), step):
        with reading(path):
            block = images[start : start + step]
        yield binary(block, path)


def provenance_of(stream: BinaryIO, kind: str) -> str:
    """Where a source comes from: the published file, by its digest, or another one."""
    stream.seek(0)
    algorithm = PUBLISHED[kind].split(":")[0]
    digest = hashlib.file_digest(stream, algorithm).hexdigest()  # type: ignore[arg-type]  # wants readinto: has it
    if f"{algorithm}:{digest}" == PUBLISHED[kind]:
        return f"converted from the published {kind} ({PUBLISHED[kind]})"
    return f"converted from an {kind} file of {stream_digest(stream)}, not the published file"


def check_layout(path: str, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """Refuse an array that is not as published; return its number of rows, of which there may be fewer."""
    kind, row_shape = LAYOUT[name]
    if dtype != kind or not shape or shape[1:] != row_shape or not 0 < shape[0] <= ROWS:
        wanted = f"{np.dtype(kind)} ({', '.join(map(str, ('N', *row_shape)))})"
        raise TcvaeError(display_name(path), f"`{name}` is {dtype} {shape}, not {wanted}", CURE)
    return shape[0]


def check_tables(path: str, rows: int, classes: Array, values: Array) -> None:
    """Refuse labels that do not belong to the images."""
    if not len(classes) == len(values) == rows:
        fault = f"has {rows} images, {len(classes)} rows of classes and {len(values)} of values"
    elif ((classes < 0) | (classes >= FACTOR_SIZES)).any() or not np.isfinite(values).all():
        fault = "has factor classes or values out of range"
    else:
        return
    raise TcvaeError(display_name(path), fault, CURE)


def binary(block: Array, path: str) -> Array:
    """BLOCK if its pixels are 0 and 1."""
    if block.max() > 1:
        raise TcvaeError(display_name(path), "`imgs` holds pixels other than 0 and 1", CURE)
    return block


class Meter:
    """The progress bar that pooch expects, around a function that is told of bytes."""

    total = 0

    def __init__(self, advance: Callable[[int], object]) -> None:
        self.update = advance

    def reset(self) -> None:
        """Pooch fills the bar a second time at the end; once is enough."""
        self.update = lambda count: None

    def close(self) -> None:
        """Whoever opened the bar closes it."""


def download(advance: Callable[[int], object]) -> str:
    """Path of the published HDF5 in the user's cache, fetched when it is not there, its SHA-256 checked.

    ADVANCE is told the number of bytes of each piece. Errors: TcvaeError naming the address.
    """
    import pooch

    pooch.get_logger().setLevel("WARNING")
    fetch = pooch.HTTPDownloader(progressbar=Meter(advance), chunk_size=1 << 16)
    try:
        path = pooch.retrieve(HDF5_ADDRESS, PUBLISHED["HDF5"], HDF5_NAME, pooch.os_cache("tcvae"), downloader=fetch)
    except (OSError, ValueError) as error:  # requests' errors are OSErrors; ValueError is a digest that differs
        response, fault = getattr(error, "response", None), type(error).__name__
        if response is not None:
            fault = f"HTTP {response.status_code}"
            response.close()  # pooch leaves it open
        elif isinstance(error, ValueError):
            fault = "what came is not the published file"
        cure = "give a local file with --source, or no flag to render the set"
        raise TcvaeError(HDF5_ADDRESS, f"could not be downloaded ({fault})", cure) from None
    return str(path)
