"""Writing a data set file: what prepare and subset do in the end."""

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tcvae_cli.arrays import Array
from tcvae_cli.files.descriptions import Description
from tcvae_cli.files.streams import atomic_path
from tcvae_cli.files.writer import Source, write_data_set
from tcvae_cli.progress import Note, Progress


@dataclass(frozen=True)
class Written:
    """A data set file that was written."""

    path: str
    description: Description
    rows: int
    size: int  # bytes

    def record(self) -> dict[str, Any]:
        """Return what was written as one JSON object."""
        described = dataclasses.asdict(self.description)
        return {"kind": "data set", "path": self.path, **described, "rows": self.rows, "bytes": self.size}

    def summary(self) -> str:
        """Say what was written in a few words."""
        height, width = self.description.image_shape[:2]
        factors = len(self.description.factor_names)
        return (
            f"{self.rows:,} {self.description.pixel_kind} image{'s' * (self.rows != 1)} {height} x {width}, "
            f"{factors} factor{'s' * (factors != 1)}, {self.size / 1e6:,.1f} MB"
        )


def write_source(
    opening: Callable[[], contextlib.AbstractContextManager[Source]],
    output: str | os.PathLike[str],
    label: str,
    progress: Progress,
    note: Note,
) -> Written:
    """Write what OPENING opens to OUTPUT; LABEL stands beside the progress. The output is checked first."""
    path = os.fspath(output)
    with atomic_path(path) as part:
        with contextlib.ExitStack() as stack:
            with progress("checking the source", None):
                source = stack.enter_context(opening())
            with progress(label, source.description.rows) as advance:
                rows = write_data_set(part, dataclasses.replace(source, blocks=counted(source.blocks, advance)))
            for sentence in source.notes:
                note(sentence)
        return Written(path, source.description, rows, part.stat().st_size)


def counted(blocks: Iterator[Array], advance: Callable[[int], object]) -> Iterator[Array]:
    """Yield the blocks, each reported when the next is asked for."""
    for block in blocks:
        yield block
        advance(len(block))
