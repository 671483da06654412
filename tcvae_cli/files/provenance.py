"""What made a file: canonical JSON that every file of ours carries, and the digest that ties a child to its parent."""

import hashlib
import json
from typing import Any, BinaryIO

from tcvae_cli import __version__
from tcvae_cli.errors import TcvaeError
from tcvae_cli.progress import Progress, silent

SCHEMA = 1
PIECE = 1 << 22  # bytes
Header = dict[str, Any]


def canonical_json(value: object) -> str:
    """One line, fixed key order, full precision: the same value is always the same text. NaN is refused."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def printable_json(value: object) -> str:
    """The same for a terminal: what cannot be printed stands in a text, where JSON allows an escape for it."""
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in canonical_json(value))


def new_header(kind: str, **content: object) -> Header:
    """The start of every header: what the file is, by which schema, by which version."""
    return {"kind": kind, "schema": SCHEMA, "version": __version__, **content}


def check_header(where: str, header: Header, kind: str, made_by: str) -> None:
    """Refuse a file of another kind, of a newer schema, or of one that never was."""
    found = header.get("kind")
    if found != kind:
        raise TcvaeError(where, f"is a {found} file, not a {kind} file", f"give one made by {made_by}")
    schema = header.get("schema")
    if type(schema) is not int or schema < 1:
        said = "no schema" if schema is None else f"the schema {schema!r}, which no version wrote"
        raise TcvaeError(where, f"has {said}", f"give one made by {made_by}, or write schema {SCHEMA} into it")
    if schema > SCHEMA:
        raise TcvaeError(where, f"has schema {schema}, this version reads up to {SCHEMA}", "upgrade tcvae")


def check_objects(where: str, header: Header, *names: str) -> None:
    """Refuse a header in which one of NAMES is there but is no JSON object."""
    for name in names:
        if not isinstance(header.get(name), dict | None):
            raise TcvaeError(where, f"has a header whose `{name}` is not an object", "make it again")


def stream_digest(stream: BinaryIO, progress: Progress = silent) -> str:
    """`sha256:HEX` of a seekable stream, left at its start. PROGRESS is told of the bytes."""
    digest, size = hashlib.sha256(), stream.seek(0, 2)
    stream.seek(0)
    with progress("checking the data set", size) as advance:
        while piece := stream.read(PIECE):
            digest.update(piece)
            advance(len(piece))
    stream.seek(0)
    return f"sha256:{digest.hexdigest()}"
