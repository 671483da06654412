"""What the verbs that write a data set share: their flags, where published files lie, and writing under a bar."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.cli.common import progress, say
from tcvae_cli.errors import UsageError
from tcvae_cli.files.streams import atomic_path

if TYPE_CHECKING:
    from tcvae_cli.files.data_set_writer import Array, Source

From = Annotated[str | None, typer.Option("--source", metavar="PATH", help="Convert the published file at this path.")]
Fetch = Annotated[bool, typer.Option("--download", help="Fetch the published file into the cache and convert it.")]
Side = Annotated[int, typer.Option("--size", min=8, max=1024, metavar="PIXELS", help="Side of the images.")]
Output = Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="The data set file to write.")]


def published(data_set: str, source: str | None, download: bool, name: str | None = None) -> list[str]:
    """Where the published files of DATA_SET lie: SOURCE, or in the cache, fetched there if need be; else nowhere.

    NAME chooses the file to fetch where there are several of which one is enough.
    """
    if source is not None and download:
        raise UsageError("--download", "--source already names the file", "give one of the two")
    if source is not None or not download:
        return [] if source is None else [source]
    from tcvae_cli.datasets.downloads import download as fetch
    from tcvae_cli.datasets.published import FILES, NO_ADDRESS

    if data_set in NO_ADDRESS:
        raise UsageError("--download", f"{data_set} has no lasting public address", NO_ADDRESS[data_set])
    files = [file for file in FILES[data_set] if name in (None, file.name)]
    paths = []
    for file in files if data_set == "smallnorb" else files[:1]:
        with progress(f"downloading {file.name}", total=file.size) as advance:
            paths.append(fetch(file, advance))
    return paths


def required(data_set: str, source: str | None, download: bool, name: str | None = None) -> list[str]:
    """`published` of a data set that cannot be made without."""
    if paths := published(data_set, source, download, name):
        return paths
    from tcvae_cli.datasets.published import NO_ADDRESS

    cure = NO_ADDRESS.get(data_set, f"fetch it: tcvae prepare {data_set} --download -o {data_set}.h5")
    raise UsageError("--source", "is missing; the published file is needed", cure)


def write(output: str, label: str, opening: Callable[[], "contextlib.AbstractContextManager[Source]"]) -> None:
    """Write what OPENING opens to OUTPUT under a bar called LABEL, and say what was written.

    The output is checked before anything is opened or fetched.
    """
    with atomic_path(output) as part:
        from tcvae_cli.files.data_set_writer import write_data_set

        opened = opening()  # may download, under a bar of its own
        with contextlib.ExitStack() as stack:
            with progress("checking the source", total=None):
                source = stack.enter_context(opened)
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
