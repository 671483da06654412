"""The information of each latent about each factor as a heat map."""

from typing import TYPE_CHECKING, Any

from tcvae_cli.errors import TcvaeError
from tcvae_cli.figures.lettering import fitted, width_of
from tcvae_cli.figures.looks import look
from tcvae_cli.figures.style import name_beside, styled
from tcvae_cli.results.line import CURE, Line, Results, as_lines
from tcvae_cli.results.repeats import distinct

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_CELLS = 4_000
CELL = 0.36  # inches


@styled
def information(results: Results) -> "Figure":
    """Draw I(z_j; v_k) / H(v_k) of one result of mig: one row per factor, one column per latent, the winner framed.

    Raises TcvaeError for none, for several and for one that is no matrix of numbers.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    of_mig = [result for result in distinct(as_lines(results)) if result["kind"] == "mig"]
    if len(of_mig) != 1:
        raise TcvaeError("results", f"have {len(of_mig)} of mig, and only one can be drawn", "give the line of one run")
    result = of_mig[0]
    shares, factors = shares_of(result), [name_beside(str(name)) for name in result["factors"]]
    latents = len(shares[0])
    if latents * len(factors) > MOST_CELLS:
        fault = f"has {len(factors):,} factors and {latents:,} latents, and a figure shows at most {MOST_CELLS:,} pairs"
        raise TcvaeError(result.where, fault, "measure some of the factors by mig with {factor}")
    names = max(*(0.06 * len(name) for name in factors), *map(width_of, factors))
    left, across, up = 0.15 + names, CELL * latents, CELL * len(factors)
    width, height = left + max(across, 4 * CELL) + 1.0, 0.65 + max(up, 2 * CELL)
    figure = Figure(figsize=(width, height))
    panel = figure.add_axes((left / width, 0.25 / height, across / width, up / height))
    beside = figure.add_axes(((left + across + 0.15) / width, 0.25 / height, 0.1 / width, up / height))
    picture = panel.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for k, row in enumerate(shares):
        for j, share in enumerate(row):
            panel.text(
                j, k, f"{share:.2f}", ha="center", va="center", size=6, color="white" if share > 0.6 else "black"
            )
        place = (row.index(max(row)) - 0.5, k - 0.5)
        panel.add_patch(Rectangle(place, 1, 1, fill=False, edgecolor="#d55e00", linewidth=1.2, clip_on=False))
    panel.set_xticks(range(latents), [f"z{j}" for j in range(latents)])
    panel.set_yticks(range(len(factors)), factors)
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)
    title = f"MIG {result.number('mig'):.3f}, {result.estimator_sentence}"
    figure.suptitle(fitted(title, width - 0.15), fontsize=8, x=0.02, ha="left", color=look().quiet)
    figure.colorbar(picture, cax=beside, label="I(z; v) / H(v)", ticks=[0, 0.5, 1]).outline.set_visible(False)
    return figure


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
