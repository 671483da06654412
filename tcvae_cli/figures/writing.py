"""A figure's bytes at the size and under the heading of its look."""

import io
import re
from typing import TYPE_CHECKING, Any

from tcvae_cli.figures.lettering import folded
from tcvae_cli.figures.looks import look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNDATED: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "ModDate": None},
    "svg": {"Date": None},
}
LETTERS, LEADING, MARGIN = 10, 1.3, 0.08  # of a heading: points, heights of a letter, inches
MOST_LINES = 4
SVG_SIZE = re.compile(rb'\b(width|height)="([0-9.]+)pt"')


def written(figure: "Figure", extension: str) -> bytes:
    """Return a figure as png, pdf or svg, under the heading and as wide as the look says.

    The heading stands above the figure, which is laid out without it; lines and letters grow with the figure.
    """
    from matplotlib.transforms import Bbox

    width, height = figure.get_size_inches()
    above = add_heading(figure) if look().title else 0.0
    times = look().magnified if look().width is None else look().width / width
    content = io.BytesIO()
    if extension == "pdf":
        write_pdf(figure, content, above, times)
        return content.getvalue()
    box = Bbox.from_bounds(0, 0, width, height + above) if above else None
    dots = look().dots * times if extension == "png" else 72
    figure.savefig(content, format=extension, dpi=dots, bbox_inches=box, metadata=UNDATED[extension])
    return magnified_svg(content.getvalue(), times) if extension == "svg" else content.getvalue()


def add_heading(figure: "Figure") -> float:
    """Write the title of the look above a figure. Return how many inches it takes."""
    if figure.legends:  # which stand at the top of what is written, unless they are held below the heading
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        for legend in figure.legends:
            legend.set_bbox_to_anchor((0, 0, 1, 1), figure.transFigure)
    width, height = figure.get_size_inches()
    heading = folded(look().title, width - 2 * MARGIN, LETTERS, MOST_LINES)
    place = MARGIN / width, 1 + MARGIN / 2 / height
    own: dict[str, Any] = {"size": LETTERS, "weight": "bold", "linespacing": LEADING, "color": look().ink}
    figure.text(*place, heading, va="bottom", **own).set_in_layout(False)
    return (heading.count("\n") + 1) * LEADING * LETTERS / 72 + MARGIN


def write_pdf(figure: "Figure", content: io.BytesIO, above: float, times: float) -> None:
    """Write a figure on a page that has room ABOVE it (inches), so many TIMES as large, which savefig cannot."""
    import matplotlib.backends.backend_pdf

    width, height = figure.get_size_inches()
    backend: Any = matplotlib.backends.backend_pdf  # without types
    figure.set_dpi(72)  # points to an inch of a page
    figure.patch.set_bounds(0, 0, 1, 1 + above / height)
    file = backend.PdfFile(content, metadata=UNDATED["pdf"])
    file.newPage(width * times, (height + above) * times)
    if times != 1:
        file.output(times, 0, 0, times, 0, 0, backend.Op.concat_matrix)
    renderer = backend.RendererPdf(file, look().dots, height, width)
    figure.draw(renderer)
    renderer.finalize()
    file.finalize()
    file.close()


def magnified_svg(content: bytes, times: float) -> bytes:
    """Return an SVG as one so many TIMES as large: what it holds stays, and the size at which it is shown changes."""

    def grown(found: re.Match[bytes]) -> bytes:
        return b'%s="%.10gpt"' % (found[1], float(found[2]) * times)

    return content if times == 1 else SVG_SIZE.sub(grown, content, count=2)  # those of the whole come first
