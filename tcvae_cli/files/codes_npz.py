"""Codes as npz: the arrays of a safetensors file by the same names, and our header as the text `tcvae`."""

import zipfile
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import BinaryIO

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.files.budget import Budget, most_held
from tcvae_cli.files.npz import members, npy_of, read_whole
from tcvae_cli.files.provenance import Header, canonical_json
from tcvae_cli.files.streams import UnreadableError, reading
from tcvae_cli.files.strict_json import parse_json
from tcvae_cli.files.tensors import KEY, MOST_HEADER

CURE = "write it again by numpy.savez"


def npz_arrays(
    stream: BinaryIO, path: str, wanted: Collection[str]
) -> tuple[Header | None, list[str], dict[str, Array]]:
    """Return our header in a seekable npz if it has one, the names of its arrays, and those WANTED, never unpickled.

    Errors: TcvaeError naming the file, before more is unpacked than a file of its size may become.
    """
    with reading(path, CURE):
        archive, names = members(stream, path)
        budget = Budget(path, archive.start_dir)
        arrays = {name: array_in(archive, name, budget) for name in names if name in wanted or name == KEY}
        return header_in(arrays.pop(KEY, None)), [name for name in names if name != KEY], arrays


def array_in(archive: zipfile.ZipFile, name: str, budget: Budget) -> Array:
    """Return an array of an npz in this machine's order of bytes. Floats of 16 bits become float32."""
    with npy_of(archive, name) as (member, layout):
        if layout.dtype.hasobject:
            raise UnreadableError(f"`{name}` holds objects of Python", "store numbers")
        if name == KEY and layout.dtype.itemsize > 4 * MOST_HEADER:
            raise UnreadableError(f"`{name}` is too long for a header", CURE)
        shape = layout.shape
        size = layout.dtype.itemsize * int(np.prod(shape, dtype=np.int64))
        budget.take(size)
        array = read_whole(member, replace(layout, shape=shape or (1,)), max(size, most_held(archive.start_dir)))
    kind = np.float32 if array.dtype == np.float16 else array.dtype.newbyteorder("=")
    return array.reshape(shape).astype(kind, copy=False)


def header_in(text: Array | None) -> Header | None:
    """Return our header. UnreadableError for a text that is none."""
    if text is None:
        return None
    header = parse_json(str(text.reshape(-1)[0])) if text.size == 1 and text.dtype.kind == "U" else None
    if not isinstance(header, dict):
        raise UnreadableError(f"has a `{KEY}` header that is not a JSON object", CURE)
    return header


def write_npz(stream: BinaryIO, header: Header, arrays: Mapping[str, Array]) -> None:
    """Write codes whole. The same codes give the same bytes: members of a zip that NumPy writes have no clock."""
    np.savez(stream, **{KEY: np.array(canonical_json(header)), **arrays})  # type: ignore[arg-type]
