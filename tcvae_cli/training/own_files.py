"""The files that a training writes, and whether another training writes them too."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field

from tcvae_cli.arrays import Array
from tcvae_cli.files.headers import RunHeader
from tcvae_cli.files.runs import write_run
from tcvae_cli.progress import Note, quiet

Version = tuple[int, int, int]  # device, number and time of a file: what changes when it is written again


@dataclass
class OwnFiles:
    """Each file as this training has left it, or found it at first. What somebody else has written since is told."""

    note: Note = quiet
    versions: dict[str, Version | None] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)
    before: dict[str, Version | None] = field(default_factory=dict)  # each that was written since, as it was then

    def watch(self, paths: Sequence[str | None]) -> None:
        """Take the files as they are now for ours."""
        self.versions |= {path: version_of(path) for path in paths if path is not None}

    def write(self, path: str, header: RunHeader, tensors: dict[str, Array]) -> None:
        """Write a run or a checkpoint. Note, once for each path, that another training has written there meanwhile."""
        found = version_of(path)
        if found is not None and found != self.versions.get(path) and path not in self.shared:
            self.shared.add(path)
            self.note(f"another training writes {path} too, and the later one is kept: give each its own")
        self.before[path] = found
        write_run(path, header, tensors)
        self.versions[path] = version_of(path)

    def is_written(self, path: str) -> bool:
        """Tell whether a file has its new content, also where a signal has come before that was returned from."""
        return path in self.before and version_of(path) not in (None, self.before[path])


def version_of(path: str) -> Version | None:
    """Return the version of a regular file; None of a stream, a device, or nothing."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None
