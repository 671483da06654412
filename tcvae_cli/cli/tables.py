"""Results on stdout: a table for people, lines for programs."""

import sys
from collections.abc import Callable

from tcvae_cli.cli.flags import Format
from tcvae_cli.errors import printable


def print_result(record: dict[str, object], chosen: Format | None, table: Callable[[], object]) -> None:
    """Print a result on stdout: a rich table if it is a terminal, else one JSON object on one line, or as CHOSEN."""
    print_results([record], chosen, table)


def print_results(records: list[dict[str, object]], chosen: Format | None, table: Callable[[], object]) -> None:
    """Print results with the same keys: one table, or a line of JSON or of tab-separated values each."""
    from tcvae_cli.files.provenance import printable_json

    if chosen is None:
        chosen = Format.TABLE if sys.stdout.isatty() else Format.JSON
    if chosen is Format.JSON:
        for record in records:
            print(printable_json(record))
    elif chosen is Format.TSV:
        print("\t".join(records[0]))
        for record in records:
            print("\t".join(printable(v) if isinstance(v, str) else printable_json(v) for v in record.values()))
    else:
        from tcvae_cli.cli.rendering import print_table

        print_table(table(), None if sys.stdout.isatty() else 100)
    sys.stdout.flush()
