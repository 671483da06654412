"""Safetensors with one metadata key `tcvae` of canonical JSON: read in order from any stream, or written as made."""

import math
import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

import numpy as np
import safetensors.numpy

from tcvae_cli.arrays import Array
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.kinds import ARRAYS, OTHER, kind_of
from tcvae_cli.files.provenance import Header, canonical_json
from tcvae_cli.files.streams import binary_input, display_name, system_fault
from tcvae_cli.files.strict_json import parse_json

KEY = "tcvae"
MOST_KIND = 16  # letters of the name of a type
MOST_HEADER = 1 << 24  # bytes: parsed they take sixty times as much. The format's own limit is 100 MB
PIECE = 1 << 24
# Bytes of an element. Of those that NumPy has no type for only BF16 can be read.
SIZES = {"BOOL": 1, "U8": 1, "I8": 1, "I16": 2, "U16": 2, "I32": 4, "U32": 4, "I64": 8, "U64": 8}
SIZES |= {"F16": 2, "F32": 4, "F64": 8, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1, "C64": 8}
NUMPY_NAMES = {"U8": "u1", "I8": "i1", "BOOL": "?"} | {f"U{8 * n}": f"<u{n}" for n in (2, 4, 8)}
NUMPY_NAMES |= {f"{kind}{8 * n}": f"<{kind.lower()}{n}" for kind in "IF" for n in (2, 4, 8)}
TYPE_NAMES = {"float32": "F32", "float64": "F64", "int64": "I64", "uint8": "U8"}


@dataclass(frozen=True)
class Tensor:
    """Where a tensor lies, in bytes behind the header."""

    kind: str  # F32, ...
    shape: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Contents:
    """What the start of a safetensors stream says: our header, if it carries one, and its tensors in order."""

    where: str
    cure: str
    header: Header | None
    tensors: Mapping[str, Tensor]

    @property
    def size(self) -> int:
        """Bytes of all tensors."""
        return max((tensor.end for tensor in self.tensors.values()), default=0)

    def damaged(self) -> TcvaeError:
        """Return the error of a file that does not hold what its start says."""
        return TcvaeError(self.where, "is damaged or cut short (not whole safetensors)", self.cure)


def read_tensors(path: str, what: str) -> tuple[Header | None, dict[str, Array]]:
    """Return all tensors of a safetensors file or standard input, and our header if it carries one.

    Memory holds each tensor once. Errors: TcvaeError naming the file.
    """
    with binary_input(path, what) as stream:
        return tensors_from(stream, path, what)


def tensors_in(content: bytes, path: str, what: str) -> tuple[Header | None, dict[str, Array]]:
    """Return the tensors and the header in bytes that were read from PATH."""
    return tensors_from(BytesIO(content), path, what)


def tensors_from(stream: BinaryIO, path: str, what: str) -> tuple[Header | None, dict[str, Array]]:
    """Return the tensors and the header in a stream that was opened from PATH, up to its end."""
    contents = read_contents(stream, path, what)
    return contents.header, tensors_behind(stream, contents)


def tensors_behind(stream: BinaryIO, contents: Contents, wanted: Collection[str] | None = None) -> dict[str, Array]:
    """Return the tensors of a stream that was read up to them, of those WANTED only if names are given.

    The others are passed by and may be of any type. Floats of 16 bits become float32.
    """
    tensors = {}
    for name, tensor in contents.tensors.items():
        if wanted is not None and name not in wanted:
            skip_bytes(stream, tensor.end - tensor.start, contents)
        elif tensor.kind in NUMPY_NAMES or tensor.kind == "BF16":
            tensors[name] = read_tensor(stream, tensor, contents)
        else:
            raise TcvaeError(contents.where, f"`{name}` is of type {tensor.kind}", "store floats as float32")
    check_end(stream, contents)
    return tensors


def read_contents(stream: BinaryIO, path: str, what: str, head: bytes = b"", instead: str | None = None) -> Contents:
    """Return the start of a safetensors stream, of which HEAD was read already; the stream is left at the tensors.

    INSTEAD is the cure for arrays in a file of another kind.
    Errors: TcvaeError for another kind of file and for a start that contradicts itself.
    """
    where = display_name(path)
    cure = "make it again, or check what wrote the pipe" if path == "-" else "copy or make it again"
    try:
        head += stream.read(9 - len(head))
        if not head:
            wrote = "check the command before the pipe" if path == "-" else "make it again"
            raise TcvaeError(where, f"is empty, not {what}", wrote)
        if len(head) < 9 or head[8:9] != b"{" or struct.unpack("<Q", head[:8])[0] > MOST_HEADER:
            kind = kind_of(head)
            fault = "is not a safetensors file" if kind == OTHER else f"is {kind}"
            known = instead if kind in ARRAYS else None
            raise TcvaeError(where, f"{fault}: expected {what}", known or "check which file this is")
        (size,) = struct.unpack("<Q", head[:8])
        text = head[8:] + stream.read(size - 1)
    except OSError as error:
        raise TcvaeError(where, system_fault(error), "check the file system") from None
    contents = Contents(where, cure, None, {})
    if len(text) != size:
        raise contents.damaged()
    try:
        entries = parse_json(text)
        metadata = entries.pop("__metadata__", {})
        if not all(isinstance(text, str) for text in metadata.values()):
            raise TypeError
        tensors = {name: tensor_of(entry) for name, entry in entries.items()}
        ordered = dict(sorted(tensors.items(), key=lambda item: (item[1].start, item[1].end)))
        check_places(ordered)
        header = parse_json(metadata[KEY]) if KEY in metadata else None
    except (AttributeError, KeyError, TypeError, ValueError):
        raise contents.damaged() from None
    if header is not None and not isinstance(header, dict):
        raise TcvaeError(where, "has a `tcvae` header that is not a JSON object", cure)
    contents = Contents(where, cure, header, ordered)
    if contents.size > 1 << 62 or (stream.seekable() and contents.size > bytes_left(stream)):
        raise contents.damaged()
    return contents


def bytes_left(stream: BinaryIO) -> int:
    """Return how many bytes a seekable stream goes on for."""
    here = stream.tell()
    end = stream.seek(0, 2)
    stream.seek(here)
    return end - here


def tensor_of(entry: dict[str, object]) -> Tensor:
    """Return a tensor as the header tells of it. Raises KeyError, TypeError or ValueError where it cannot be one."""
    kind, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not (isinstance(shape, list) and isinstance(offsets, list) and isinstance(kind, str)):
        raise TypeError
    start, end = offsets
    if not all(type(number) is int and number >= 0 for number in (*shape, start, end)):
        raise ValueError
    if len(shape) > 32 or any(number >> 63 for number in shape):  # before they are multiplied
        raise ValueError
    if end < start or len(kind) > MOST_KIND or not kind.isprintable():
        raise ValueError
    if kind in SIZES and end - start != math.prod(shape) * SIZES[kind]:  # others, of newer libraries, are passed by
        raise ValueError
    return Tensor(kind, tuple(shape), start, end)


def check_places(tensors: Mapping[str, Tensor]) -> None:
    """Raise ValueError unless each tensor begins where the one before it ends."""
    place = 0
    for tensor in tensors.values():
        if tensor.start != place:
            raise ValueError
        place = tensor.end


def read_tensor(stream: BinaryIO, tensor: Tensor, contents: Contents) -> Array:
    """Return the next tensor of a stream. What a header only claims takes no memory: it grows as the bytes come."""
    array = np.empty(math.prod(tensor.shape), NUMPY_NAMES.get(tensor.kind, "<u2"))
    place, left = memoryview(array.view(np.uint8)), array.nbytes  # type: ignore[arg-type]  # NumPy arrays are buffers
    try:
        while left and (count := stream.readinto(place[array.nbytes - left :][:PIECE])):  # type: ignore[attr-defined]
            left -= count
    except OSError as error:
        raise TcvaeError(contents.where, system_fault(error), "check the file system") from None
    if left:
        raise contents.damaged()
    if tensor.kind == "BF16":  # the upper half of a float32
        array = (array.astype(np.uint32) << 16).view(np.float32)
    elif tensor.kind == "F16":
        array = array.astype(np.float32)
    return array.reshape(tensor.shape)


def skip_tensors(stream: BinaryIO, contents: Contents) -> None:
    """Pass by all tensors in little memory, to see that the file is whole."""
    skip_bytes(stream, contents.size, contents)
    check_end(stream, contents)


def skip_bytes(stream: BinaryIO, left: int, contents: Contents) -> None:
    """Pass by what is LEFT of some tensors, in little memory."""
    while left and (piece := stream.read(min(PIECE, left))):
        left -= len(piece)
    if left:
        raise contents.damaged()


def check_end(stream: BinaryIO, contents: Contents) -> None:
    """Refuse what goes on behind its last tensor."""
    if stream.read(1):
        raise TcvaeError(contents.where, "goes on behind its last tensor (are these two files in one?)", contents.cure)


def tensors_to_bytes(header: Header, tensors: dict[str, Array]) -> bytes:
    """Return a whole safetensors file. One metadata key only: the library writes several in random order."""
    contiguous = {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}
    return safetensors.numpy.save(contiguous, metadata={KEY: canonical_json(header)})


def write_tensor_header(stream: BinaryIO, header: Header, shapes: dict[str, tuple[str, tuple[int, ...]]]) -> None:
    """Start a safetensors file of known dtypes and shapes, whose little-endian data the caller writes in that order."""
    entries: dict[str, object] = {"__metadata__": {KEY: canonical_json(header)}}
    offset = 0
    for name, (dtype, shape) in shapes.items():
        size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
        entries[name] = {"dtype": TYPE_NAMES[dtype], "shape": list(shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = canonical_json(entries).encode()
    text += b" " * (-len(text) % 8)
    stream.write(struct.pack("<Q", len(text)) + text)
