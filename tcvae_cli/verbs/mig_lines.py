"""Results of mig as a heat map takes them, whether they were measured before or are measured now."""

import os
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from tcvae_cli.files.codes import Codes, codes_behind
from tcvae_cli.files.kinds import HEAD, is_json
from tcvae_cli.files.streams import path_in, read_bytes
from tcvae_cli.progress import Note, Progress, silent, warn
from tcvae_cli.results.line import Line, Result, as_lines, lines_of
from tcvae_cli.verbs.inputs import AnyPath, check_several
from tcvae_cli.verbs.mig import mig

if TYPE_CHECKING:
    from tcvae_cli.files.data_sets import DataSet


def mig_lines(
    results: "Sequence[Result | Codes | AnyPath]",
    *,
    factors: "DataSet | AnyPath | None" = None,
    factor: Sequence[str] | str | None = None,
    progress: Progress = silent,
    note: Note = warn,
) -> list[Line]:
    """Return the results among RESULTS, and in place of codes among them their exact MIG.

    Each is a result, codes, or the name of a file of either. FACTORS and FACTOR say what to measure codes by, as those
    of `mig` do. `figures.information` draws what this returns.
    """
    check_several(results, "results")
    lines: list[Line] = []
    for one in results:
        found = read_either(os.fspath(one)) if isinstance(one, str | os.PathLike) else one
        if isinstance(found, Codes):
            found = mig(found, factors=factors, factor=factor, progress=progress, note=note)
        lines += as_lines(found)
    return lines


def read_either(path: str) -> "list[Line] | Codes":
    """Return the results or the codes in a file."""
    content = read_bytes(path_in(path, "results"), "results or codes")
    return lines_of(content, path) if is_json(content[:HEAD]) else codes_behind(BytesIO(content), path)
