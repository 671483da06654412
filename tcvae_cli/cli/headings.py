"""What stands above and beside the numbers of a table: of which runs, data, images and samples they are."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

WIDEST = 20  # letters of a name on a line: of 100 columns the numbers leave so many


def heading(title: str, records: Sequence[Mapping[str, Any]], name: str | None = None) -> str:
    """Return the title of a table of results and, in lines below it, run, data, N and S, and what arrows mean.

    NAME is what a single run is called; several stand in the table.
    """
    from tcvae_cli.results.meanings import LEGEND

    runs = [] if name is None else [f"{name}: {training_in_words(records[0])}"]
    return "\n".join([title, *runs, *data_in_words(records), LEGEND])


def training_in_words(record: Mapping[str, Any]) -> str:
    """Return how the run behind a result was trained: "beta-TCVAE (6), seed 8, step 1,000"."""
    from tcvae_cli.results.line import Line
    from tcvae_cli.results.setting import setting_of

    settings = Line(dict(record.get("settings") or {}), "result")
    seed = [f"seed {settings['seed']}"] if "seed" in settings else []
    step = [f"step {record['step']:,}"] if record.get("step") is not None else []
    return ", ".join([setting_of(settings).name, *seed, *step])


def data_in_words(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line for each data set of results, with N and S: "dsprites (rendered): N = 5,760 images, ..."."""
    from tcvae_cli.results.data_sets import identity_of, short_titles, titles_of
    from tcvae_cli.results.line import Line

    lines = [Line(dict(record), "result") for record in records]
    titles = titles_of(lines)
    own: dict[str, list[Mapping[str, Any]]] = {}
    for line in lines:
        own.setdefault(titles[identity_of(line)], []).append(line)
    return [f"{title}: {counts_in_words(of)}" for title, of in zip(short_titles(list(own)), own.values(), strict=True)]


def counts_in_words(records: Iterable[Mapping[str, Any]]) -> str:
    """Return N, the number of images, and S, that of samples, of some results: "N = 5,760 images, no sampling"."""
    records = list(records)
    images = sorted({record["rows"] for record in records if record.get("rows") is not None})
    samples = sorted({record["samples"] for record in records if record.get("samples") is not None})
    words = [f"N = {number_or_range(images)} images"] if images else []
    if samples:
        words.append(f"S = {number_or_range(samples)} samples")
    elif any("samples" in record for record in records):
        words.append("no sampling")
    for key, use in (("train", "to learn from"), ("test", "to score on")):  # of a measure that learns
        if used := sorted({record[key] for record in records if isinstance(record.get(key), int)}):
            words.append(f"S = {number_or_range(used)} {use}")
    return ", ".join(words)


def number_or_range(numbers: Sequence[int]) -> str:
    """Return one number, or the range of several."""
    return f"{numbers[0]:,}" if len(numbers) == 1 else f"{numbers[0]:,} to {numbers[-1]:,}"


def written(number: float | None, digits: int = 4) -> str:
    """Return a number as a cell, a dash where there is none."""
    return "-" if number is None else f"{number:z.{digits}f}"


def short_names(names: Sequence[str]) -> list[str]:
    """Return paths without the folders that are the same in all, broken at folders into lines of a table's column.

    Runs of a sweep are called by their folder: vae/batch-size_64/seed_0/run.safetensors is vae/seed_0 beside
    beta-vae/batch-size_64/seed_1/run.safetensors.
    """
    parts = [name.removesuffix("/run.safetensors").split("/") for name in names]
    folders = zip(*(own[:-1] for own in parts), strict=False)
    shared = len(list(itertools.takewhile(lambda column: len(set(column)) == 1, folders)))
    parts = [own[shared:] for own in parts]
    if len(set(map(len, parts))) == 1:
        differing = [len(set(column)) > 1 for column in zip(*parts, strict=True)]
        parts = [list(itertools.compress(own, differing)) or own[-1:] for own in parts]
    return ["\n".join(lines_of(own)) for own in parts]


def lines_of(parts: Sequence[str]) -> list[str]:
    """Return the parts of a path, as many on each line as WIDEST letters hold."""
    lines = [""]
    for number, part in enumerate(parts):
        piece = part if number == len(parts) - 1 else f"{part}/"
        if lines[-1] and len(lines[-1] + piece) > WIDEST:
            lines.append("")
        lines[-1] += piece
    return lines
