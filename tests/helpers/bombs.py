"""Small files that expand to gigabytes or take minutes if they are read without care, each made in about a second."""

import io
import math
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

from helpers.tiny import write_tiny
from tcvae_cli.files.descriptions import Description
from tcvae_cli.files.writer import write_attributes

REFERENCE = 16  # bytes of a reference to a text: its length, the address of a heap, and the number in it
MiB = 1 << 20


def zeros(file: h5py.File, name: str, shape: tuple[int, ...], kind: str, **stored: object) -> None:
    """Write an array of zeros, STORED as h5py is told, its chunks deflated once for all."""
    array = file.create_dataset(name, shape, kind, compression="gzip", **stored)
    chunk = zlib.compress(bytes(math.prod(array.chunks) * array.dtype.itemsize), 9)
    for place in np.ndindex(*(-(-n // c) for n, c in zip(shape, array.chunks, strict=True))):
        array.id.write_direct_chunk(tuple(i * c for i, c in zip(place, array.chunks, strict=True)), chunk)


def data_set(path: Path, rows: int, shape: tuple[int, ...], **stored: object) -> None:
    """Write a data set of images of zeros, STORED as h5py is told."""
    grid = {"factor_names": ("size", "side"), "factor_sizes": (2, 2), "scored_factors": ("size", "side")}
    classes = np.arange(2 * rows).reshape(rows, 2) // 2 % 2
    with h5py.File(path, "w") as file:
        zeros(file, "imgs", (rows, *shape), "u1", **stored)
        for name, table in (("classes", classes), ("values", classes.astype(float))):
            file.create_dataset(f"latents/{name}", data=table, compression="gzip")
        write_attributes(file, Description("zeros", rows, shape, "grey", provenance="made up", **grid))


def repeat_reference(path: Path, array: str, count: int) -> None:
    """Let all COUNT texts of an array be the same text in the file: the first of them."""
    with h5py.File(path) as file:
        place = file[array].id.get_offset()
    content = bytearray(path.read_bytes())
    content[place : place + REFERENCE * count] = bytes(content[place : place + REFERENCE]) * count
    path.write_bytes(content)


def one_name_for_all_classes(path: Path, count: int, length: int, factors: int = 1) -> None:
    """Write a data set whose COUNT classes of each factor are all called by one text of LENGTH letters."""
    rows = 200
    names = tuple(f"factor {k}" for k in range(factors))
    classes = np.arange(rows * factors).reshape(rows, factors) % 7
    with h5py.File(path, "w") as file:
        file["imgs"] = np.zeros((rows, 8, 8), np.uint8)
        file["latents/classes"], file["latents/values"] = classes, classes.astype(float)
        for k in range(factors):
            called = file.create_dataset(f"latents/class_names/{k}", (count,), h5py.string_dtype())
            called[0] = "x" * length if k == 0 else "y"
        write_attributes(file, Description("named", rows, (8, 8), "grey", names, (count,) * factors, names, "made up"))
    repeat_reference(path, "latents/class_names/0", count)
    with h5py.File(path) as file:
        first, *others = (file[f"latents/class_names/{k}"].id.get_offset() for k in range(factors))
    content = bytearray(path.read_bytes())
    for place in others:
        content[place : place + REFERENCE * count] = content[first : first + REFERENCE * count]
    path.write_bytes(content)


def one_text_for_all_attributes(path: Path, count: int, length: int) -> None:
    """Write a data set whose COUNT factor names are all one text of LENGTH letters."""
    write_tiny(path)
    with h5py.File(path, "r+") as file:
        long = file.create_dataset("long", (1,), h5py.string_dtype())
        long[0] = "x" * length
        place = long.id.get_offset()
        file.attrs.create("factor_names", ["marker"] * count, (count,), h5py.string_dtype())
    content = bytearray(path.read_bytes())
    six = struct.pack("<I", 6)  # letters, of each name
    start = content.find(six)
    while any(content[start + REFERENCE * k : start + REFERENCE * k + 4] != six for k in range(count)):
        start = content.find(six, start + 1)
    content[start : start + REFERENCE * count] = bytes(content[place : place + REFERENCE]) * count
    path.write_bytes(content)


def one_label_for_all_images(path: Path, rows: int, length: int) -> None:
    """Write arrays whose labels are all one text of LENGTH letters."""
    with h5py.File(path, "w") as file:
        file["images"] = np.zeros((rows, 8, 8), np.uint8)
        labels = file.create_dataset("labels", (rows,), h5py.string_dtype())
        labels[0] = "x" * length
    repeat_reference(path, "labels", rows)


def chunk_that_inflates_further(path: Path, size: int, **filters: bool) -> None:
    """Write a data set, one chunk of which inflates to SIZE bytes, though it says that it is of 8 images."""
    data_set(path, 64, (64, 64), chunks=(8, 64, 64), **filters)
    with h5py.File(path, "r+") as file:
        file["imgs"].id.write_direct_chunk((0, 0, 0), zlib.compress(bytes(size), 9))


def many_numbers(path: Path, rows: int, factors: int) -> None:
    """Write a data set of ROWS images with FACTORS labels each, all zero."""
    names = tuple(f"factor {k}" for k in range(factors))
    with h5py.File(path, "w") as file:
        file["imgs"] = np.zeros((rows, 4, 4), np.uint8)
        zeros(file, "latents/classes", (rows, factors), "i8", chunks=(rows, 100))
        zeros(file, "latents/values", (rows, factors), "f8", chunks=(rows, 100))
        write_attributes(file, Description("numbers", rows, (4, 4), "grey", names, (1,) * factors, (), "made up"))


def grey_png(width: int, height: int) -> bytes:
    """Return a PNG of zeros without ever holding it."""
    row = bytes(width + 1)
    packer = zlib.compressobj(9)
    step = max(1, MiB // len(row))
    data = b"".join(packer.compress(row * min(step, height - y)) for y in range(0, height, step)) + packer.flush()

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def webp(width: int, height: int) -> bytes:
    """Return a WebP of one colour."""
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(stream, "WEBP", lossless=True, quality=0, method=0)
    return stream.getvalue()


def jpeg_of_scans(side: int, scans: int) -> bytes:
    """Return a progressive JPEG whose last scan comes SCANS times, as decoders allow."""
    stream = io.BytesIO()
    Image.new("L", (side, side), 90).save(stream, "JPEG", progressive=True, quality=90)
    content = stream.getvalue()
    last = content.rfind(b"\xff\xda")
    return content[:-2] + content[last:-2] * scans + content[-2:]


def sparse_tar(path: Path, members: int, size: int) -> None:
    """Write a tar of MEMBERS pictures that are SIZE bytes of nothing (old GNU sparse format)."""
    with open(path, "wb") as stream:
        for k in range(members):
            info = tarfile.TarInfo(f"{k:03d}.png")
            info.type, info.size = tarfile.GNUTYPE_SPARSE, 0
            block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
            block[386:410] = b"%011o\0%011o\0" % (size, 0)  # one piece, of nothing, at the end
            block[483:495] = b"%011o\0" % size
            block[148:156] = b" " * 8
            block[148:156] = b"%06o\0 " % sum(block)
            stream.write(block)
        stream.write(bytes(1024))


def overlapping_zip(path: Path, members: int, content: bytes) -> None:
    """Write a zip whose MEMBERS are all the same bytes of the archive, deflated."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("000.png", content)
    with zipfile.ZipFile(packed) as archive:
        start, info = archive.start_dir, archive.infolist()[0]
    whole = packed.getvalue()
    entry = whole[start : whole.rfind(b"PK\5\6")]
    entries = b"".join(entry.replace(b"000.png", b"%03d.png" % k) for k in range(members))
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, members, members, len(entries), start, 0)
    assert info.header_offset == 0
    path.write_bytes(whole[:start] + entries + end)


def zip_of(path: Path, name: str, content: bytes, members: int = 1) -> None:
    """Write a zip of MEMBERS pictures of the same CONTENT."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for k in range(members):
            archive.writestr(f"{k:03d}{name}", content)
