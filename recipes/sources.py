"""On what images and how long the runs of a figure were trained, from their result lines."""

import re
from collections.abc import Iterable, Sequence

from markdown_page import literal, table
from page import Source, name_of
from trainings import titles, trainings

from tcvae_cli.results import Line, Setting, Table, is_stand_in, short_titles

ORIGINS = {"rendered": "rendered", "made from a grid": "constructed"}  # by how a provenance begins
LONG_DIGEST = re.compile(r"(sha256:[0-9a-f]{8})[0-9a-f]{56}")


def sources(results: Table) -> tuple[Source, ...]:
    """Return the sources of results, those that differ by their sampling bias only as one."""
    return tuple(source(title, lines) for title, lines in by_title(results).items())


def by_title(results: Table) -> dict[str, list[Line]]:
    """Return the lines of each data set under its short title."""
    found: dict[str, list[Line]] = {}
    for line in results.lines:
        if "data_set" in line:
            found.setdefault(short_titles([results.data_set(line)])[0], []).append(line)
    return dict(sorted(found.items()))


def source(title: str, lines: Sequence[Line]) -> Source:
    """Return the source that some lines are of."""
    trained = [line.settings for line in lines if "seed" in line.settings]
    images = {int(line.number("rows")) for line in lines if line.get("rows") is not None}
    return Source(
        data_set=title,
        origin=origin_of(lines[0]),
        images=images.pop() if len(images) == 1 else None,
        training=training(trained),
        seeds=spans(sorted({int(settings.number("seed")) for settings in trained})),
    )


def origin_of(line: Line) -> str:
    """Return in one word where images come from; those that were converted are real."""
    provenance = line["provenance"]
    if provenance is None:
        return "unknown"
    if is_stand_in(line):
        return "stand-in"
    return next((word for start, word in ORIGINS.items() if str(provenance).startswith(start)), "real")


def training(settings: Iterable[Line]) -> str:
    """Return steps and batches: "3,000 steps of 512 images (VAE, beta-VAE), 6,000 of 64 (InfoGAN)"."""
    found: dict[tuple[int, int], set[Setting]] = {}
    for one in settings:
        if one.get("steps"):
            size = int(one.number("steps")), int(one.number("batch_size"))
            found.setdefault(size, set()).add(Setting(str(one["objective"])))
    methods = [setting for of_size in found.values() for setting in of_size]
    telling = len(found) > 1 and len(methods) == len(set(methods))  # not where one method was trained in several ways
    parts = []
    for (steps, batch), of_size in sorted(found.items(), key=lambda one: (min(one[1]), one[0])):
        words = f"{steps:,} of {batch:,}" if parts else f"{steps:,} steps of {batch:,} images"
        parts.append(words + (f" ({titles(of_size)})" if telling else ""))
    return ", ".join(parts)


def spans(numbers: Sequence[int]) -> str:
    """Return increasing integers in short: [0, 1, 2, 5] is "0-2, 5"."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)


def about(profile: str, results: Table) -> str:
    """Return as Markdown the data sets with their budgets and seeds, where the images come from, and the trainings."""
    found = sources(results)
    rows = [
        (one.data_set, "" if one.images is None else f"{one.images:,}", one.training or "none", one.seeds or "none")
        for one in found
    ]
    listed = table(("data set", "images", "training", "seeds"), rows) if rows else "Data: none."
    told = {title: provenance(lines) for title, lines in by_title(results).items()}
    made = [
        f"* {literal(name_of(title))}: {literal(said)}." for title, said in told.items() if f"({said})" not in title
    ]
    names = {name_of(title) for title in told}
    by_name = {name_of(title) if len(names) == len(told) else title: own for title, own in by_title(results).items()}
    return "\n\n".join(filter(None, [f"Profile {literal(profile)}.", listed, "\n".join(made), trainings(by_name)]))


def provenance(lines: Sequence[Line]) -> str:
    """Return where the images of a data set come from, with short digests; its samplings one after the other."""
    told = [LONG_DIGEST.sub(r"\1", str(line["provenance"])) for line in lines if line["provenance"] is not None]
    origins = sorted({one.partition("; ")[0] for one in told})
    parts = sorted({one.partition("; ")[2] for one in told} - {""})
    return "; ".join([*origins, *parts]) or "unknown"
