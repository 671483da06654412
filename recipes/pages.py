"""What the pages of all figures share: `python recipes/NAME.py out/PROFILE/figures/NAME`.

It reads the paths in NAME.list, one a line. It writes NAME.jsonl, the results that exist; NAME.claims.jsonl, a line
about the page and one for each claim; and NAME.md, which says the same to people.
"""

import contextlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from elsewhere import elsewhere
from markdown_page import literal, markdown
from missing import shortfall
from page import Page, name_of
from sources import about, sources

import tcvae_cli as tcvae
from tcvae_cli.figures import figure_bytes
from tcvae_cli.results import Claim, Line, Setting, Table, one_estimator, read_results, short_titles

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RECIPES = Path(__file__).parent
NAMED = re.compile(r"([\w -]{1,30}): ")  # the beginning of a paragraph on one figure or data set
Panel = TypeVar("Panel")  # what there is of one data set


def make_page(
    title: str,
    body_of: Callable[[Table], str],
    claims_of: Callable[[Table], list[Claim]] = lambda results: [],
    figure_of: "Callable[[Table], Figure] | None" = None,
    caption: str = "",
) -> None:
    """Write the lines and the page of the figure that the command line names, and draw it where no `plot` does.

    The CAPTION, Markdown below the picture, says what its marks are.
    """
    with errors_in_one_line():
        stem = stem_given()
        paths = paths_for(stem)
        lines, missing = gather(stem, paths)
        results = Table(lines, tell)
        profile, found = stem.parent.parent.name, sources(results)
        page = Page(
            figure=stem.name,
            title=title,
            profile=profile,
            about=about(profile, results),
            body=body_of(results).strip(),
            elsewhere=elsewhere(stem.name, results),
            note=note_on(profile, stem.name, [source.data_set for source in found if source.training]),
            sources=found,
            caption=caption,
            **shortfall(paths, missing),
        )
        claims = [replace(claim, figure=stem.name) for claim in claims_of(results)]
        records = [page.record(), *(claim.record() for claim in claims)]
        stem.with_suffix(".claims.jsonl").write_text("".join(map(as_line, records)))
        text = markdown(page, claims)
        stem.with_suffix(".md").write_text(text)
        sys.stdout.write(text)
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


def stem_given() -> Path:
    """Return the figure that the command line names, a path without its suffix."""
    if len(sys.argv) != 2:
        raise tcvae.TcvaeError("arguments", "are not the one path of a figure", "give out/PROFILE/figures/NAME")
    return Path(sys.argv[1])


def paths_for(stem: Path) -> list[str]:
    """Return the paths of the results that a figure is made from, which NAME.list holds one a line."""
    path = stem.with_suffix(".list")
    if not path.is_file():
        raise tcvae.TcvaeError(str(path), "is not there", "write the paths of result lines into it, one a line")
    return [line for line in path.read_text().splitlines() if line.strip()]


def gather(stem: Path, paths: Sequence[str]) -> tuple[list[Line], list[str]]:
    """Write the results at PATHS that exist to NAME.jsonl and return them, and the paths of those that do not."""
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


def note_on(profile: str, figure: str, trained: Sequence[str]) -> str:
    """Return what a profile leaves out, as Markdown: "" where no run was trained on a data set.

    Of the paragraphs in PROFILE/budget.md that begin with a name and a colon, "Faces: ...", only those of the FIGURE
    are told, or if there are none those of the data sets that were TRAINED on, whose names begin so.
    """
    note = RECIPES / profile / "budget.md"
    paragraphs = note.read_text().strip().split("\n\n") if trained and note.exists() else []
    names = [named[1].replace(" ", "").casefold() if (named := NAMED.match(one)) else "" for one in paragraphs]
    own = [name for name in names if name == figure] or [
        name for name in names if name and any(one.casefold().startswith(name) for one in trained)
    ]
    return "\n\n".join(one for name, one in zip(names, paragraphs, strict=True) if not name or name in own)


def tell(sentence: str) -> None:
    """Print what a person should know of the results."""
    print(tcvae.printable(f"note: {sentence}"), file=sys.stderr)


def scores_by_data_set(results: Table) -> list[tuple[str, dict[Setting, list[float]]]]:
    """Return the MIG of the runs by setting, under the short name of each data set."""
    results.require_alike()
    return by_short_title(results.scores().panels)


def by_short_title(panels: Mapping[str, Panel]) -> list[tuple[str, Panel]]:
    """Return what there is of each data set under its name; under its short title where two have one name."""
    names = list(map(name_of, panels))
    return list(
        zip(names if len(set(names)) == len(names) else short_titles(list(panels)), panels.values(), strict=True)
    )


def mig_estimator(results: Table) -> str:
    """Return by which estimator MIG was computed, in words."""
    return literal(one_estimator(line for line in results.lines if line["kind"] == "mig"))
