"""Results on stdout: a table for people, lines or rows of numbers for programs."""

import sys
from collections.abc import Callable, Sequence

from tcvae_cli.cli.flags import Format


def print_results(
    records: Sequence[dict[str, object]],
    chosen: Format | None,
    table: Callable[[], object],
    runs: Sequence[str] | None = None,
) -> None:
    """Print results on stdout: a rich table if it is a terminal, else a JSON object on a line for each, or as CHOSEN.

    RUNS name in long form what each result is of.
    """
    from tcvae_cli.files.provenance import printable_json

    if chosen is None:
        chosen = Format.TABLE if sys.stdout.isatty() else Format.JSON
    if chosen is Format.JSON:
        for record in records:
            print(printable_json(record))
    elif chosen is Format.TABLE:
        from tcvae_cli.cli.rendering import print_table

        print_table(table(), None if sys.stdout.isatty() else 100)
    else:
        from tcvae_cli.cli.long_text import long_text
        from tcvae_cli.results.long_form import long_rows

        named = zip(records, runs or [""] * len(records), strict=True)
        print(long_text((row for record, run in named for row in long_rows(record, run)), chosen), end="")
    sys.stdout.flush()
