"""What the verbs that write a data set share: their flags, where published files lie, and writing under a bar."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.cli.messages import say
from tcvae_cli.cli.progress import progress
from tcvae_cli.errors import UsageError
from tcvae_cli.files.streams import atomic_path, check_output

if TYPE_CHECKING:
    from tcvae_cli.arrays import Array
    from tcvae_cli.files.writer import Source

From = Annotated[str | None, typer.Option("--source", metavar="PATH", help="Convert the published file at this path.")]
Fetch = Annotated[bool, typer.Option("--download", help="Fetch the published file into the cache and convert it.")]
Side = Annotated[int, typer.Option("--size", min=8, max=1024, metavar="PIXELS", help="Side of the images.")]
Output = Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="The data set file to write.")]


@dataclass(frozen=True)
class Files:
    """The published files of a data set: where the user has them, or to be fetched."""

    data_set: str
    source: str | None
    download: bool
    name: str | None = None  # of the one to fetch, where there are several of which one is enough

    def asked_for(self) -> bool:
        """Whether they are wanted at all. UsageError if in both ways, or if nobody may fetch them."""
        if self.source is not None and self.download:
            raise UsageError("--download", "--source already names the file", "give one of the two")
        from tcvae_cli.datasets.published import NO_ADDRESS

        if self.download and self.data_set in NO_ADDRESS:
            fault = f"{self.data_set} has no lasting public address"
            raise UsageError("--download", fault, NO_ADDRESS[self.data_set])
        return self.source is not None or self.download

    @contextlib.contextmanager
    def on_disk(self) -> Iterator[list[str]]:
        """Their paths: the source, or in the cache, fetched there if need be."""
        if self.source is not None:
            yield [self.source]
            return
        from tcvae_cli.datasets.downloads import download, trusted_once_read
        from tcvae_cli.datasets.published import FILES

        files = [file for file in FILES[self.data_set] if self.name in (None, file.name)]
        paths = []
        with contextlib.ExitStack() as stack:
            for file in files if self.data_set == "smallnorb" else files[:1]:
                with progress(f"downloading {file.name}", total=file.size) as advance:
                    paths.append(download(file, advance))
                stack.enter_context(trusted_once_read(paths[-1], file))
            yield paths


def convert(
    files: Files, output: str, opening: "Callable[[list[str]], contextlib.AbstractContextManager[Source]]"
) -> None:
    """Write what OPENING makes of the paths of published files to OUTPUT, as `write` does.

    The command line and the output are checked before anything is fetched.
    """
    if not files.asked_for():
        from tcvae_cli.datasets.published import NO_ADDRESS

        fetch = f"fetch it: tcvae prepare {files.data_set} --download -o {files.data_set}.h5"
        cure = NO_ADDRESS.get(files.data_set, fetch)
        raise UsageError("--source", "is missing; the published file is needed", cure)
    check_output(output)
    with files.on_disk() as paths:
        write(output, f"converting {files.data_set}", lambda: opening(paths))


def write(output: str, label: str, opening: Callable[[], "contextlib.AbstractContextManager[Source]"]) -> None:
    """Write what OPENING opens to OUTPUT under a bar called LABEL, and say what was written.

    The output is checked before anything is opened.
    """
    with atomic_path(output) as part:
        from tcvae_cli.files.writer import write_data_set

        with contextlib.ExitStack() as stack:
            with progress("checking the source", total=None):
                source = stack.enter_context(opening())
            with progress(label, total=source.description.rows) as advance:
                rows = write_data_set(part, dataclasses.replace(source, blocks=counted(source.blocks, advance)))
            for note in source.notes:
                say(f"note: {note}")
        line = summary(source, rows, part.stat().st_size)
    say(f"{'stdout' if output == '-' else output}: {line}")


def counted(blocks: "Iterator[Array]", advance: Callable[[int], object]) -> "Iterator[Array]":
    """The blocks, each reported when the next is asked for."""
    for block in blocks:
        yield block
        advance(len(block))


def summary(source: "Source", rows: int, size: int) -> str:
    """What was made, in a few words; SIZE in bytes."""
    described = source.description
    height, width = described.image_shape[:2]
    factors = len(described.factor_names)
    return (
        f"{rows:,} {described.pixel_kind} image{'s' * (rows != 1)} {height} x {width}, "
        f"{factors} factor{'s' * (factors != 1)}, {size / 1e6:,.1f} MB"
    )
