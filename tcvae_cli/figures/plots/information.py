"""The information of each latent about each factor as a heat map."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tcvae_cli.errors import TcvaeError, printable
from tcvae_cli.figures.lettering import folded, width_of
from tcvae_cli.figures.looks import look
from tcvae_cli.figures.placing import height_of, panel_at, write_at
from tcvae_cli.figures.style import COLUMN, heat, name_beside, styled
from tcvae_cli.results.line import CURE, Line, Results, as_lines
from tcvae_cli.results.naming import LEAST_TOLD
from tcvae_cli.results.repeats import distinct
from tcvae_cli.results.run_names import run_in_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_CELLS = 4_000
MANY = 16  # factors or latents, whose cells are small
MARGIN, SCALE, GAP = 0.08, 0.62, 0.42  # inches: around all, of the scale of colours, of the column of gaps
SHORTEST, LONGEST = 0.72, 2.5  # inches: of the scale
TITLE, NAME, NUMBER = 8, 7, 6  # points
LARGEST = 9.99  # of a number in a cell


@dataclass(frozen=True)
class Matrix:
    """What is drawn of one run: a share for each factor and each latent that is shown."""

    title: str
    said: str
    factors: list[str]
    latents: list[int]  # in order
    shares: list[list[float]]  # of all latents
    gaps: list[float] | None
    cell: float  # inches


@styled
def information(results: Results) -> "Figure":
    """Draw I(z_j; v_k) / H(v_k) of results of mig: one row per factor, one column per latent in use, the winner framed.

    Latents stand in the order of the factors that they tell most of, so that a code with one latent for each factor has
    its winners on a diagonal. Several results stand one below the other. Raises TcvaeError for none, and for one that
    is no matrix of numbers.
    """
    from matplotlib.figure import Figure

    of_mig = [result for result in distinct(as_lines(results)) if result["kind"] == "mig"]
    if not of_mig:
        raise TcvaeError("results", "have none of mig", "give the line that mig prints of a run")
    check_cells(of_mig)
    matrices = [matrix_of(result) for result in of_mig]
    width = max(COLUMN, *(left_of(one) + one.cell * len(one.latents) + GAP + SCALE for one in matrices))
    heights = [height_of_matrix(one, width) for one in matrices]
    figure = Figure(figsize=(width, sum(heights)))
    for number, one in enumerate(matrices):
        draw_matrix(figure, one, sum(heights[:number]), width)
    return figure


def check_cells(results: Sequence[Line]) -> None:
    """Refuse more pairs of a factor and a latent than a figure shows."""
    shares = [shares_of(result) for result in results]
    count = sum(len(one) * len(one[0]) for one in shares)
    if count > MOST_CELLS:
        most = f"and a figure shows at most {MOST_CELLS:,} pairs"
        if len(shares) > 1:
            raise TcvaeError("results", f"have {count:,} pairs of a factor and a latent, {most}", "draw fewer of them")
        fault = f"has {len(shares[0]):,} factors and {len(shares[0][0]):,} latents, {most}"
        raise TcvaeError(results[0].where, fault, "measure some of the factors by mig with {factor}")


def matrix_of(result: Line) -> Matrix:
    """Return what is drawn of a result of mig."""
    shares = shares_of(result)
    factors, latents = len(shares), len(shares[0])
    best = [max(row[latent] for row in shares) for latent in range(latents)]
    used = result.get("active_latents")
    shown = [
        latent
        for latent in range(latents)
        if not isinstance(used, list) or latent in used or best[latent] >= LEAST_TOLD
    ]
    unused = latents - len(shown)
    said = f"MIG {result.number('mig'):.3f}, {result.estimator_sentence}"
    if unused:
        said += f"; {unused:,} unused latents left out" if shown else "; no latent is active"
    gaps = result.get("gap_per_factor")
    known = isinstance(gaps, list) and len(gaps) == factors and all(type(gap) in (int, float) for gap in gaps)
    return Matrix(
        title=title_of(result),
        said=printable(said),
        factors=[name_beside(str(name)) for name in result["factors"]],
        latents=sorted(shown or range(latents), key=lambda latent: place_of(shares, latent)),
        shares=shares,
        gaps=gaps if known else None,
        cell=0.36 if max(factors, latents) <= MANY else 0.25,
    )


def place_of(shares: list[list[float]], latent: int) -> tuple[int, float, int]:
    """Return where a latent stands: by the factor it tells most of, then by how much; behind all if of none enough."""
    told = [row[latent] for row in shares]
    most = max(told)
    return (told.index(most), -most, latent) if most >= LEAST_TOLD else (len(shares), 0.0, latent)


def title_of(result: Line) -> str:
    """Name the run of a result and its data set."""
    name, origin = (None if result.get(key) is None else str(result[key]) for key in ("data_set", "provenance"))
    rows = result.number_or_none("rows")
    return run_in_words(result.settings, name, origin, None if rows is None else int(rows))


def left_of(matrix: Matrix) -> float:
    """Return the inches of the names at the left of a matrix."""
    return 2 * MARGIN + max(width_of(name, NAME) for name in matrix.factors)


def heading_of(matrix: Matrix, width: float) -> tuple[str, str]:
    """Return the title of a matrix on lines of its WIDTH, and what is said of it."""
    return folded(matrix.title, width - 2 * MARGIN, TITLE), folded(matrix.said, width - 2 * MARGIN, NAME)


def height_of_matrix(matrix: Matrix, width: float) -> float:
    """Return the inches of a matrix from its title to the names of its latents."""
    title, said = heading_of(matrix, width)
    rows = max(matrix.cell * len(matrix.factors), SHORTEST)
    return MARGIN + height_of(title, TITLE) + height_of(said, NAME) + 0.08 + rows + 0.25


def draw_matrix(figure: "Figure", matrix: Matrix, top: float, width: float) -> None:
    """Draw a matrix WIDTH inches wide from TOP on: its title, its cells, the gaps and the scale of its colours."""
    title, said = heading_of(matrix, width)
    write_at(figure, MARGIN, top + MARGIN, title, TITLE, color=look().quiet)
    write_at(figure, MARGIN, top + MARGIN + height_of(title, TITLE), said, NAME, color=look().quiet)
    top += MARGIN + height_of(title, TITLE) + height_of(said, NAME) + 0.08
    left, across, down = left_of(matrix), matrix.cell * len(matrix.latents), matrix.cell * len(matrix.factors)
    cells = panel_at(figure, left, top, across, down)
    drawn = [[row[latent] for latent in matrix.latents] for row in matrix.shares]
    picture = cells.imshow(drawn, cmap=heat(), vmin=0, vmax=1, aspect="auto")
    for row, told in enumerate(drawn):
        draw_numbers(cells, row, told)
    cells.set_xticks(range(len(matrix.latents)), [f"z{latent}" for latent in matrix.latents], size=NUMBER)
    cells.set_yticks(range(len(matrix.factors)), matrix.factors, size=NAME)
    cells.tick_params(length=0, pad=3)
    cells.spines[:].set(visible=True, color=look().faint, linewidth=0.5)
    if matrix.gaps is not None:
        draw_gaps(figure, matrix.gaps, (left + across, top), matrix.cell)
    beside = panel_at(figure, left + across + GAP, top, 0.09, max(SHORTEST, min(down, LONGEST)))
    bar = figure.colorbar(picture, cax=beside, ticks=[0, 0.5, 1])
    bar.ax.tick_params(labelsize=NUMBER, length=2, pad=2)
    bar.set_label("I(z; v) / H(v)", size=NUMBER)
    bar.outline.set_visible(False)


def draw_numbers(cells: "Axes", row: int, told: list[float]) -> None:
    """Print the shares of one factor that count, and frame the largest of them."""
    from matplotlib.patches import Rectangle

    for column, share in enumerate(told):
        if share >= LEAST_TOLD:
            style: dict[str, Any] = {"ha": "center", "va": "center", "size": NUMBER}
            cells.text(
                column, row, f"{min(share, LARGEST):.2f}", color=look().ground if share > 0.6 else look().ink, **style
            )
    if max(told) >= LEAST_TOLD:
        place = (told.index(max(told)) - 0.5, row - 0.5)
        frame: dict[str, Any] = {"edgecolor": look().colours[4], "linewidth": 1.2, "clip_on": False}
        cells.add_patch(Rectangle(place, 1, 1, fill=False, zorder=3, **frame))  # over the edges of the panel


def draw_gaps(figure: "Figure", gaps: Sequence[float], corner: tuple[float, float], cell: float) -> None:
    """Write the gap of each factor at the right of its row, and below them what they are."""
    left, top = corner
    for row, gap in enumerate(gaps):
        level = top + (row + 0.5) * cell - 0.06
        write_at(figure, left + GAP - 0.09, level, f"{max(min(gap, LARGEST), -LARGEST):z.2f}", NUMBER, ha="right")
    write_at(figure, left + GAP - 0.09, top + cell * len(gaps) + 0.025, "gap", NUMBER, ha="right", color=look().quiet)


def shares_of(result: Line) -> list[list[float]]:
    """Return the matrix (factor, latent) of information as shares of the factors' entropies, checked."""
    matrix, entropies, names = result["mutual_information"], result["factor_entropy"], result["factors"]
    if not (is_list(matrix) and is_list(entropies) and is_list(names) and len(matrix) == len(entropies) == len(names)):
        raise TcvaeError(result.where, "'mutual_information' is not one row per factor", CURE)
    if not all(is_list(row) and len(row) == len(matrix[0]) for row in matrix):
        raise TcvaeError(result.where, "'mutual_information' is not a matrix", CURE)
    try:
        return [[float(nats) / float(entropy) for nats in row] for row, entropy in zip(matrix, entropies, strict=True)]
    except (TypeError, ValueError, ZeroDivisionError):
        raise TcvaeError(result.where, "'mutual_information' does not hold numbers", CURE) from None


def is_list(value: Any) -> bool:
    """Tell whether a value is a list of something."""
    return isinstance(value, list) and len(value) > 0
