"""Table 2: ground-truth factors of the data sets, counted in the files."""

from collections.abc import Sequence

from pages import HELD, NOT_HELD, ON_STAND_IN, Claim, make_page, stands_in, table

from tcvae_cli.results.line import Line

# The scored factors and their sizes, by data set.
PAPER = {
    "dsprites": {"scale": 6, "orientation": 40, "posX": 32, "posY": 32},
    "faces": {"azimuth": 21, "elevation": 11, "lighting": 11},
}
CALLED = {"orientation": "rotation"}  # in the paper


def paper_of(result: Line) -> dict[str, int]:
    """What the paper says of a data set; the open faces stand in for its own."""
    return next((sizes for name, sizes in PAPER.items() if str(result["data_set"]).startswith(name)), {})


def claims(results: Sequence[Line]) -> list[Claim]:
    """Each data set has the paper's factors, and these are the scored ones."""
    return [claim(result) for result in results]


def claim(result: Line) -> Claim:
    """Whether one data set has just the paper's factors scored, of the paper's sizes, on a full grid."""
    expected, found = paper_of(result), scored_sizes(result)
    words = ", ".join(f"{CALLED.get(name, name)} {size}" for name, size in expected.items())
    counted = ", ".join(f"{CALLED.get(name, name)} {size}" for name, size in found.items())
    grid = "every combination of all factors once" if result["complete"] else "not every combination once"
    return Claim(
        f"The ground-truth factors of {result['data_set']} are {words}.",
        f"counted in {int(result.number('rows')):,} images: {counted or 'none'}; {grid}.",
        ON_STAND_IN if stands_in(result) else HELD if expected == found and result["complete"] else NOT_HELD,
    )


def scored_sizes(result: Line) -> dict[str, int]:
    """The scored factors and their sizes."""
    sizes = dict(zip(result["factors"], result["sizes"], strict=True))
    return {name: sizes[name] for name in result["scored"]}


def body(results: Sequence[Line]) -> str:
    """A row a factor."""
    rows = [
        (
            result["data_set"],
            CALLED.get(name, name),
            size,
            paper_of(result).get(name, "noise"),
            "yes" if name in result["scored"] else "no",
        )
        for result in results
        for name, size in zip(result["factors"], result["sizes"], strict=True)
        if size > 1
    ]
    return table(("data set", "factor", "values", "the paper", "scored by MIG"), rows)


if __name__ == "__main__":
    make_page("Table 2: ground-truth factors", claims, body)
