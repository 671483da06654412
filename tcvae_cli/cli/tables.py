"""Results on stdout: a table for people, lines for programs."""

import itertools
import sys
from collections.abc import Callable

from tcvae_cli.cli.flags import Format
from tcvae_cli.errors import printable


def print_result(record: dict[str, object], chosen: Format | None, table: Callable[[], object]) -> None:
    """Print a result on stdout: a rich table if it is a terminal, else one JSON object on one line, or as CHOSEN."""
    print_results([record], chosen, table)


def print_results(records: list[dict[str, object]], chosen: Format | None, table: Callable[[], object]) -> None:
    """Print results: one table, or a line of JSON or of tab-separated values each, below a head for each kind."""
    from tcvae_cli.files.provenance import printable_json

    if chosen is None:
        chosen = Format.TABLE if sys.stdout.isatty() else Format.JSON
    if chosen is Format.JSON:
        for record in records:
            print(printable_json(record))
    elif chosen is Format.TSV:
        for head, rows in itertools.groupby(records, list):
            print("\t".join(head))
            for row in rows:
                print("\t".join(printable(v) if isinstance(v, str) else printable_json(v) for v in row.values()))
    else:
        from tcvae_cli.cli.rendering import print_table

        print_table(table(), None if sys.stdout.isatty() else 100)
    sys.stdout.flush()
