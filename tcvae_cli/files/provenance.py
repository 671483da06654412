"""What made a file: canonical JSON that every file of ours carries, and the digest that ties a child to its parent."""

import hashlib
import json
import re
from typing import Any, BinaryIO

from tcvae_cli.progress import Progress, silent

PIECE = 1 << 22  # bytes
Header = dict[str, Any]


def canonical_json(value: object) -> str:
    """Return VALUE on one line, in full precision: equal values in the same order of keys are the same text.

    Raises ValueError for NaN and infinity, which JSON does not have.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def printable_json(value: object) -> str:
    """Return VALUE as canonical JSON for a terminal, with an escape for every letter that cannot be printed."""
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in canonical_json(value))


def stream_digest(stream: BinaryIO, progress: Progress = silent) -> str:
    """Return `sha256:` and the digest of a seekable stream, left at its start. PROGRESS is told of the bytes."""
    digest, size = hashlib.sha256(), stream.seek(0, 2)
    stream.seek(0)
    with progress("checking the data set", size, unit="bytes") as advance:
        while piece := stream.read(PIECE):
            digest.update(piece)
            advance(len(piece))
    stream.seek(0)
    return f"sha256:{digest.hexdigest()}"


def short_digests(text: str) -> str:
    """Cut the digests in a text for people to eight digits: "part of sha256:17102ecb…: 40,000 rows"."""
    return re.sub(r"(sha256:[0-9a-f]{8})[0-9a-f]{56}", r"\1…", text)
