"""Fetch a published file once, into the platform's cache folder: the only code that uses the network."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath

from tcvae_cli.datasets.published import Published
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.hdf5 import MAGIC
from tcvae_cli.files.kinds import HEAD, PAGE, kind_of

STALL = 30  # seconds without a byte
PIECE = 1 << 16  # bytes
SIGNATURES = {  # by the ending of a name: where the file's kind is said, and how
    ".hdf5": (0, MAGIC),
    ".h5": (0, MAGIC),
    ".npz": (0, b"PK"),
    ".zip": (0, b"PK"),
    ".gz": (0, b"\x1f\x8b"),
    ".tar": (257, b"ustar"),
}


class Meter:
    """The progress bar that pooch expects, around a function that is told of bytes."""

    total = 0

    def __init__(self, advance: Callable[[int], object]) -> None:
        self.update = advance

    def reset(self) -> None:
        """Ignore that pooch fills the bar a second time at the end."""
        self.update = lambda count: None

    def close(self) -> None:
        """Leave the bar to whoever opened it."""


def download(file: Published, advance: Callable[[int], object], stall: float = STALL) -> str:
    """Return the path of a published file in the user's cache, fetched if need be, checked before it has its name.

    ADVANCE is told the number of bytes of each piece. A fetch that fails, or in which no byte comes for STALL seconds,
    leaves nothing behind, and the next one starts afresh. Errors: TcvaeError naming the address, what came instead,
    and a way without it.
    """
    import pooch

    address = str(file.address)

    def fetch(url: str, part: str, _: object) -> None:
        get = pooch.HTTPDownloader(progressbar=Meter(advance), chunk_size=PIECE, timeout=stall)
        get(url, part, None)
        check(part, file)

    pooch.get_logger().setLevel("WARNING")
    try:
        return str(pooch.retrieve(address, file.digest, file.name, pooch.os_cache("tcvae"), downloader=fetch))
    except (OSError, ValueError) as error:  # requests' errors are OSErrors; ValueError: another digest, or ours
        response, fault = getattr(error, "response", None), fault_of(error, stall)
        if response is not None:
            response.close()  # pooch leaves it open
        cure = "try again later, or get the file in another way and give it with {source}"
        raise TcvaeError(address, f"could not be downloaded ({fault})", cure) from None


def check(part: str, file: Published) -> None:
    """Refuse another kind of file, and one of another size than published.

    A digest would only say that something is wrong, and not every file has one: a page of text that says why it is not
    the file would be kept under the file's name.
    """
    with open(part, "rb") as stream:
        head = stream.read(HEAD)
        size = stream.seek(0, 2)
    suffix = PurePath(file.name).suffix
    place, signature = SIGNATURES.get(suffix, (0, b""))
    if not head:
        raise ValueError("an empty file came")
    if kind_of(head) == PAGE:
        raise ValueError("a web page came, not the file")
    if not head[place:].startswith(signature):
        raise ValueError(f"what came is no {suffix} file")
    if file.size is not None and size != file.size:
        raise ValueError(f"{size:,} bytes came of {file.size:,}")


@contextlib.contextmanager
def trusted_once_read(path: str, file: Published) -> Iterator[None]:
    """Remove a file without a public digest from the cache if reading it, inside, finds it to be bad.

    Its signature may be right and the rest missing, and the next download would find it there and take it for whole.
    """
    try:
        yield
    except TcvaeError as error:
        if file.digest is not None or not error.where.startswith(path):
            raise
        Path(path).unlink(missing_ok=True)
        raise TcvaeError(error.where, f"{error.fault}, and is removed from the cache", "download it again") from None


def fault_of(error: Exception, stall: float) -> str:
    """Say what went wrong, in a few words."""
    import requests

    if isinstance(error, requests.TooManyRedirects):
        return "it redirects in a circle"
    response = getattr(error, "response", None)
    if response is not None:
        return f"HTTP {response.status_code}"
    if isinstance(error, requests.Timeout) or "timed out" in str(error).lower():
        return f"nothing came for {stall} s"
    if "IncompleteRead" in str(error):
        return "the connection broke off"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    if isinstance(error, ValueError):
        return "what came is not the published file" if "hash" in str(error) else str(error)
    return type(error).__name__ if not isinstance(error, OSError) or not error.strerror else error.strerror.lower()
