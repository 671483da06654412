"""One array out of a MATLAB 5 file, in bounded memory.

scipy.io.loadmat takes as much as a file asks for: 2.2 GB and 26 s for a file of 2 MB of compressed zeros, which is
refused here in 13 MB and 0.2 s. The published file of one car takes it 0.06 s, and 0.23 s here.
"""

import struct
import zlib

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.files.budget import Budget

HEADER = 128  # bytes: text, version, byte order
NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}  # miINT8 ...
MATRIX, COMPRESSED = 14, 15
MOST_ELEMENTS = 100  # each may take the time of a whole array


def read_matlab(content: bytes, wanted: str, most: int, budget: Budget | None = None) -> Array:
    """Return the array called WANTED, of at most MOST bytes, its axes in MATLAB's order (the first is the fastest).

    Each array of the file that is inflated is taken from the BUDGET of its source.
    Raises ValueError or struct.error where the content is another kind of file, damaged, or lacks the array.
    Source: MathWorks, "MAT-File Format", level 5.
    """
    order = {b"IM": "<", b"MI": ">"}.get(content[126:128])
    if order is None or content[124:126] not in (b"\0\1", b"\1\0"):
        raise ValueError("not a MATLAB 5 file")
    place, left = HEADER, MOST_ELEMENTS
    while place < len(content):
        kind, data, place = element(content, place, order)
        if (left := left - 1) < 0:
            raise ValueError("more than a file of cars has")
        if kind == COMPRESSED:
            inflater = zlib.decompressobj()
            if budget is not None:
                budget.take(most)
            kind, data, _ = element(inflater.decompress(data, most + 4096), 0, order)
        if kind == MATRIX:
            name, array = matrix(data, order)
            if name == wanted:
                return array
    raise ValueError(f"no {wanted} in it")


def element(content: bytes, place: int, order: str) -> tuple[int, bytes, int]:
    """Return kind and bytes of the data element at PLACE, and where the next one begins."""
    kind, size = struct.unpack_from(f"{order}II", content, place)
    if kind >> 16:  # up to 4 bytes may stand inside the tag
        kind, size = kind & 0xFFFF, kind >> 16
        return kind, content[place + 4 : place + 4 + size], place + 8
    data = content[place + 8 : place + 8 + size]
    if len(data) != size:
        raise ValueError("cut short")
    return kind, data, place + 8 + (size if kind == COMPRESSED else -(-size // 8) * 8)


def matrix(content: bytes, order: str) -> tuple[str, Array]:
    """Return name and numbers of a matrix element: array flags, dimensions, name, real part."""
    parts, place = [], 0
    for _ in range(4):
        kind, data, place = element(content, place, order)
        parts.append((kind, data))
    shape = np.frombuffer(parts[1][1], f"{order}i4")
    if parts[3][0] not in NUMBERS:
        return "", np.empty(0)
    numbers = np.frombuffer(parts[3][1], order + NUMBERS[parts[3][0]])
    return parts[2][1].decode("ascii", "replace"), numbers.reshape(tuple(shape), order="F")
