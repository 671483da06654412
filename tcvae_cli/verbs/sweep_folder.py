"""The folder of a sweep: what is finished in it, decided by content, its result lines, and who is at work in it."""

import contextlib
import errno
import glob
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.folders import check_folder, make_folder
from tcvae_cli.files.headers import RunHeader, run_header
from tcvae_cli.files.ledger import one_command
from tcvae_cli.files.locks import lock, locked_folder
from tcvae_cli.files.provenance import printable_json
from tcvae_cli.files.runs import WHAT
from tcvae_cli.files.streams import binary_input, check_output, write_bytes, writing
from tcvae_cli.files.tensors import read_contents
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.results.line import parse
from tcvae_cli.system import flush_to_disk
from tcvae_cli.verbs.sweep_list import Wanted

START = b'{"kind":'  # of a result line as we write it
ELSEWHERE = "choose another place with {output}"
Record = dict[str, Any]
DEFAULTS = {field.name: field.default for field in fields(Settings)}  # of what an older run does not store


@dataclass(frozen=True)
class Place:
    """Where a run lives, and what is found there."""

    folder: str
    wanted: Wanted
    digest: str  # of the data set

    @property
    def run(self) -> str:
        """The path of the run."""
        return os.path.join(self.folder, self.wanted.path, "run.safetensors")

    @property
    def checkpoint(self) -> str:
        """The path of its checkpoint while it trains."""
        return os.path.join(self.folder, self.wanted.path, "checkpoint")

    def result(self, measure: str) -> str:
        """Return the path of its result by a measure."""
        return os.path.join(self.folder, self.wanted.path, f"{measure}.json")

    def is_finished(self) -> bool:
        """Tell whether the run is there, whole, with the settings and the data set that are wanted."""
        return self.finished_header() is not None

    def finished_header(self) -> RunHeader | None:
        """Return the header of the run that is wanted, None where it is not finished."""
        header = header_of(self.run)
        return header if header is not None and header.final is not None and self.is_ours(header) else None

    def is_ours(self, header: RunHeader) -> bool:
        """Tell whether a run or checkpoint is of the settings and the data set that are wanted."""
        return header.data.digest == self.digest and not self.differences(header)

    def differences(self, header: RunHeader) -> dict[str, tuple[Any, Any]]:
        """Return by their names the settings of a run or checkpoint that are not those wanted, and the wanted ones.

        The number format is the machine's, unless it was asked for, and so is how many rows were shuffled together.
        """
        aside = {"shuffle_rows"}
        if self.wanted.asked.get("precision", "auto") == "auto":
            aside.add("precision")
        pairs = {
            name: (header.settings.get(name, DEFAULTS[name]), value)
            for name, value in self.wanted.settings.header().items()
            if name not in aside
        }
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    def kept_step(self) -> int | None:
        """Return the step of a checkpoint from which the run can go on; None without one."""
        header = header_of(self.checkpoint)
        return header.step if header is not None and self.is_ours(header) else None

    def line(self, measure: str) -> bytes | None:
        """Return the result by a measure, if it is there and is of the run that is wanted."""
        path = self.result(measure)
        try:
            with open(path, "rb") as stream:
                content = stream.read()
            found = parse(content, path)
        except (OSError, TcvaeError):
            return None
        header = self.finished_header()
        if content.count(b"\n") != 1 or found.get("data_digest") != self.digest or header is None:
            return None
        return content if found.get("settings") == header.settings else None

    def keep_result(self, measure: str, record: Record) -> bytes:
        """Write the result by a measure as the verb prints it, and return its line."""
        line = f"{printable_json(record)}\n".encode()
        write_bytes(self.result(measure), line)
        return line


def header_of(path: str) -> RunHeader | None:
    """Return the header of a run or checkpoint; None where there is none that can be read."""
    if not os.path.isfile(path):
        return None
    try:
        with one_command(), binary_input(path, WHAT) as stream:  # in its place another run may be written afterwards
            header = read_contents(stream, path, WHAT).header
        return None if header is None else run_header(path, header)
    except TcvaeError:
        return None


@contextlib.contextmanager
def locked(path: str, fault: str, cure: str, *, shared: bool = False) -> Iterator[None]:
    """Lock a folder inside. TcvaeError if another process has; nothing where the file system has no locks."""
    with locked_folder(path, shared=shared) as ours:
        if not ours:
            raise TcvaeError(path, fault, cure)
        yield


@dataclass(frozen=True)
class Results:
    """The result lines of a folder, `results*.jsonl`: one file for each share, as one sweep writes it."""

    folder: str
    share: tuple[int, int] | None = None

    @property
    def path(self) -> str:
        """The file that this sweep appends to."""
        name = "results" if self.share is None else f"results-{self.share[0]}-of-{self.share[1]}"
        return os.path.join(self.folder, f"{name}.jsonl")

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Have the folder for this sweep inside, with other shares of one. TcvaeError if another sweep has it."""
        make_folder(self.folder, ELSEWHERE)
        fault, cure = "is being swept by another process", "wait for its end, or give both a {share} of the runs"
        with locked(self.folder, fault, cure, shared=self.share is not None):
            self.check()
            if os.path.exists(self.path):
                with self.appending():
                    pass
            yield

    def check(self) -> None:
        """Refuse a file that holds anything but result lines; a last line that a crash has cut short may be there."""
        check_folder(self.folder, ELSEWHERE)
        if not os.path.lexists(self.path):
            return
        cure = "move it away, or name another folder with {output}"
        if os.path.isdir(self.path):
            raise TcvaeError(self.path, "is a folder, not the results of a sweep", cure)
        check_output(self.path)
        with open(self.path, "rb") as stream:
            *lines, last = stream.read().split(b"\n")
        if START.startswith(last[: len(START)]):
            last = b""
        for number, line in enumerate([*lines, last], 1):
            if line.strip():
                where = f"{self.path}, line {number}"
                try:
                    parse(line, where)
                except TcvaeError as wrong:
                    raise TcvaeError(where, wrong.fault, cure) from None

    def lines(self) -> set[bytes]:
        """Return all whole lines of all shares."""
        found: set[bytes] = set()
        for path in glob.glob(os.path.join(glob.escape(self.folder), "results*.jsonl")):
            with contextlib.suppress(OSError), open(path, "rb") as stream:
                found.update(line for line in stream if line.endswith(b"\n"))
        return found

    def add(self, lines: Sequence[bytes]) -> None:
        """Append those of some lines that no share has yet, each whole or not at all."""
        known = self.lines()
        for line in lines:
            if line not in known:
                with self.appending() as file:
                    size = file.seek(0, os.SEEK_END)
                    if file.write(line) != len(line):
                        file.truncate(size)
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    @contextlib.contextmanager
    def appending(self) -> Iterator[io.FileIO]:
        """Yield the file, locked, to append to. What a crash has left of a line goes; one without its end gets it."""
        with writing(self.path), io.FileIO(self.path, "a+") as file:
            with contextlib.suppress(OSError):  # a file system without locks
                lock(file.fileno(), wait=True)
            end = end_of_lines(file)
            file.seek(end)
            if is_whole(file.readall()):
                file.write(b"\n")
            else:
                file.truncate(end)
            yield file
            flush_to_disk(file.fileno())


def is_whole(tail: bytes) -> bool:
    """Tell whether what follows the last end of a line is a result that lacks that end only."""
    try:
        return bool(tail) and parse(tail, "results") is not None
    except TcvaeError:
        return False


def end_of_lines(file: io.FileIO) -> int:
    """Return where the last whole line of a file ends."""
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        start = file.seek(max(0, end - (1 << 16)))
        if (place := file.read(end - start).rfind(b"\n")) >= 0:
            return start + place + 1
        end = start
    return 0
