"""The page of one run or of several side by side."""

from collections.abc import Sequence

from tcvae_cli.figures.pages.document import document, packaged, png_uri, shown, side_by_side
from tcvae_cli.figures.pages.report_charts import number, thumb
from tcvae_cli.figures.pages.report_run import article
from tcvae_cli.figures.pages.reported import Reported
from tcvae_cli.figures.style import colour

FEW_LATENTS, FEW_FRAMES = 4, 5  # of the walks in the table of runs


def report_page(runs: Sequence[Reported]) -> str:
    """Return the page of some runs, which needs no other file; the same runs give the same text."""
    alone = len(runs) == 1
    body = [article(run, place, alone) for place, run in enumerate(runs)]
    title = runs[0].title if alone else f"{len(runs)} runs side by side"
    if not alone:
        body.insert(0, f"<header><p class=over>tcvae report</p><h1>{title}</h1></header>{overview(runs)}")
    whole = f"<main class={'one' if alone else 'several'}>\n{''.join(body)}\n</main>"
    return document(title, whole, packaged("report.css"), packaged("report.js"))


COLUMNS = {"mig": "MIG", "elbo": "ELBO", "total_correlation": "TC", "used": "In use"}


EXPLAINED = (
    "Latents: walks of the most informative ones. Factors: one row for each factor, one column for each latent, the "
    "most informative first; the darker, the more it tells."
)


def overview(runs: Sequence[Reported]) -> str:
    """Return the table of runs, which its heads sort, with a few walks and the matrix of each."""
    heads = "".join(
        f"<th scope=col aria-sort=none><button type=button data-column={place}>{title}</button></th>"
        for place, title in enumerate(["Run", *COLUMNS.values()])
    )
    rows = "".join(overview_row(run, place) for place, run in enumerate(runs))
    return (
        "<div class=wide><table class='overview sortable'><thead><tr>"
        f"{heads}<th scope=col>Latents</th><th scope=col>Factors</th></tr></thead><tbody>{rows}</tbody></table></div>"
        f"<p class=small>{EXPLAINED}</p>"
    )


def overview_row(run: Reported, place: int) -> str:
    """Return the row of a run."""
    found = {**run.terms, "mig": run.gap and run.gap["mig"], "used": None if run.active is None else len(run.active)}
    cells = "".join(value_cell(found.get(name), name) for name in COLUMNS)
    mark = f'<circle cx=5 cy=5 r=4 fill="{colour(run.setting)}" />'
    dot = f'<svg class=dot viewBox="0 0 10 10" aria-hidden=true>{mark}</svg>'
    shares = run.shares
    picture = thumb(shares, run.order, "information of latents about factors") if shares is not None else ""
    name = f"{dot}<a href=#run-{place}>{shown(run.title)}</a><small>{shown(run.about)}</small>"
    if run.basis:
        name += f"<small>{shown(counted(run))}</small>"
    return f"<tr><th scope=row data-value={place}>{name}</th>{cells}<td>{few_walks(run)}</td><td>{picture}</td></tr>"


def counted(run: Reported) -> str:
    """Say on how many images the numbers of a row are measured: "MIG of 10,000 images, ELBO and TC of 737,280"."""
    of_gap, of_terms = (None if its is None else its.get("rows") for its in (run.gap, run.terms))
    if of_gap == of_terms or of_gap is None:
        return f"{'measured' if of_gap else 'ELBO and TC'} on {of_terms:,} images" if of_terms else ""
    return f"MIG of {of_gap:,} images" + (f", ELBO and TC of {of_terms:,}" if of_terms else "")


def value_cell(value: float | None, name: str) -> str:
    """Return a number that the table can be sorted by; nothing stands last."""
    title = COLUMNS[name]
    if value is None:
        return f"<td class=number data-title={title!r} data-value=''>–</td>"
    text = str(value) if name == "used" else f"{value:z.3f}" if name == "mig" else number(value)
    return f"<td class=number data-title={title!r} data-value={float(value)!r}>{text}</td>"


def few_walks(run: Reported) -> str:
    """Return the walks of the most informative latents, small."""
    frames = [round(k * (len(run.values) - 1) / (FEW_FRAMES - 1)) for k in range(FEW_FRAMES)]
    pictures = "".join(
        f"<img alt='what latent {latent} does' src='{png_uri(side_by_side(run.walks[place][frames], 2))}'>"
        for place, latent in enumerate(run.order[: min(FEW_LATENTS, len(run.used)) or 1])
    )
    return f"<div class=few>{pictures}</div>"
