"""Table 2: ground-truth factors of the data sets, counted in the files."""

from markdown_page import table
from pages import make_page
from saying import Saying

from tcvae_cli.results import Claim, Line, Table, Verdict, is_stand_in

# The scored factors and their sizes, by data set.
PAPER = {
    "dsprites": {"scale": 6, "orientation": 40, "posX": 32, "posY": 32},
    "faces": {"azimuth": 21, "elevation": 11, "lighting": 11},
}
RENDERED = (
    "The images of dSprites are not the published file: they are rendered here from its geometry, so that the count "
    "confirms the rendering rather than the paper. A test compares the two: 380 published images, among which every "
    "value of every factor occurs, come out bit for bit (tests/dsprites_digests.tsv), and the lit pixels of all images "
    "are as many as the published, 128,328,862, to within 100."
)
CALLED = {"orientation": "rotation"}  # in the paper


def factors_in_paper(result: Line) -> dict[str, int]:
    """Return what the paper says of a data set; the open faces stand in for its own."""
    return next((sizes for name, sizes in PAPER.items() if str(result["data_set"]).startswith(name)), {})


def claims(results: Table) -> list[Claim]:
    """Return that each data set has the paper's factors, and that these are the scored ones."""
    return [claim(result) for result in results.lines]


def claim(result: Line) -> Claim:
    """Test whether one data set has just the paper's factors scored, of the paper's sizes, on a full grid."""
    expected, found = factors_in_paper(result), scored_sizes(result)
    agrees = expected == found and bool(result["complete"])
    words = ", ".join(f"{CALLED.get(name, name)} {size}" for name, size in expected.items())
    counted = ", ".join(f"{CALLED.get(name, name)} {size}" for name, size in found.items())
    grid = "every combination of all factors once" if result["complete"] else "not every combination once"
    images = f"{int(result.number('rows')):,} {'rendered ' * is_rendered(result)}images"
    saying = Saying(f"The ground-truth factors are {words}", f"{words}.")
    return saying.tested(
        str(result["data_set"]),
        Verdict.STAND_IN if is_stand_in(result) else Verdict.HELD if agrees else Verdict.NOT_HELD,
        f"counted in {images}: {counted or 'none'}; {grid}.",
        f"counted in {images}",
        numbers={"rows": result.number("rows"), **found},
    )


def is_rendered(result: Line) -> bool:
    """Tell whether images were rendered here, as the published ones are."""
    return str(result["provenance"]).startswith("rendered")


def scored_sizes(result: Line) -> dict[str, int]:
    """Return the scored factors and their sizes."""
    sizes = dict(zip(result["factors"], result["sizes"], strict=True))
    return {name: sizes[name] for name in result["scored"]}


def body(results: Table) -> str:
    """Return one row per factor."""
    rows = [
        (
            result["data_set"],
            CALLED.get(name, name),
            size,
            factors_in_paper(result).get(name, "noise"),
            "yes" if name in result["scored"] else "no",
        )
        for result in results.lines
        for name, size in zip(result["factors"], result["sizes"], strict=True)
        if size > 1
    ]
    counted = table(("data set", "factor", "values", "the paper", "scored by MIG"), rows)
    return f"{counted}\n\n{RENDERED}" if any(map(is_rendered, results.lines)) else counted


CAPTION = (
    "A row walks one scored factor through its values, of which it shows eleven at most, with the value below each "
    "image; the other factors stay near their middles."
)

if __name__ == "__main__":
    make_page("Table 2: ground-truth factors", body, claims, caption=CAPTION)
