"""What the pages of all figures share: `python recipes/NAME.py out/PROFILE/figures/NAME` reads the paths in NAME.list.

It writes NAME.jsonl, the results that exist; NAME.claims.jsonl, a line about the page and one for each claim; and
NAME.md, which says the same to people.
"""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from elsewhere import elsewhere
from markdown_page import literal, markdown
from page import Page

import tcvae_cli as tcvae
from tcvae_cli.figures import figure_bytes
from tcvae_cli.results import Claim, Line, Setting, Table, one_estimator, read_results, short_titles

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RECIPES = Path(__file__).parent
Panel = TypeVar("Panel")  # what there is of one data set
FEW = "fewer than two points of a curve were run."


def make_page(
    title: str,
    body_of: Callable[[Table], str],
    claims_of: Callable[[Table], list[Claim]] = lambda results: [],
    figure_of: "Callable[[Table], Figure] | None" = None,
) -> None:
    """Write the lines and the page of the figure that the command line names, and draw it where no `plot` does."""
    with errors_in_one_line():
        stem = Path(sys.argv[1])
        lines, missing = gather(stem)
        results = Table(lines, tell)
        page = Page(
            figure=stem.name,
            title=title,
            profile=stem.parent.parent.name,
            about=about(stem.parent.parent.name, results),
            body=body_of(results).strip(),
            results=len(stem.with_suffix(".list").read_text().split()),
            missing=len(missing),
            first_missing=missing[0] if missing else None,
            elsewhere=elsewhere(stem.name, results),
        )
        claims = [replace(claim, figure=stem.name) for claim in claims_of(results)]
        records = [page.record(), *(claim.record() for claim in claims)]
        stem.with_suffix(".claims.jsonl").write_text("".join(map(as_line, records)))
        stem.with_suffix(".md").write_text(markdown(page, claims))
        sys.stdout.write(markdown(page, claims))
        if figure_of:
            for extension in ("pdf", "png"):
                stem.with_suffix(f".{extension}").write_bytes(figure_bytes(lambda: figure_of(results), extension))


@contextlib.contextmanager
def errors_in_one_line() -> Iterator[None]:
    """End a recipe with its name and what is wrong, on one line, where a TcvaeError would end it otherwise."""
    try:
        yield
    except tcvae.TcvaeError as error:
        sys.exit(tcvae.printable(f"{sys.argv[0]}: {error}"))


def gather(stem: Path) -> tuple[list[Line], list[str]]:
    """Write the results that exist to NAME.jsonl and return them, and the paths of those that do not."""
    paths = stem.with_suffix(".list").read_text().split()
    found = [path for path in paths if is_there(Path(path))]
    if not found:
        for suffix in (".jsonl", ".claims.jsonl", ".md", ".png", ".pdf"):  # older ones would be taken for today's
            stem.with_suffix(suffix).unlink(missing_ok=True)
        raise tcvae.TcvaeError(str(stem), "has none of its results", "see above why, or run make without -k")
    stem.with_suffix(".jsonl").write_bytes(b"".join(Path(path).read_bytes() for path in found))
    return read_results(stem.with_suffix(".jsonl")), sorted(set(paths) - set(found))


def is_there(path: Path) -> bool:
    """Tell whether a result is there, and the run that it is of, unless it is of none.

    When the settings of a run change, its results stay until those of the new one are there.
    """
    of_run = any(part.startswith("seed_") for part in path.parts[:-1])
    return path.exists() and (not of_run or path.with_name("run.safetensors").exists())


def as_line(record: dict[str, Any]) -> str:
    """Return a record as one line of JSON."""
    return json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


def about(profile: str, results: Table) -> str:
    """Return profile, data sets, seeds and budget as Markdown."""
    trained = [line.settings for line in results.lines if "seed" in line.settings]
    seeds = sorted({int(settings.number("seed")) for settings in trained})
    data = literal("; ".join(results.data_sets()))
    said = f"Profile {literal(profile)}. Data: {data or 'none'}. Seeds: {spans(seeds) or 'none'}."
    note = RECIPES / profile / "budget.md"
    lines = [said, *budget(trained)]
    return "\n".join([*lines, "", note.read_text().strip()] if trained and note.exists() else lines)


def budget(trained: Sequence[Line]) -> list[str]:
    """Return how long the runs were trained, in one sentence."""
    steps = sorted({(int(one.number("steps")), int(one.number("batch_size"))) for one in trained if one.get("steps")})
    if not steps:
        return []
    return ["Training: " + ", ".join(f"{count:,} steps of {size:,} images" for count, size in steps) + "."]


def spans(numbers: Sequence[int]) -> str:
    """Return increasing integers in short: [0, 1, 2, 5] is "0-2, 5"."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)


def tell(sentence: str) -> None:
    """Print what a person should know of the results."""
    print(tcvae.printable(f"note: {sentence}"), file=sys.stderr)


def scores_by_data_set(results: Table) -> list[tuple[str, dict[Setting, list[float]]]]:
    """Return the MIG of the runs by setting, under the short name of each data set."""
    results.require_alike()
    return by_short_title(results.scores().panels)


def by_short_title(panels: Mapping[str, Panel]) -> list[tuple[str, Panel]]:
    """Return what there is of each data set under its short name."""
    return list(zip(short_titles(list(panels)), panels.values(), strict=True))


def mig_estimator(results: Table) -> str:
    """Return by which estimator MIG was computed, in words."""
    return literal(one_estimator(line for line in results.lines if line["kind"] == "mig"))
