"""Headless Chromium by its own protocol (DevTools) over a pair of pipes: no port, no library, no driver."""

import base64
import contextlib
import io
import itertools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --remote-debugging-pipe"


class Browser:
    """One tab of a browser that runs, without a network."""

    def __init__(self, reader: io.FileIO, writer: io.FileIO) -> None:
        self.reader, self.writer = reader, writer
        self.numbers, self.rest, self.session = itertools.count(1), b"", ""
        self.said: list[str] = []  # errors of the page
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for part in ("Page", "Runtime", "Log"):
            self.call(f"{part}.enable")

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Call a method of the protocol, and return its result."""
        number = next(self.numbers)
        request = {"id": number, "method": method, "params": parameters}
        self.writer.write(json.dumps(request | ({"sessionId": self.session} if self.session else {})).encode() + b"\0")
        while (answer := self.message()).get("id") != number:
            if answer.get("method") == "Runtime.exceptionThrown":
                self.said.append(str(answer["params"]["exceptionDetails"]))
            if answer.get("method") == "Log.entryAdded" and answer["params"]["entry"]["level"] == "error":
                self.said.append(answer["params"]["entry"]["text"])
        assert "error" not in answer, answer
        found: dict[str, Any] = answer["result"]
        return found

    def message(self) -> dict[str, Any]:
        """Return the next message."""
        while b"\0" not in self.rest:
            self.rest += self.reader.read(1 << 20) or b"\0"
        message, _, self.rest = self.rest.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found

    def run(self, script: str) -> Any:
        """Return what a script in the page gives, or what its promise will."""
        found = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def open(self, path: Path, width: int = 1280, height: int = 900, scheme: str = "light") -> None:
        """Show a page in a window of a size, light or dark, and wait until its script has done what it does first."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=path.resolve().as_uri())
        self.run(
            "new Promise(done => { const look = () => document.documentElement?.dataset.ready ? done() : "
            "setTimeout(look, 20); look(); })"
        )

    def picture(self, whole: bool = False) -> bytes:
        """Return the window, or the WHOLE page, as a PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"])


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Start a browser, and end it."""
    assert CHROMIUM is not None
    (their_input, to_them), (from_them, their_output) = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(prefix="tcvae-browser-", ignore_cleanup_errors=True) as home:
        # The pipes become descriptors 3 and 4 of the browser.
        script = f'exec "$0" "$@" 3<&{their_input} 4>&{their_output}'
        command = ["bash", "-c", script, CHROMIUM, *FLAGS.split(), f"--user-data-dir={home}"]
        process = subprocess.Popen(
            command, pass_fds=(their_input, their_output), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        os.close(their_input)
        os.close(their_output)
        try:
            with io.FileIO(from_them, "r") as reader, io.FileIO(to_them, "w") as writer:
                tab = Browser(reader, writer)
                yield tab
                tab.session = ""
                tab.call("Browser.close")
        finally:
            process.kill()
            process.wait()
