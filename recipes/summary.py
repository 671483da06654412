"""The table that opens the report: every claim of the paper."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from overview import Row, tallies
from rendering import anchor, css, pill, shown, strip


def summary(rows: Sequence[Row]) -> str:
    """Return the table, each figure with its claims."""
    head = "".join(f"<th>{name}</th>" for name in ("Claim", "Verdict", "Runs, budget and data", "The paper"))
    bodies = "".join(group(list(own)) for _, own in groupby(rows, lambda row: row.figure))
    return f"<table class=summary><thead><tr>{head}</tr></thead>{bodies}</table>"


def group(rows: Sequence[Row]) -> str:
    """Return the rows of one figure under its title, which leads to its page."""
    title = shown(rows[0].title)
    link = f"<a href='#{anchor(rows[0].figure)}'>{title}</a>" if rows[0].made else title
    body = "".join(f"<tr>{cells(row)}</tr>" for row in rows)
    return f"<tbody><tr class=figure><th scope=rowgroup colspan=4>{link}</th></tr>{body}</tbody>"


def cells(row: Row) -> str:
    """Return the cells of a claim."""
    if not row.verdict:
        return f"<td colspan=4 class=none>{shown(row.sentence)}</td>"
    size = f"<small>{shown(row.size)}</small>" if row.size else ""
    budget = "".join(f"<span>{shown(line)}</span>" for line in (row.runs, row.training, row.images) if line)
    verdict = pill(row.verdict) + (strip(row.claim) if row.claim else "") + size
    return "".join(f"<td>{cell}</td>" for cell in (shown(row.sentence), verdict, budget, shown(row.paper)))


def tally(rows: Sequence[Row]) -> str:
    """Return how many of the claims held, in words and as a bar for each kind of them."""
    count = sum(bool(row.verdict) for row in rows)
    return "".join(
        [f"<p class=tally>{count or 'No'} claims of the paper</p>", *(of_kind(*one) for one in tallies(rows))]
    )


def of_kind(words: str, counts: Mapping[str, int]) -> str:
    """Return how many claims of one kind have which verdict."""
    told = ", ".join(f"{pill(verdict)} {count}" for verdict, count in counts.items())
    bars = "".join(f"<i class={css(verdict)} style='flex:{count}'></i>" for verdict, count in counts.items())
    return f"<p class=tally>{': '.join(filter(None, [words, told]))}</p>" + (
        f"<div class=bar aria-hidden=true>{bars}</div>" if bars else ""
    )
