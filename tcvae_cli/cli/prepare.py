"""`tcvae prepare`: published files, or nothing, to a data set file."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.cli.common import progress, say
from tcvae_cli.errors import UsageError
from tcvae_cli.files.streams import atomic_path

if TYPE_CHECKING:
    from tcvae_cli.files.data_set_writer import Array, Source

DATA_SETS = ("dsprites",)


def prepare(
    data_set: Annotated[str, typer.Argument(metavar="DATASET", help="What to make: dsprites.")],
    source: Annotated[
        str | None, typer.Option(metavar="PATH", help="Convert the published file (npz or HDF5) at this path.")
    ] = None,
    download: Annotated[bool, typer.Option("--download", help="Fetch the published file and convert it.")] = False,
    output: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="The data set file to write.")] = "-",
) -> None:
    """Make a data set file (HDF5), rendered here and offline unless the published file is asked for.

    tcvae prepare dsprites -o dsprites.h5

    tcvae prepare dsprites --download -o dsprites.h5
    """
    if data_set not in DATA_SETS:
        raise UsageError("DATASET", f"there is no data set {data_set}", f"choose {' or '.join(DATA_SETS)}")
    if source is not None and download:
        raise UsageError("--download", "--source already names the file", "give one of the two")
    with atomic_path(output) as part:
        with open_rows(source, download) as rows:
            from tcvae_cli.files.data_set_writer import write_data_set

            verb = "converting" if source or download else "rendering"
            with progress(f"{verb} {data_set}", total=rows.description.rows) as advance:
                write_data_set(part, rows.description, counted(rows.blocks, advance), rows.classes, rows.values)
        line = summary(rows, part.stat().st_size)
    say(f"{'stdout' if output == '-' else output}: {line}")


@contextlib.contextmanager
def open_rows(source: str | None, download: bool) -> Iterator["Source"]:
    """What the flags ask for, its images still to come."""
    from tcvae_cli.datasets import dsprites

    if download:
        with progress("downloading dsprites", total=dsprites.HDF5_BYTES) as advance:
            source = dsprites.download(advance)
    if source is None:
        yield dsprites.render()
    else:
        with dsprites.open_source(source) as rows:
            yield rows


def counted(blocks: "Iterator[Array]", advance: Callable[[int], object]) -> "Iterator[Array]":
    """The blocks, each reported when the next is asked for."""
    for block in blocks:
        yield block
        advance(len(block))


def summary(rows: "Source", size: int) -> str:
    """What was made, in a few words; SIZE in bytes."""
    described = rows.description
    height, width = described.image_shape[:2]
    factors = len(described.factor_names)
    return (
        f"{described.rows:,} {described.pixel_kind} images {height} x {width}, "
        f"{factors} factor{'s' * (factors != 1)}, {size / 1e6:,.1f} MB"
    )
