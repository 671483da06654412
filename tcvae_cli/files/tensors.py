"""Safetensors with one metadata key `tcvae` of canonical JSON: whole, from any stream, or written as it is made."""

import json
import struct
from typing import BinaryIO

import numpy as np
import safetensors
import safetensors.numpy

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.data_sets import Array
from tcvae_cli.files.provenance import Header, canonical_json
from tcvae_cli.files.streams import display_name, read_bytes

KEY = "tcvae"
TYPE_NAMES = {"float32": "F32", "float64": "F64", "int64": "I64", "uint8": "U8"}


def read_tensors(path: str, what: str) -> tuple[Header | None, dict[str, Array]]:
    """All tensors of a safetensors file or standard input, and our header if it carries one."""
    return tensors_in(read_bytes(path, what), path, what)


def tensors_in(content: bytes, path: str, what: str) -> tuple[Header | None, dict[str, Array]]:
    """The same of bytes that were read from PATH."""
    where = display_name(path)
    cure = "make it again, or check what wrote the pipe" if path == "-" else "copy or make it again"
    if not looks_like_safetensors(content):
        raise TcvaeError(where, f"is not a safetensors file, and {what} was expected", "check which file this is")
    try:
        tensors = safetensors.numpy.load(content)
        (size,) = struct.unpack("<Q", content[:8])
        metadata = json.loads(content[8 : 8 + size]).get("__metadata__") or {}
        header = json.loads(metadata[KEY], parse_constant=refuse_constant) if KEY in metadata else None
    except (safetensors.SafetensorError, KeyError, ValueError, TypeError, RecursionError):
        raise TcvaeError(where, "is damaged or cut short (not whole safetensors)", cure) from None
    if header is not None and not isinstance(header, dict):
        raise TcvaeError(where, "has a `tcvae` header that is not a JSON object", cure)
    return header, tensors


def refuse_constant(name: str) -> None:
    """NaN and the infinities are no JSON."""
    raise ValueError(name)


def looks_like_safetensors(content: bytes) -> bool:
    """Whether the bytes start with a header length and a JSON object."""
    return len(content) > 9 and content[8:9] == b"{" and content[7] == 0


def tensors_to_bytes(header: Header, tensors: dict[str, Array]) -> bytes:
    """A whole safetensors file. One metadata key only: the library writes several in random order."""
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
