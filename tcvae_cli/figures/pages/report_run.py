"""The part of a report about one run, from its decoder with a slider for each latent down to its provenance."""

import math
from collections.abc import Sequence

import numpy as np

from tcvae_cli.figures.pages.document import embedded, png_uri, shown, side_by_side
from tcvae_cli.figures.pages.report_charts import bars, curves, matrix, number, portrait_table, short
from tcvae_cli.figures.pages.reported import Reported
from tcvae_cli.figures.pages.weights import packed

GAP = 2  # pixels between the images of a walk
FEW_FACTORS = 8  # whose gaps a sentence has room for
LEAST_REACH = 3.0  # of a slider to each side of 0, further where an image's code is
WITHOUT = "Each slider shows its latent alone: the page has pictures of this run, no decoder."
LARGER = " It has room for those of the first runs, unless it was asked for all."
TERMS = {
    "log_likelihood": "reconstruction, E[log p(x|z)]",
    "index_code_mi": "index-code MI",
    "total_correlation": "total correlation",
    "dimension_wise_kl": "dimension-wise KL",
}


def article(run: Reported, place: int, alone: bool) -> str:
    """Return the part about a run, which is the page's title where it stands ALONE."""
    parts = [
        f"<article id=run-{place} class=run>",
        "<header>" if alone else "<div>",
        f"<p class=over>{shown(run.about)}</p><h1>{shown(run.title)}</h1>",
        tiles(run),
        "</header>" if alone else "</div>",
        play(run, place),
        "".join(f"<p class=missing>{shown(sentence)}</p>" for sentence in run.missing),
        section("What each latent does", walks(run)),
        section("Where the bound goes", decomposition(run)),
        section("What each latent tells of each factor", information(run)),
        section("Latents against factors", against_factors(run)),
        section("Training", curves(run.curves) if run.curves else ""),
        section("Settings and provenance", facts(run.facts)),
        "</article>",
    ]
    return "\n".join(filter(None, parts))


def section(title: str, content: str) -> str:
    """Return a part with its title, nothing if it has no content."""
    return f"<section><h2>{title}</h2>\n{content}\n</section>" if content else ""


def tiles(run: Reported) -> str:
    """Return the numbers that people ask for first."""
    rows = []
    if run.gap is not None:
        rows.append(("MIG", f"{run.gap['mig']:z.3f}", "mutual information gap"))
    for name, title, what in (
        ("elbo", "ELBO", "nats for each image"),
        ("total_correlation", "TC", "total correlation, nats"),
    ):
        if run.terms.get(name) is not None:
            rows.append((title, number(run.terms[name]), what))
    if run.active is not None:
        rows.append(
            ("In use", f"{len(run.active)} <small>of {len(run.order)}</small>", "latents that tell images apart")
        )
    cells = "".join(f"<div><dt>{title}</dt><dd>{value}</dd><span>{what}</span></div>" for title, value, what in rows)
    basis = f"<p class=small>{shown(run.basis)}</p>" if run.basis else ""
    return f"<dl class=tiles>{cells}</dl>{basis}" if rows else ""


def play(run: Reported, place: int) -> str:
    """Return the decoder: its image, a slider for each latent, images to start from, and what its script needs."""
    height, width, _ = run.image_shape
    sliders = "".join(slider(run, latent, place) for latent in run.used)
    if run.unused:
        more = "".join(slider(run, latent, place) for latent in run.unused)
        sliders += f"<details{'' if run.used else ' open'}><summary>{len(run.unused)} unused</summary>{more}</details>"
    live = run.layers is not None
    how = "" if live else f"<p class=small>{WITHOUT}{LARGER if run.too_large else ''}</p>"
    start = "<button type=button class=reset>Middle of the prior</button>"
    draw = "<button type=button class=draw>Draw from the prior</button>" if live else ""
    return (
        f"<div class=play><div class=stage><canvas width={width} height={height} role=img "
        f"style='background-image:url({first_picture(run)})' "
        "aria-label='the image that the decoder draws'></canvas><div class=start>"
        f"<img class=original alt='the image itself' hidden><p class=told aria-live=polite></p>"
        f"<p class=buttons>{start}{draw}</p></div></div>"
        f"<div><div class=sliders role=group aria-label='latents'>{how}{sliders}</div>{gallery(run)}</div></div>"
        f"{data_of(run)}"
    )


def first_picture(run: Reported) -> str:
    """Return what the sliders draw at their start, for as long as no decoder draws it."""
    if run.layers is not None and run.gallery is not None:
        return png_uri(run.gallery.reconstructions[0])
    return png_uri(run.walks[0, np.abs(run.values).argmin()])


def slider(run: Reported, latent: int, place: int) -> str:
    """Return the slider of a latent, named by the factor that it tells most of."""
    reach, name = reach_of(run), f"slider-{place}-{latent}"
    told = run.tells(latent)
    return (
        f"<div class=slider><label for={name}>z{latent}{f' <span>{short(told)}</span>' if told else ''}</label>"
        f"<input type=range id={name} data-latent={latent} min={-reach:g} max={reach:g} step=0.05 value=0>"
        f"<output for={name}>0</output></div>"
    )


def reach_of(run: Reported) -> float:
    """Return how far sliders go: as far as the codes of the images that can be chosen."""
    farthest = 0.0 if run.gallery is None else float(np.abs(run.gallery.codes).max())
    return max(LEAST_REACH, math.ceil(min(farthest, 1e6)))


def gallery(run: Reported) -> str:
    """Return the images that can be chosen, each above its reconstruction."""
    if (its := run.gallery) is None:
        return ""
    pairs = "".join(
        f"<button type=button data-image={place} aria-pressed=false aria-label='image {row}'>"
        f"<img alt='image {row}' src='{png_uri(original)}'><img alt='its reconstruction' src='{png_uri(made)}'>"
        f"<span>{row:,}</span></button>"
        for place, (row, original, made) in enumerate(zip(its.rows, its.originals, its.reconstructions, strict=True))
    )
    return (
        "<h3>Images by their rows, above their reconstructions: choose one to start from its code</h3>"
        f"<div class=pairs role=group aria-label='images'>{pairs}</div>"
    )


def data_of(run: Reported) -> str:
    """Return what the script of the page needs of a run: JSON, and the decoder's weights apart."""
    about = {
        "order": run.order,
        "values": run.values,
        "gap": GAP,
        "family": run.family,
        "flow": None if run.flow is None else [np.asarray(part, float).tolist() for part in run.flow],
        "codes": [] if run.gallery is None else np.round(run.gallery.codes.astype(float), 4).tolist(),
        "rows": [] if run.gallery is None else run.gallery.rows,
        "layers": None if run.layers is None else [layer.table() for layer in run.layers],
    }
    weights = f"<script type=text/plain class=weights>{packed(run.layers)}</script>" if run.layers is not None else ""
    return f"<script type=application/json class=about>{embedded(about)}</script>{weights}"


def walks(run: Reported) -> str:
    """Return the walk of each latent as a row of images; those of unused latents are folded away."""
    lines = {latent: walk(run, latent) for latent in run.order}
    used, unused = ("".join(lines[latent] for latent in latents) for latents in (run.used, run.unused))
    folded = (
        f"<details{'' if used else ' open'}><summary>{len(run.unused)} unused latents</summary>{unused}</details>"
        if unused
        else ""
    )
    low, high = run.values[0], run.values[-1]
    again = "<button type=button class=from-here>Walk from the image above</button>" if run.layers is not None else ""
    return (
        f"<p class=small>From {number(low, 2)} to {number(high, 2)} in units of the prior, the others "
        "<span class=walked aria-live=polite>in its middle</span>; the most informative first, with its KL. "
        f"{again}</p><div class=walks>{used}{folded}</div>"
    )


def walk(run: Reported, latent: int) -> str:
    """Return the row of one latent."""
    row = side_by_side(run.walks[run.order.index(latent)], GAP)
    told, kl = run.tells(latent), run.kl
    nats = f"<small>{kl[latent]:z.2f} nats</small>" if kl is not None and math.isfinite(kl[latent]) else ""
    return (
        f"<div class=walk><p><b>z{latent}</b> <span>{short(told)}</span> {nats}</p>"
        f"<img data-walk={latent} width={row.shape[1]} height={row.shape[0]} alt='what latent {latent} does' "
        f"src='{png_uri(row)}'></div>"
    )


def decomposition(run: Reported) -> str:
    """Return the terms of the ELBO, the KL as a bar of its three parts, and the scores beside MIG."""
    terms = run.terms
    told = []
    if terms.get("elbo") is not None and terms.get("log_likelihood") is not None:
        told.append(
            f"<p>ELBO <b>{number(terms['elbo'])}</b> = reconstruction <b>{number(terms['log_likelihood'])}</b> "
            f"− KL <b>{number(terms['analytic_kl'])}</b> nats.</p>"
        )
    if terms.get("dimension_wise_kl") is not None:
        parts = [(title, float(terms[name])) for name, title in list(TERMS.items())[1:]]
        told.append(f"<p>The KL is the sum of three parts, over {terms['rows']:,} images:</p>{bars(parts)}")
    if run.scores:
        cells = "".join(f"<div><dt>{shown(name)}</dt><dd>{value:z.3f}</dd></div>" for name, value in run.scores)
        told.append(f"<h3>Beside MIG</h3><dl class=scores>{cells}</dl>")
    return "\n".join(told)


def information(run: Reported) -> str:
    """Return the matrix behind MIG."""
    if run.gap is None or (shares := run.shares) is None:
        return ""
    gaps = list(zip(run.gap["factors"], run.gap["gap_per_factor"], strict=True))
    lead = ", ".join(f"{short(name)} {gap:z.2f}" for name, gap in gaps)
    said = f" ({lead})" if len(gaps) <= FEW_FACTORS else ""
    return (
        "<p class=small>I(z; v) / H(v): 1 is all that there is to know of a factor. The best latent of each is framed "
        "if it tells a twentieth; "
        f"MIG is the mean lead of the best over the second{said}.</p>"
        f"{matrix(shares, run.gap['factors'], run.order)}"
    )


def against_factors(run: Reported) -> str:
    """Return the mean of each latent in use where a factor has a value."""
    if run.portrait is None:
        return ""
    return (
        "<p class=small>The mean of each latent in use, averaged over all other factors. On maps, blue is below 0 and "
        f"orange above.</p>{portrait_table(run.portrait, run.order)}"
    )


def facts(told: Sequence[tuple[str, str]]) -> str:
    """Return what the file says of itself."""
    rows = "".join(f"<dt>{shown(name)}</dt><dd>{shown(value)}</dd>" for name, value in told)
    return f"<dl class=facts>{rows}</dl>"
