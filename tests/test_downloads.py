"""Downloads from a local web server that serves what servers serve: the file, a web page, half of it, nothing."""

import contextlib
import hashlib
import http.server
import io
import os
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import h5py
import pytest
from PIL import Image

from helpers.command import call
from helpers.tiny import tiny_rows
from tcvae_cli.datasets.downloads import download
from tcvae_cli.datasets.published import Published
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.progress import Advance, TcvaeWarning, silent
from tcvae_cli.verbs.prepare import prepare

CONTENT = b"\x89HDF\r\n\x1a\n" + b"published" * 20_000
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


def answer(content: bytes, status: int = 200, length: int | None = None, **headers: str) -> Answer:
    """Return an answer that says it is LENGTH bytes long, by default as long as it is."""

    def send(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content) if length is None else length))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    return send


def stall(handler: http.server.BaseHTTPRequestHandler) -> None:
    """Send half of the file, and then nothing until the other side has left."""
    answer(CONTENT[:1000], length=len(CONTENT))(handler)
    handler.connection.recv(1)


@contextlib.contextmanager
def server(respond: Answer) -> Iterator[str]:
    """Yield the address of a local web server that answers so."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with contextlib.suppress(OSError):  # a client that has left
                respond(self)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as site:
        thread = threading.Thread(target=site.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{site.server_port}/file"
        finally:
            site.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty cache folder, and no proxy in the way."""
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / project)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "tcvae"


def test_download_is_checked_and_kept(cache: Path) -> None:
    seen: list[int] = []
    with server(answer(CONTENT)) as address:
        file = Published("name.h5", DIGEST, address, len(CONTENT))
        path = download(file, seen.append)
    assert Path(path).parent == cache
    assert Path(path).read_bytes() == CONTENT
    assert len(CONTENT) <= sum(seen) < len(CONTENT) + (1 << 16)
    assert download(file, seen.append) == path  # the server is gone: from the cache


PAGE = b"\n<!DOCTYPE html><title>Quota exceeded</title>"
FAULTS: dict[str, tuple[Answer, str]] = {
    "web page": (answer(PAGE), "a web page came, not the file"),
    "web page behind a mark and a comment": (answer(b"\xef\xbb\xbf<!-- -->" + PAGE), "a web page came, not the file"),
    "plain text": (answer(b"Quota exceeded. " * 11_000), "what came is no .h5 file"),
    "JSON": (answer(b'{"error": 429}'), "what came is no .h5 file"),
    "nothing": (answer(b""), "an empty file came"),
    "another file": (answer(CONTENT + b"more"), "what came is not the published file"),
    "cut short": (answer(CONTENT[:5000], length=len(CONTENT)), "the connection broke off"),
    "a short file": (answer(CONTENT[:5000]), "5,000 bytes came of 180,008"),
    "forbidden": (answer(PAGE, 403), "HTTP 403"),
    "missing": (answer(b"", 404), "HTTP 404"),
    "circle": (answer(b"", 302, Location="/file"), "it redirects in a circle"),
    "stall": (stall, "nothing came for 0.3 s"),
}


@pytest.mark.parametrize(
    ("fault", "digest"),
    [(fault, digest) for fault in FAULTS for digest in (DIGEST, None) if digest or fault != "another file"],
)
def test_failed_download_is_named_and_leaves_nothing(cache: Path, fault: str, digest: str | None) -> None:
    respond, wanted = FAULTS[fault]
    size = None if fault == "another file" else len(CONTENT)
    with server(respond) as address:
        file = Published("name.h5", digest, address, size)
        with pytest.raises(TcvaeError) as caught:
            download(file, lambda count: None, stall=0.3 if fault == "stall" else 20)  # others answer, if late
    assert str(caught.value).startswith(f"{address}: could not be downloaded ({wanted}); ")
    assert not cache.exists() or list(cache.iterdir()) == []


def test_no_server_is_named() -> None:
    with server(answer(b"")) as address:
        pass
    with pytest.raises(TcvaeError, match="could not be downloaded \\(no connection\\)"):
        download(Published("name.h5", DIGEST, address), lambda count: None)


def test_a_failed_download_can_be_tried_again() -> None:
    answers = iter([answer(CONTENT[:5000], length=len(CONTENT)), answer(CONTENT)])
    with server(lambda handler: next(answers)(handler)) as address:
        file = Published("name.h5", DIGEST, address)
        with pytest.raises(TcvaeError):
            download(file, lambda count: None)
        assert Path(download(file, lambda count: None)).read_bytes() == CONTENT


class Told:
    """A progress that remembers what it was told of."""

    def __init__(self) -> None:
        self.units: list[tuple[str, str]] = []

    def __call__(self, label: str, total: int | None, *, unit: str = "") -> AbstractContextManager[Advance]:
        self.units.append((label, unit))
        return silent(label, total)


def test_a_published_zip_can_be_downloaded(cache: Path) -> None:
    content = b"PK\3\4" + bytes(1000)
    with server(answer(content)) as address:
        path = download(Published("pictures.zip", None, address), lambda count: None)
    with server(answer(bytes(1000))) as address, pytest.raises(TcvaeError, match=r"what came is no \.zip file"):
        download(Published("other.zip", None, address), lambda count: None)
    assert Path(path).read_bytes() == content


def test_prepare_downloads_and_converts(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "published.h5", "w") as file:
        for name, array in zip(("imgs", "latents/classes", "latents/values"), tiny_rows(), strict=True):
            file[name] = array
    content = (tmp_path / "published.h5").read_bytes()
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    with server(answer(content)) as address:
        files, told = [Published("a.hdf5", digest, address)], Told()
        with pytest.warns(TcvaeWarning, match="factor orientation has real values"):  # 192 images of 40 orientations
            written = prepare("dsprites", download=True, published=files, output=tmp_path / "out.h5", progress=told)
    assert "192 binary images" in written.summary()
    assert ("downloading a.hdf5", "bytes") in told.units
    with open_data_set(tmp_path / "out.h5") as data:
        assert data.description.provenance == f"converted from the published a.hdf5 ({digest})"


NO_TAR = (
    b"Too many requests",
    b"\xef\xbb\xbf<!-- quota --><html>",
    b'{"error": "quota"}',
    b"",
    bytes(10_000),
    b"PK\3\4",
)


@pytest.mark.parametrize("content", NO_TAR, ids=["text", "mark and page", "JSON", "empty", "zeros", "another kind"])
def test_what_is_no_tar_is_not_kept_though_chairs_have_neither_digest_nor_size(cache: Path, content: bytes) -> None:
    with server(answer(content)) as address:
        file = Published("rendered_chairs.tar", None, address)
        with pytest.raises(TcvaeError, match="could not be downloaded"):
            download(file, lambda count: None)
    assert list(cache.iterdir()) == []


def chairs_tar() -> bytes:
    """Return two chairs as published."""
    stream, picture = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (60, 60), "white").save(picture, "PNG")
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name in ("a", "b"):
            info = tarfile.TarInfo(f"rendered_chairs/{name}/renders/image_000_p020_t006_r096.png")
            info.size = len(picture.getvalue())
            tar.addfile(info, io.BytesIO(picture.getvalue()))
    return stream.getvalue()


def test_an_unreadable_file_without_a_digest_is_fetched_again(cache: Path, tmp_path: Path) -> None:
    whole = chairs_tar()
    answers = iter([answer(whole[:600]), answer(whole[:1600]), answer(whole)])
    with server(lambda handler: next(answers)(handler)) as address:
        files = [Published("rendered_chairs.tar", None, address)]
        for _ in range(2):
            with pytest.raises(TcvaeError, match=", and is removed from the cache; download it again"):
                prepare("chairs", download=True, published=files, output=tmp_path / "out.h5")
            assert list(cache.iterdir()) == []
        assert prepare("chairs", download=True, published=files, output=tmp_path / "out.h5").rows == 2
    again = prepare("chairs", download=True, published=files, output=tmp_path / "out.h5")
    assert again.rows == 2  # the server is gone: from the cache


@pytest.mark.parametrize("name", ["celeba", "faces"])
def test_sets_without_an_address_say_where_to_get_them(name: str) -> None:
    status, _, errors = call("prepare", name, "--download", "-o", os.devnull)
    assert status == 2
    assert f"--download: {name} has no lasting public address; " in errors
