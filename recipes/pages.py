"""What the pages of all figures share: `python recipes/NAME.py out/PROFILE/figures/NAME` reads the paths in NAME.list,
writes the results that exist to NAME.jsonl, and the page, Markdown, to NAME.md and standard output.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tcvae_cli.errors import TcvaeError
from tcvae_cli.figures.panels import short_titles
from tcvae_cli.figures.style import draw
from tcvae_cli.results.line import Line, read_results
from tcvae_cli.results.methods import data_set_of, mig_by_setting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RECIPES = Path(__file__).parent
LEAST_RUNS = 3  # of each setting, for a verdict
FEW = "fewer than two points of a curve were run."
HELD, NOT_HELD, TOO_FEW = "held", "not held", "too few runs"
ON_STAND_IN = "not tested on a stand-in"


@dataclass(frozen=True)
class Claim:
    """What the paper says, the statistic that tests it with its value here, and whether it held."""

    sentence: str
    statistic: str
    verdict: str


def verdict(held: bool, counts: Sequence[int], least: int = LEAST_RUNS) -> str:
    """The verdict of a claim that is tested on groups of so many runs."""
    return TOO_FEW if not counts or min(counts) < least else HELD if held else NOT_HELD


def surely(low: float, high: float, counts: Sequence[int]) -> str:
    """The verdict of a claim that a statistic is above 0, by its interval: one that holds 0 decides nothing."""
    return verdict(low > 0, counts if low > 0 or high < 0 else [])


def stands_in(result: Line) -> bool:
    """Whether a result is of other pictures than the paper's."""
    return str(result["provenance"]).startswith("stand-in")


def make_page(
    title: str,
    claims_of: Callable[[list[Line]], list[Claim]],
    body_of: Callable[[list[Line]], str],
    figure_of: "Callable[[list[Line]], Figure] | None" = None,
) -> None:
    """Write the .jsonl and the .md of the figure that the command line names, and draw it where no `plot` does."""
    try:
        stem = Path(sys.argv[1])
        paths = stem.with_suffix(".list").read_text().split()
        found = [path for path in paths if Path(path).exists()]
        if not found:
            for extension in (".jsonl", ".md", ".png", ".pdf"):  # of older results: they would be taken for today's
                stem.with_suffix(extension).unlink(missing_ok=True)
            raise TcvaeError(str(stem), "has none of its results", "see above why, or run make without -k")
        stem.with_suffix(".jsonl").write_bytes(b"".join(Path(path).read_bytes() for path in found))
        results = read_results(str(stem.with_suffix(".jsonl")))
        missing = sorted(set(paths) - set(found))
        page = "\n".join(
            [
                f"# {title}",
                "",
                *heading(stem, results, missing),
                "",
                *(line for claim in claims_of(results) for line in claim_lines(claim)),
                "",
                body_of(results).strip(),
                "",
                f"![{title}]({stem.name}.png)",
                "",
            ]
        )
        stem.with_suffix(".md").write_text(page)
        sys.stdout.write(page)
        for extension in ("pdf", "png") if figure_of else ():
            stem.with_suffix(f".{extension}").write_bytes(draw(lambda: figure_of(results), extension))
    except TcvaeError as error:
        sys.exit(f"{sys.argv[0]}: {error}")


def scores_by_data_set(results: Sequence[Line]) -> list[tuple[str, dict[str, list[float]]]]:
    """MIG by setting under the short name of each data set; the page's head has its whole provenance."""
    scores = mig_by_setting(results)
    return list(zip(short_titles(list(scores)), scores.values(), strict=True))


def heading(stem: Path, results: Sequence[Line], missing: Sequence[str]) -> list[str]:
    """Profile, data and seeds, the budget, and what is missing."""
    profile = stem.parent.parent.name
    data = sorted({data_set_of(result) for result in results if "data_set" in result})
    made = [settings for result in results if isinstance(settings := result.get("settings"), Line)]
    trained = [settings for settings in made if "seed" in settings]
    seeds = sorted({int(settings.number("seed")) for settings in trained})
    lines = [f"Profile {profile}. Data: {'; '.join(data) or 'none'}. Seeds: {spans(seeds) or 'none'}."]
    lines += budget(trained)
    note = RECIPES / profile / "budget.md"
    lines += ["", note.read_text().strip()] if trained and note.exists() else []
    if missing:
        are = "is" if len(missing) == 1 else "are"
        lines += ["", f"**{len(missing)} of the results {are} missing**, the first being `{missing[0]}`."]
    return lines


def budget(trained: Sequence[Line]) -> list[str]:
    """How long the runs were trained, in one sentence."""
    steps = sorted({(int(one.number("steps")), int(one.number("batch_size"))) for one in trained if one.get("steps")})
    if not steps:
        return []
    return ["Training: " + ", ".join(f"{count:,} steps of {size:,} images" for count, size in steps) + "."]


def spans(numbers: Sequence[int]) -> str:
    """Increasing integers in short: [0, 1, 2, 5] is "0-2, 5"."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)


def claim_lines(claim: Claim) -> list[str]:
    """A claim as one item of a list."""
    return [f"* {claim.sentence} **{claim.verdict}**: {claim.statistic}"]


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table, numbers to the right and with three decimals."""
    right = [all(isinstance(row[column], int | float) for row in rows) for column in range(len(head))]
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join("---:" if number else "---" for number in right) + "|"]
    for row in rows:
        cells = [f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def number_and_interval(number: float, low: float, high: float) -> str:
    """A statistic with its 90% bootstrap interval. Runs that do not vary, such as one alone, give none."""
    if not low < high:
        return f"{number:.3f} ({'every resample the same' if low == high else 'no interval'})"
    return f"{number:.3f} (90% interval {low:.3f} to {high:.3f})"
