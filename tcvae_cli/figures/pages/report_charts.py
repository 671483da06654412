"""The charts of a run's page, in HTML and SVG that follow the colours of the page: no picture of letters."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.figures.lettering import signed
from tcvae_cli.figures.pages.document import png_uri, shown
from tcvae_cli.figures.plots.log import FIRST_PART, LEFT_OUT, NAMES
from tcvae_cli.figures.plots.portrait import Chart, Heat, Lines, Portrait
from tcvae_cli.results.naming import LEAST_TOLD
from tcvae_cli.text import shortened

LONGEST_NAME = 28  # letters of a factor beside a chart
WIDTH, HEIGHT = 160, 54  # of a small chart, in pixels
MOST_PLACES = 64  # of a curve, in so few pixels
MOST_CELLS, MOST_CHARTS = 2_000, 600  # on a page
COLD, HOT = (0, 114, 178), (213, 94, 0)  # below and above 0, told apart by every kind of eye


def matrix(shares: Sequence[Sequence[float]], names: Sequence[str], latents: Sequence[int]) -> str:
    """Return a table of what each latent tells of each factor, as shares of what there is to know."""
    most = max(1, MOST_CELLS // len(latents))
    head = "".join(f"<th scope=col>z{latent}</th>" for latent in latents)
    rows = []
    for name, row in list(zip(names, shares, strict=True))[:most]:
        best = max(latents, key=lambda latent: row[latent])
        cells = "".join(cell(row[latent], latent == best) for latent in latents)
        rows.append(f"<tr><th scope=row>{short(name)}</th>{cells}</tr>")
    caption = f"<p class=small>The first {most} of {len(names):,} factors.</p>" if len(names) > most else ""
    return (
        f"<div class=wide><table class=matrix><thead><tr><td></td>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>{caption}"
    )


def cell(share: float, best: bool) -> str:
    """Return a cell of the matrix: its share as ink, and from a twentieth on as a number."""
    looks = " ".join(filter(None, ["strong" if share > 0.55 else "", "best" if best and share >= LEAST_TOLD else ""]))
    ink = f"background:color-mix(in srgb,currentColor {100 * min(max(share, 0), 1):.0f}%,transparent)"
    number = f"<span>{share:.2f}</span>" if share >= LEAST_TOLD else f"<span class=seen-not>{share:.2f}</span>"
    return f'<td style="{ink}"{f" class={looks!r}" if looks else ""}>{number.replace(">0.", ">.")}</td>'


def thumb(shares: Sequence[Sequence[float]], latents: Sequence[int], what: str) -> str:
    """Return the matrix as a picture without letters."""
    rows = list(shares)[:20]
    squares = "".join(
        f"<rect x={10 * x} y={10 * y} width=9 height=9 fill-opacity={min(max(row[latent], 0.04), 1):.2f} />"
        for y, row in enumerate(rows)
        for x, latent in enumerate(latents[:20])
    )
    wide, tall = 10 * min(len(latents), 20), 10 * len(rows)
    return (
        f"<svg class=thumb role=img aria-label='{what}' viewBox='0 0 {wide} {tall}' width={wide} height={tall}>"
        f"{squares}</svg>"
    )


def portrait_table(portrait: Portrait, latents: Sequence[int]) -> str:
    """Return one row of small charts for each of some active latents, one column for each factor."""
    rows = [latent for latent in latents if latent in portrait.latents]
    if not rows:
        return "<p class=small>No latent is in use.</p>"
    charts = portrait.charts[: max(1, MOST_CHARTS // len(rows))]
    limit = max((largest(chart, rows) for chart in charts), default=1.0) or 1.0
    head = "".join(f"<th scope=col>{short(name_of(chart))}</th>" for chart in charts)
    body = "".join(
        f"<tr><th scope=row>z{latent}</th>{''.join(f'<td>{drawn(chart, latent, limit)}</td>' for chart in charts)}</tr>"
        for latent in rows
    )
    left_out = len(portrait.charts) - len(charts)
    more = f"<p class=small>{left_out:,} more factors are left out.</p>" if left_out else ""
    return (
        f"{legend(charts)}<div class=wide><table class=portrait><thead><tr><td></td>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>{more}"
    )


def legend(charts: Sequence[Chart]) -> str:
    """Return what the colours of the lines mean, where there are several."""
    names = dict.fromkeys(name for chart in charts if isinstance(chart, Lines) for name in chart.groups)
    if len(names) < 2:
        return ""
    keys = "".join(f"<span><i class='key c{place % 5}'></i>{short(name)}</span>" for place, name in enumerate(names))
    return f"<p class=legend>{keys}</p>"


def name_of(chart: Chart) -> str:
    """Return the factor of a chart, or both."""
    return f"{chart.factor}, {chart.other}" if isinstance(chart, Heat) else chart.factor


def largest(chart: Chart, latents: Sequence[int]) -> float:
    """Return the largest absolute mean of some latents in a chart."""
    every = chart.groups.values() if isinstance(chart, Lines) else [chart.means]
    found = [np.abs(means[..., list(latents)]) for means in every]
    return max((float(np.nanmax(one)) for one in found if np.isfinite(one).any()), default=0.0)


def drawn(chart: Chart, latent: int, limit: float) -> str:
    """Return one latent against one factor as lines, or against two as a map whose ink is the distance from 0."""
    what = f"z{latent} against {shown(shortened(name_of(chart), LONGEST_NAME))}"
    if isinstance(chart, Heat):
        ink = heat(chart.means[..., latent].T / limit)
        return f"<img class=heat alt='{what}' src='{png_uri(ink)}'>"
    middle = HEIGHT / 2
    marks = "".join(
        dots(points, place) if chart.words else f"<polyline class=c{place % 5} points='{points}' />"
        for place, means in enumerate(chart.groups.values())
        if (points := placed(means[:, latent] / limit))
    )
    words = f"<title>{shown(', '.join(shortened(word, LONGEST_NAME) for word in chart.words[:MOST_PLACES]))}</title>"
    return (
        f"<svg class=lines role=img aria-label='{what}' viewBox='0 0 {WIDTH} {HEIGHT}' width={WIDTH} height={HEIGHT}>"
        f"{words if chart.words else ''}<path class=zero d='M0 {middle:g}H{WIDTH}' />{marks}</svg>"
    )


def dots(points: str, place: int) -> str:
    """Return the points of a curve as dots, of classes that have no order."""
    pairs = (point.split(",") for point in points.split())
    return "".join(f"<circle class=c{place % 5} cx={x} cy={y} r=3 />" for x, y in pairs)


def placed(means: Array) -> str:
    """Return the points of a curve (place,) within [-1, 1], thinned to what can be seen."""
    known = np.isfinite(means).nonzero()[0]
    known = known[np.unique(np.linspace(0, len(known) - 1, MOST_PLACES).round().astype(int))] if len(known) else known
    x = 3 + (WIDTH - 6) * known / max(len(means) - 1, 1)
    y = HEIGHT / 2 * (1 - 0.9 * means[known])
    return " ".join(f"{across:.1f},{down:.1f}" for across, down in zip(x, y, strict=True))


def heat(values: Array) -> Array:
    """Return an image (row, column, 4) uint8 of values in [-1, 1]: the sign as colour, the size as ink."""
    known = np.nan_to_num(values)
    colours = np.where((known < 0)[..., None], np.array(COLD), np.array(HOT))
    ink = np.rint(255 * np.clip(np.abs(known), 0, 1))[..., None]
    return np.concatenate([colours, ink], axis=-1).astype(np.uint8)


def curves(found: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Return a small chart of each term of a training log against steps."""
    shown_terms = {NAMES.get(term, term): points for term, points in found.items() if term not in LEFT_OUT}
    return f"<div class=curves>{''.join(curve(name, points) for name, points in shown_terms.items())}</div>"


def curve(name: str, points: Sequence[tuple[float, float]]) -> str:
    """Return one of them, with its last value; as in figures, no room is made for what the first steps have beyond."""
    wide, tall = 240, 90
    steps, values = np.array(points, float).T
    later = values[steps >= FIRST_PART * steps.max()]
    low, high = float(later.min()), float(later.max())
    y = tall - 6 - (tall - 12) * np.clip((values - low) / ((high - low) or 1), 0, 1)
    x = 2 + (wide - 4) * steps / (steps.max() or 1)
    line = " ".join(f"{across:.1f},{down:.1f}" for across, down in zip(x, y, strict=True))
    return (
        f"<figure><svg class=lines role=img aria-label='{shown(name)} against steps' viewBox='0 0 {wide} {tall}'>"
        f"<polyline class=c0 points='{line}' /></svg><figcaption>{shown(name)} <b>{number(values[-1])}</b> "
        f"<span>from {number(low)} to {number(high)}, {steps.max():,.0f} steps</span></figcaption></figure>"
    )


def bars(parts: Sequence[tuple[str, float]]) -> str:
    """Return parts of a sum as one bar with its legend; a part that is not above 0 has no length."""
    total = sum(max(value, 0) for _, value in parts) or 1
    pieces = "".join(
        f'<i class="c{place}" style="flex-grow:{max(value, 0) / total:.4f}"></i>'
        for place, (_, value) in enumerate(parts)
    )
    keys = "".join(
        f"<span><i class='key c{place}'></i>{shown(name)} <b>{number(value)}</b></span>"
        for place, (name, value) in enumerate(parts)
    )
    return f"<div class=parts aria-hidden=true>{pieces}</div><p class=legend>{keys}</p>"


def short(name: str) -> str:
    """Return a name as HTML, cut if it is long."""
    return shown(shortened(str(name), LONGEST_NAME))


def number(value: float, digits: int | None = None) -> str:
    """Write a number for people, in about four digits or in DIGITS, with a true minus."""
    if not math.isfinite(value):
        return "–"
    if digits is not None:
        return signed(f"{value:.{digits}g}")
    behind = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2 if abs(value) >= 10 else 3
    return signed(f"{value:z,.{behind}f}")
