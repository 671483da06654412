"""CelebA (aligned) from img_align_celeba.zip or its folder, with its 40 attributes if their list is given."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from tcvae_cli.datasets.archives import open_members
from tcvae_cli.datasets.decoding import Fit, decoded
from tcvae_cli.datasets.labels import Factor, Pictures, labelled
from tcvae_cli.datasets.own.tables import table_in, text_in
from tcvae_cli.datasets.published import SourceFiles, origin_of
from tcvae_cli.datasets.tally import Tally
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.streams import display_name, reading
from tcvae_cli.files.writer import Source

CURE = "get img_align_celeba.zip again"


@dataclass(frozen=True)
class Options:
    """What can be asked for."""

    size: int = 64  # side of the images in pixels
    crop: int = 148  # side in pixels of the central square to keep; 0 squashes the whole picture
    labels: str | None = None  # path of list_attr_celeba.txt, whose attributes become factors


@contextlib.contextmanager
def open_source(files: SourceFiles, options: Options) -> Iterator[Source]:
    """Open the faces, in the order of their numbers. Errors: TcvaeError naming the file."""
    path, attributes, crop = files.path, options.labels, options.crop
    fit = Fit(options.size, "crop" if crop else "squash", colour=True, crop=crop or None)
    with open_members(path) as members:
        names = [name for name in members.names if name.lower().endswith(".jpg")]
        if not names:
            raise TcvaeError(display_name(path), "holds no .jpg files", "give img_align_celeba.zip or its folder")
        factors = [] if attributes is None else attribute_factors(attributes, names)
        with reading(path, CURE):
            provenance = f"{origin_of(members.stream, files.published)} ({fit})"
        blocks = decoded(members, names, fit, Tally(CURE))
        shape = (fit.size, fit.size, 3)
        yield labelled(Pictures("celeba", len(names), shape, "rgb", provenance, blocks), factors)


def attribute_factors(path: str, names: list[str]) -> list[Factor]:
    """Return the attributes of each picture: class 0 where the list says -1, class 1 where it says 1."""
    cure = "give the published list_attr_celeba.txt"
    text = text_in(path)
    if "," in text.partition("\n")[0]:  # as it is also given away, as CSV
        listed = table_in(text, display_name(path))
        heads, rows = listed.head[1:], {name: cells for name, *cells in listed.lines}
    else:
        lines = text.splitlines()
        heads = lines[1].split() if len(lines) > 2 else []
        rows = {cells[0]: cells[1:] for line in lines[2:] if (cells := line.split())}
    if not heads or len(set(heads)) < len(heads) or any(len(cells) != len(heads) for cells in rows.values()):
        raise TcvaeError(path, "is not a count, a line of names, and one line per picture", cure)
    wanted = [PurePosixPath(name).name for name in names]
    missing = next((name for name in wanted if name not in rows), None)
    if missing is not None:
        raise TcvaeError(path, f"has no line for {missing}", cure)
    table = np.array([rows[name] for name in wanted])
    if not np.isin(table, ("-1", "1")).all():
        raise TcvaeError(path, "holds attributes other than -1 and 1", cure)
    values = table.astype(np.float64)
    return [
        Factor(name, (column > 0).astype(np.int64), column, 2) for name, column in zip(heads, values.T, strict=True)
    ]
