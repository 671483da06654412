"""What the verbs that write a data set share: their flags, and the line that says what was written."""

from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.cli.messages import say

if TYPE_CHECKING:
    from tcvae_cli.verbs.written import Written

From = Annotated[str | None, typer.Option("--source", metavar="PATH", help="Path of the published file to convert.")]
Fetch = Annotated[
    bool, typer.Option("--download", help="Download the published file into the cache folder, and convert it.")
]
Side = Annotated[
    int, typer.Option("--size", min=8, max=1024, metavar="PIXELS", help="Width and height of the images in pixels.")
]
Output = Annotated[
    str, typer.Option("-o", "--output", metavar="FILE", help="The data set file to write; - is standard output.")
]


def say_written(written: "Written") -> None:
    """Say what was written, and where."""
    say(f"{'stdout' if written.path == '-' else written.path}: {written.summary()}")
