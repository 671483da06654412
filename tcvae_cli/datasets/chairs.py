"""3D Chairs from rendered_chairs.tar or the folder in it; the factors stand in the names of the files."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tcvae_cli.datasets.archives import open_members
from tcvae_cli.datasets.decoding import Fit, decoded
from tcvae_cli.datasets.labels import Pictures, factor_of, labelled
from tcvae_cli.datasets.published import SourceFiles, origin_of
from tcvae_cli.datasets.tally import Tally
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.streams import display_name, reading
from tcvae_cli.files.writer import Source

CURE = "get rendered_chairs.tar again"
VIEW = re.compile(r"([^/]+)/renders/image_\d+_p(\d+)_t(\d+)_r\d+\.png$")  # chair, elevation, azimuth in degrees


@dataclass(frozen=True)
class Options:
    """What can be asked for."""

    size: int = 64  # side of the images in pixels
    colour: bool = False  # instead of grey


@contextlib.contextmanager
def open_source(files: SourceFiles, options: Options) -> Iterator[Source]:
    """Open the rendered chairs, sorted by chair, elevation and azimuth. A damaged picture stops it.

    Errors: TcvaeError naming the file.
    """
    path, size, colour = files.path, options.size, options.colour
    with open_members(path) as members:
        views = sorted(
            (found[1], int(found[2]), int(found[3]), name) for name in members.names if (found := VIEW.search(name))
        )
        if not views:
            cure = "give rendered_chairs.tar, or the folder that it holds"
            raise TcvaeError(display_name(path), "holds no CHAIR/renders/image_NNN_pPPP_tTTT_rRRR.png", cure)
        chairs, elevations, azimuths, names = zip(*views, strict=True)
        fit = Fit(size, "squash", colour)
        blocks = decoded(members, list(names), fit, Tally(CURE))
        shape = (size, size, 3) if colour else (size, size)
        kind = "rgb" if colour else "grey"
        with reading(path, CURE):
            provenance = f"{origin_of(members.stream, files.published)} ({fit})"
        columns = {"chair": chairs, "elevation": elevations, "azimuth": azimuths}
        yield labelled(
            Pictures("chairs", len(names), shape, kind, provenance, blocks),  # type: ignore[arg-type]
            [factor_of(name, column) for name, column in columns.items()],
        )
