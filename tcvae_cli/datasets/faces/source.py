"""3D Faces: the authors' renderings where somebody has their file, else a stand-in rendered here."""

import contextlib

from tcvae_cli.datasets.faces.published import open_published
from tcvae_cli.datasets.faces.stand_in import Options, render
from tcvae_cli.datasets.published import SourceFiles
from tcvae_cli.files.writer import Source

__all__ = ["Options", "open_source"]


def open_source(files: SourceFiles, options: Options) -> contextlib.AbstractContextManager[Source]:
    """Open the authors' file if there is one, of which nothing can be asked, else render the stand-in."""
    return open_published(files) if files.paths else contextlib.nullcontext(render(options))
