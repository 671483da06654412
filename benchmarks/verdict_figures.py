"""The claims of the figures, each with runs drawn from a known world."""

import functools
from typing import Any

import numpy as np
from verdict_runs import MANY, Case, Drawer, recipe, solved

from tcvae_cli.results import Claim, Line, Setting, Verdict, spearman

saying, strips = map(recipe, ("saying", "strips"))
figure2, figure3, figure4, figure5 = map(recipe, ("figure2", "figure3", "figure4", "figure5"))
BETAS = (1, 4, 7, 10)


def gap(draw: Drawer, lead: float) -> Claim:
    """Draw the gap of both methods."""
    about = {"kind": "mig", "data_set": "chairs", "provenance": "converted", "factors": ["azimuth"]}
    lines = [
        Line({**about, "gap_per_factor": [mig], "settings": Line({"objective": name}, "")}, "")
        for name, migs in ((strips.OURS, draw(lead)), (strips.THEIRS, draw()))
        for mig in migs
    ]
    return strips.gap_claim(saying.Saying("The gap is larger", ""), lines, ("azimuth",))


def above_at_equal_elbo(draw: Drawer, lead: float) -> Claim:
    """Draw two methods whose curves of MIG over ELBO are straight and LEAD apart; their ELBOs differ."""

    def curve(lead: float, further: float) -> Any:
        betas = []
        for beta in BETAS:
            elbo = further - 60.0 - 5 * beta
            betas.append(np.stack([elbo + draw.normal(0, 2), draw.array(lead + (elbo + 80) / 50)], axis=-1))
        return np.stack(betas, axis=1)  # (seeds, betas, 2)

    return figure2.above("dsprites", curve(lead, 3), curve(0, 0))


def falls(draw: Drawer, fall: float) -> Claim:
    """Draw beta-VAE's runs at two betas."""
    return falling(draw(fall), draw())


def falls_at_last(draw: Drawer, looks: tuple[int, ...]) -> Claim:
    """Draw beta-VAE's runs at two betas, which are alike, and judge the first of them, then more, until it is decided.

    LOOKS are the numbers of runs at each beta, the last that of the Drawer.
    """
    first, second = draw(), draw()
    claims = (falling(first[:count], second[:count]) for count in looks)
    return next((claim for claim in claims if claim.verdict != Verdict.TOO_FEW), falling(first, second))


def falling(lower: list[float], higher: list[float]) -> Claim:
    """Judge the MIG of runs at the lower and at the higher beta."""
    migs = {figure2.MODE: lower, 10: higher}
    return figure2.falls("dsprites", {beta: [(-100.0, mig) for mig in own] for beta, own in migs.items()})


def highest(draw: Drawer, leads: tuple[float, ...]) -> Claim:
    """Draw ours and four others, by how much ours leads."""
    others = [method for method in figure3.METHODS if method != figure3.OURS]
    scores = {other: draw(-lead) for other, lead in zip(others, leads, strict=True)}
    return figure3.highest("dsprites", {**scores, figure3.OURS: draw()})


def near(draw: Drawer, nearer: float) -> Claim:
    """Draw ours with a median that is just near the best run of all, another method's; or NEARER than that."""
    if draw.kind == "normal":
        ours, median = draw.normal(0.45, 0.02), 0.45
    else:
        ours, median = draw.lower_and_upper(0.4), 0.4507
    best = median / figure3.NEAR - nearer
    scores = dict.fromkeys(figure3.METHODS, [best] * draw.count)
    return figure3.near("dsprites", {**scores, figure3.OURS: np.minimum(ours, best).tolist()})


def poor(draw: Drawer, share: float) -> Claim:
    """Draw runs of which a SHARE is at or below half of the median."""
    from scipy.special import ndtri

    if draw.kind == "normal":
        ours = draw.normal(0.3, -figure3.POOR * 0.3 / ndtri(share))
    else:
        is_poor = draw.generator.random(draw.count) < share
        ours = np.where(is_poor, draw.normal(0.12, 0.02), draw.normal(0.47, 0.02))
    return figure3.poor("dsprites", {figure3.OURS: ours.tolist()})


def below(draw: Drawer, lead: float) -> Claim:
    """Draw beta-VAE and FactorVAE."""
    return figure3.below("dsprites", {figure3.PLAIN: draw(lead), figure3.DENSE: draw()})


def related(draw: Drawer, correlation: float) -> Any:
    """Draw TC and MIG of each seed and beta, with such a rank CORRELATION over all. # (seeds, betas, 2)"""
    return at_each_beta(draw, linear(draw.kind, correlation))


def at_each_beta(draw: Drawer, r: float) -> Any:
    """Draw TC and MIG with Pearson's correlation R at each beta; from one beta to the next, TC falls and MIG rises."""
    betas = []
    for place in range(len(BETAS)):
        mig = draw.standardised()
        betas.append(np.stack([r * mig + (1 - r * r) ** 0.5 * draw.normal() - place / 2, mig + place / 2], axis=-1))
    return np.stack(betas, axis=1)


@functools.cache
def linear(kind: str, correlation: float) -> float:
    """Return Pearson's correlation at each beta that gives a rank CORRELATION over all."""

    def beyond(r: float) -> float:
        runs = at_each_beta(Drawer(np.random.default_rng(0), MANY, kind), r)
        return spearman(*runs.reshape(-1, 2).T) - correlation

    return solved(beyond, -1, 1)


def strong(draw: Drawer, correlation: float) -> Claim:
    """Draw ours."""
    return figure4.strong("dsprites", related(draw, correlation))


def weaker(draw: Drawer, correlations: tuple[float, float]) -> Claim:
    """Draw both methods."""
    return figure4.weaker("dsprites", *(related(draw, correlation) for correlation in correlations))


def above_under_each(draw: Drawer, leads: tuple[float, ...]) -> Claim:
    """Draw ours and another method under A to D, by how much ours leads."""
    other = Setting("beta-vae", 4)
    pairs = zip(figure5.DISTRIBUTIONS, leads, strict=True)
    scores = {kind: {figure5.OURS: draw(lead), other: draw()} for kind, lead in pairs}
    return figure5.above("faces", scores, other)


def lower(draw: Drawer, loss: float) -> Claim:
    """Draw ours under A to D, of which the last three are lower by LOSS."""
    scores = {kind: {figure5.OURS: draw(loss * (kind == "A"))} for kind in figure5.DISTRIBUTIONS}
    return figure5.lower("faces", scores, figure5.OURS)


EQUAL, ONE_EQUAL, FURTHER = (0.0,) * 4, (0.0, 3.0, 3.0, 3.0), (1.0,) * 4
FIGURES = (
    Case("figure1, figure6: a larger gap", gap),
    Case("figure2: higher at equal ELBO", above_at_equal_elbo),
    Case("figure2: beta-VAE falls at high beta", falls),
    Case("figure3: the highest median of five", highest, ONE_EQUAL, EQUAL, FURTHER),
    Case("figure3: near the best run", near, 0.0, 0.0, 0.05),
    Case("figure3: the lower half can be poor", poor, 0.1, 0.1, 0.3),
    Case("figure3: FactorVAE below beta-VAE", below),
    Case("figure4: a strong correlation", strong, -0.5, -0.5, -0.8),
    Case("figure4: weaker under beta-VAE", weaker, (-0.5, -0.5), (-0.5, -0.5), (-0.8, -0.3)),
    Case("figure5: above under each of A to D", above_under_each, ONE_EQUAL, EQUAL, FURTHER),
    Case("figure5: lower under bias", lower),
)
