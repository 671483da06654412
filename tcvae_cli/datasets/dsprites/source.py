"""dSprites: rendered here and offline, or converted from its published file."""

import contextlib

from tcvae_cli.datasets.dsprites.published import open_published
from tcvae_cli.datasets.dsprites.rendering import render
from tcvae_cli.datasets.published import NoOptions, SourceFiles
from tcvae_cli.files.writer import Source

Options = NoOptions


def open_source(files: SourceFiles, options: NoOptions) -> contextlib.AbstractContextManager[Source]:
    """Open the published file if there is one, else render the set."""
    return open_published(files) if files.paths else contextlib.nullcontext(render())
