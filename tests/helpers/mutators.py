"""A seeded mutator: each function takes a random generator and bytes, and returns other bytes."""

import gzip
import io
import json
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from random import Random
from typing import Any

Mutator = Callable[[Random, bytes], bytes]
NUMBERS = (
    0,
    1,
    2,
    7,
    8,
    127,
    128,
    255,
    256,
    65535,
    1 << 16,
    (1 << 31) - 1,
    1 << 31,
    (1 << 32) - 1,
    1 << 40,
    (1 << 63) - 1,
    (1 << 64) - 1,
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1,
    3,
    1 << 20,
    1 << 31,
    1 << 62,
    1 << 63,
    10**30,
    0.5,
    -1e308,
    1e300,
    "",
    "x",
    "\ud800",
    "\x1b[2J\n",
    "[/x]",
    "F32",
    "F64",
    "I8",
    "U32",
    "BF16",
    "NaN",
    "../../etc/passwd",
    [],
    [0],
    [-1],
    [1 << 40, 1 << 40],
    [1 << 62] * 100_000,
    [[1]],
    {},
    {"a": 1},
    "é" * 300,
)
RAW = ("NaN", "-Infinity", "1e999", "9" * 400, '"\\ud800"', "[" * 200 + "]" * 200, "tru", '{"a":1,"a":2}')


def flip(random: Random, content: bytes) -> bytes:
    """Flip some bits."""
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 8, 32))):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def flip_early(random: Random, content: bytes) -> bytes:
    """Flip some bits within the first bytes, where headers are."""
    size = min(len(content), random.choice((16, 64, 512, 2048)))
    return flip(random, content[:size]) + content[size:]


def number(random: Random, content: bytes) -> bytes:
    """Replace an integer somewhere, such as a length, by one that hurts."""
    width = random.choice((1, 2, 4, 8))
    place = random.randrange(max(1, len(content) - width))
    value = random.choice(NUMBERS) & ((1 << 8 * width) - 1)
    new = value.to_bytes(width, random.choice(("little", "big")))
    return content[:place] + new + content[place + width :]


def number_early(random: Random, content: bytes) -> bytes:
    """Replace an integer within the first bytes."""
    size = min(len(content), random.choice((64, 512, 4096)))
    return number(random, content[:size]) + content[size:]


def cut(random: Random, content: bytes) -> bytes:
    """Cut the content short."""
    return content[: random.randrange(len(content) + 1)]


def trailing(random: Random, content: bytes) -> bytes:
    """Make the file longer: by a byte, by zeros, by itself."""
    return content + random.choice((b"\0", b"x" * 1000, bytes(5000), content))


def moved(random: Random, content: bytes) -> bytes:
    """Take a piece out, double it, blank it, or put it elsewhere."""
    size = len(content) or 1
    start = random.randrange(size)
    piece = content[start : start + random.choice((1, 4, 16, 100, 1000))]
    rest = content[:start] + content[start + len(piece) :]
    place = random.randrange(size)
    return random.choice(
        (
            rest,
            content[:start] + piece + content[start:],
            content[:start] + bytes(len(piece)) + content[start + len(piece) :],
            rest[:place] + piece + rest[place:],
            content[:start] + random.randbytes(len(piece)) + content[start + len(piece) :],
        )
    )


BYTES: tuple[Mutator, ...] = (flip, flip_early, number, number_early, number_early, cut, trailing, moved)


def json_edit(random: Random, content: bytes) -> bytes:
    """Replace, remove, rename or repeat one thing in JSON."""
    tree = json.loads(content)
    spots: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
            spots.append((node, key))
            walk(node[key])

    walk(tree)
    if not spots:
        return content
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        node, key = random.choice(spots)
        how = random.randrange(6)
        try:
            if how == 0:
                del node[key]
            elif how == 1 and isinstance(node, dict):
                node[random.choice(("", "x", "kind", "__metadata__", "mean"))] = node.pop(key)
            elif how == 2 and isinstance(node[key], int | float):
                node[key] = random.choice(
                    (node[key] + 1, node[key] - 1, -node[key], node[key] * 1000, float(node[key]))
                )
            elif how == 3:
                node[key] = "RAW"
            else:
                node[key] = random.choice(VALUES)
        except (KeyError, IndexError):
            pass
    text = json.dumps(tree, separators=(",", ":"), allow_nan=True).replace('"RAW"', random.choice(RAW))
    if random.random() < 0.1:  # a key twice
        place = text.find("{", random.randrange(len(text))) + 1
        text = f'{text[:place]}"{random.choice(("mean", "kind", "a"))}":{random.choice(RAW)},{text[place:]}'
    return text.encode()


def safetensors_header(random: Random, content: bytes) -> bytes:
    """Edit the header of a safetensors file, our metadata in it, or its length."""
    (size,) = struct.unpack("<Q", content[:8])
    header, data = content[8 : 8 + size], content[8 + size :]
    tree = json.loads(header)
    inner = tree.get("__metadata__", {}).get("tcvae")
    if inner is not None and random.random() < 0.6:
        tree["__metadata__"]["tcvae"] = json_edit(random, inner.encode()).decode()
        header = json.dumps(tree).encode()
    else:
        header = json_edit(random, header)
    if random.random() < 0.1:
        size = random.choice(NUMBERS)
        return struct.pack("<Q", size) + header + data
    return struct.pack("<Q", len(header)) + header + data


def floats(random: Random, content: bytes) -> bytes:
    """Replace floats somewhere by NaN, infinities, and numbers that overflow."""
    changed = bytearray(content)
    for _ in range(random.choice((1, 5, 50))):
        width, form = random.choice(((4, "<f"), (8, "<d")))
        place = random.randrange(max(1, len(content) // width)) * width
        value = random.choice((float("nan"), float("inf"), float("-inf"), 1e38, -1e38, 1e-40, 1e16, 50.0))
        if place + width <= len(changed):
            changed[place : place + width] = struct.pack(form, value)
    return bytes(changed)


def npy_header(random: Random, content: bytes) -> bytes:
    """Let an npy file say another type, shape or order of itself."""
    (size,) = struct.unpack("<H", content[8:10])
    text = content[10 : 10 + size].decode("latin-1")
    shape = text[text.index("(") : text.index(")") + 1]
    descr = text.split("'descr': ")[1].split(", 'fortran")[0]
    how = random.randrange(4)
    if how == 0:
        shapes = (
            "()",
            "(0,)",
            "(-1, 8, 8)",
            "(1099511627776, 8, 8)",
            "(2, 4611686018427387904, 4)",
            "(12L, 8L, 8L)",
            "(12.0, 8, 8)",
            "(True, 8, 8)",
            "[12, 8, 8]",
            "(12, 8)",
            "(3, 2, 2, 8, 8)",
            "(12, 1, 8, 8)",
            "None",
        )
        text = text.replace(shape, random.choice(shapes))
    elif how == 1:
        kinds = (
            "'|O'",
            "'<f4'",
            "'<f8'",
            "'>i8'",
            "'|S0'",
            "'|V0'",
            "'<U3'",
            "'<M8[s]'",
            "[('a', '|O')]",
            "'|u99999999999'",
            "object",
            "'<c16'",
            "[('a', '<i4', (1000000, 1000000))]",
            "'|b1'",
            "'<f2'",
        )
        text = text.replace(descr, random.choice(kinds))
    elif how == 2:
        text = text.replace("False", random.choice(("True", "None", "__import__('os')", "(" * 300)))
    else:
        text = flip(random, text.encode()).decode("latin-1")
    header = text.encode("latin-1")
    return content[:8] + struct.pack("<H", len(header)) + header + content[10 + size :]


def in_zip(inner: Mutator) -> Mutator:
    """Apply INNER to one member of a zip, which is whole otherwise."""

    def mutate(random: Random, content: bytes) -> bytes:
        old, out = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
        chosen = random.choice(old.namelist())
        method = random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA))
        with zipfile.ZipFile(out, "w", method) as new:
            for name in old.namelist():
                data = old.read(name)
                new.writestr(name, inner(random, data) if name == chosen else data)
        return out.getvalue()

    return mutate


NAMES = (
    "../../../tmp/escaped.png",
    "/tmp/escaped.png",
    "..\\..\\escaped.png",
    "C:\\escaped.png",
    "a/../../b.png",
    "",
    ".",
    "x\0y.png",
    "a" * 5000 + ".png",
    "\x1b[2J.png",
    "new\nline.png",
    "é\udce9.png",
    "con.png",
    "a//b.png",
    "~/x.png",
    "-rf.png",
)


def zip_names(random: Random, content: bytes) -> bytes:
    """Give a zip a member of a hostile name, kind or size."""
    old, out = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        info = zipfile.ZipInfo(random.choice(NAMES[:5]) if random.random() < 0.5 else old.namelist()[0])
        info.external_attr = random.choice((0, 0o120777 << 16, 0o020666 << 16, 0o010666 << 16, 0o100644 << 16))
        info.compress_type = random.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a name twice
            new.writestr(info, random.choice((b"/etc/passwd", bytes(1 << 24), b"")))
    return out.getvalue()


def tar_members(random: Random, content: bytes) -> bytes:
    """Add a member to a tar: of a hostile name, a link, a device, or of a size that is a lie."""
    old, out = tarfile.open(fileobj=io.BytesIO(content)), io.BytesIO()  # noqa: SIM115 (closed below)
    kinds = (
        tarfile.REGTYPE,
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.FIFOTYPE,
        tarfile.GNUTYPE_SPARSE,
        b"Z",
    )
    with (
        old,
        tarfile.open(fileobj=out, mode="w", format=random.choice((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT))) as new,
    ):
        infos = old.getmembers()
        info = tarfile.TarInfo(random.choice((*NAMES[:5], *NAMES[8:], infos[-1].name)).replace("\0", ""))
        info.type, info.linkname = random.choice(kinds), random.choice(("/etc/passwd", "../../x", infos[0].name))
        if random.random() < 0.3:
            info.pax_headers = {
                "size": random.choice(("-1", "999999999999999", "x")),
                "GNU.sparse.major": random.choice(("1", "0")),
            }
        place = random.randrange(len(infos) + 1)
        for i, member in enumerate(infos):
            if i == place:
                new.addfile(info)
            new.addfile(member, old.extractfile(member))
        if place == len(infos):
            new.addfile(info)
    changed = out.getvalue()
    return tar_field(random, changed) if random.random() < 0.5 else changed


def tar_field(random: Random, content: bytes) -> bytes:
    """Overwrite a field of a tar header, and put its checksum right."""
    heads = [place for place in range(0, len(content), 512) if content[place + 257 : place + 262] == b"ustar"]
    if not heads:
        return content
    head = random.choice(heads)
    block = bytearray(content[head : head + 512])
    start, size = random.choice(((0, 100), (124, 12), (156, 1), (157, 100), (257, 8), (345, 155)))
    new = random.choice(
        (
            b"77777777777\0",
            b"\x80" + b"\xff" * 11,
            b"\xff" * 12,
            bytes(12),
            b"-0000000001\0",
            b"L",
            b"x",
            b"K",
            b"S",
            b"../../../x",
        )
    )
    block[start : start + size] = (new + bytes(size))[:size]
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return content[:head] + bytes(block) + content[head + 512 :]


def in_gzip(inner: Mutator) -> Mutator:
    """Apply INNER to what a gzip holds."""
    return lambda random, content: gzip.compress(inner(random, gzip.decompress(content)), 1, mtime=0)


def in_tar(inner: Mutator, suffix: str) -> Mutator:
    """Apply INNER to the first member of a tar with SUFFIX."""

    def mutate(random: Random, content: bytes) -> bytes:
        out = io.BytesIO()
        with tarfile.open(fileobj=io.BytesIO(content)) as old, tarfile.open(fileobj=out, mode="w") as new:
            done = False
            for member in old.getmembers():
                stream = old.extractfile(member)
                data = stream.read() if stream else b""
                if member.name.endswith(suffix) and not done:
                    data, done = inner(random, data), True
                    member.size = len(data)
                new.addfile(member, io.BytesIO(data))
        return out.getvalue()

    return mutate


def png_chunk(random: Random, content: bytes) -> bytes:
    """Change one chunk of a PNG, and put its checksum right."""
    chunks, place = [], 8
    while place + 12 <= len(content):
        (size,) = struct.unpack(">I", content[place : place + 4])
        chunks.append((content[place + 4 : place + 8], content[place + 8 : place + 8 + size]))
        place += 12 + size
    number_of = random.choice((0, random.randrange(len(chunks))))
    kind, data = chunks[number_of]
    chunks[number_of] = (
        random.choice((kind, kind, kind, b"tRNS", b"PLTE", b"acTL", b"iCCP", b"eXIf", b"zTXt")),
        random.choice(BYTES)(random, data),
    )
    if kind == b"IHDR" and random.random() < 0.5:
        sides = struct.pack(">II", *(random.choice((1, 8, 4000, 9000, 20_000, 1 << 20, (1 << 31) - 1)) for _ in "wh"))
        chunks[number_of] = (kind, sides + data[8:])
    if random.random() < 0.1:  # text that inflates to far more
        chunks.insert(1, (b"zTXt", b"k\0\0" + zlib.compress(bytes(1 << 24))))
    return content[:8] + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def lines(inner: Mutator) -> Mutator:
    """Apply INNER to one line, or double, empty or join lines."""

    def mutate(random: Random, content: bytes) -> bytes:
        rows = content.splitlines()
        row = random.randrange(len(rows))
        how = random.randrange(8)
        if how == 0:
            rows.insert(row, rows[row])
        elif how == 1:
            rows[row] = random.choice(
                (b"", b"null", b"[]", b"\xff\xfe", b"{}", b'{"kind":"mig"}', b"\0", b"," * 5000, b'"')
            )
        else:
            rows[row] = inner(random, rows[row])
        return random.choice((b"\n", b"\n", b"\n", b"\r\n", b"\r", b"")).join(rows) + b"\n"

    return mutate


def text(random: Random, content: bytes) -> bytes:
    """Replace a word of a text."""
    words = content.replace(b" ", b",").split(b",")
    words[random.randrange(len(words))] = random.choice(
        (b"", b'"', b"1e999", b"nan", b"-1", b"0", b"x" * 100_000, b"\xff", b"\n", b"=cmd()", b"\x1b[2J", b"9" * 400)
    )
    return b",".join(words)
