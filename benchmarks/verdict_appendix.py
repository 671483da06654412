"""The claims of the appendices, each with runs drawn from a known world."""

import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from verdict_runs import MANY, SPREAD, Case, Drawer, recipe, solved

from tcvae_cli.results import Claim, Line, spearman

SAYING = recipe("saying").Saying("It makes no difference", "")
ablation, batch_size = recipe("ablation"), recipe("appendix-batch-size")
estimators = recipe("appendix-estimators")
metric_l, mig_samples = recipe("appendix-metric-L"), recipe("appendix-mig-samples")
MARGIN = ablation.MARGIN
NOISE = {100: 0.02, 1_000: 0.006, 10_000: 0.002}  # standard error of a MIG from so many samples
BIASED = 1_000  # samples


def ablation_at(betas: int) -> Callable[[Drawer, float], Claim]:
    """Return the function for an ablation at so many betas, where a setting adds a DIFFERENCE to MIG."""

    def judge(draw: Drawer, difference: float) -> Claim:
        strata = {beta: {"0": draw(difference / SPREAD[draw.kind]), "1": draw()} for beta in range(betas)}
        return ablation.no_difference(SAYING, "dsprites", strata, ("0", "1"))

    return judge


def at_equal_kl(draw: Drawer, difference: float) -> Claim:
    """Draw two estimators whose curves of MIG over KL are straight and a DIFFERENCE in MIG apart; their KLs differ."""

    def curve(difference: float, further: float) -> Any:
        betas = []
        for beta in (2, 4, 8):
            kl = 9.0 - 0.4 * beta + further
            lead = difference / SPREAD[draw.kind] + (kl - 8) / 5
            betas.append(np.stack([kl + draw.normal(0, 0.3), draw.array(lead)], axis=-1))
        return np.stack(betas, axis=1)  # (seeds, betas, 2)

    return estimators.no_difference_at_equal("analytic_kl", "dsprites", curve(difference, 0.4), curve(0, 0))


def rises(draw: Drawer, rise: float) -> Claim:
    """Draw three batch sizes, MIG rising from each to the next."""
    return batch_size.rises("dsprites", {6.0: {"128": draw(), "512": draw(rise), "2048": draw(2 * rise)}})


def raised(draw: Drawer, rise: float) -> Claim:
    """Draw the same models' scores at two L, twice each: the second L adds RISE times the noise of one score."""
    models = draw.standardised()
    scores = {
        votes: {seed: dict(enumerate((models + 0.5 * draw.standardised(own)).tolist())) for seed in range(2)}
        for votes, own in ((5, 0.0), (500, rise))
    }
    return metric_l.raised("Higgins", metric_l.ends_of(scores))


def reordered(draw: Drawer, further: float) -> Claim:
    """Draw the same models' scores at two L, twice each, where their orders just clearly differ, or FURTHER."""
    return metric_l.reordered("Higgins", metric_l.Ends(5, 500, *scores_at_two(draw, just_clear(draw.kind) + further)))


def scores_at_two(draw: Drawer, own: float) -> list[Any]:
    """Draw scores at two L, of whose variance without noise a share OWN is of one L only. # (models, draws) each"""
    models = draw.standardised()
    sides = [(1 - own) ** 0.5 * models + own**0.5 * draw.standardised() for _ in range(2)]
    return [np.stack([side + 0.4 * draw.normal() for _ in range(2)], axis=1) for side in sides]


@functools.cache
def just_clear(kind: str) -> float:
    """Return the share of variance by which orders at two L agree less than at one, by what is called clear."""

    def beyond(own: float) -> float:
        first, second = scores_at_two(Drawer(np.random.default_rng(0), MANY, kind), own)
        alone, both = spearman(*first.T), spearman(first[:, 0], second[:, 0])
        return alone - both - metric_l.CLEARLY

    return solved(beyond, 0, 1)


def samples(draw: Drawer, bias: float) -> Claim:
    """Draw estimates of one MIG at three S, those of one S too high by BIAS.

    They differ by the samples only, of which each is an average: by normal noise, whatever the kind of runs.
    """
    about = {"kind": "mig", "data_set": "dsprites", "marginal_entropy": [1.0], "conditional_entropy": [[0.5]]}
    lines = [Line({**about, "samples": None, "mig": 0.3}, "")]
    for count, noise in NOISE.items():
        migs = (0.3 + bias * (count == BIASED) + noise * draw.normal()).tolist()
        lines += [Line({**about, "samples": count, "mig": mig, "standard_error": noise}, "") for mig in migs]
    (claim,) = mig_samples.claims(SimpleNamespace(lines=lines))
    return claim


APPENDICES = (
    Case("appendix-flow: no difference, at two betas", ablation_at(2), MARGIN, 0.0, 0.0),
    Case("appendix-alpha, appendix-estimators: no difference, at three betas", ablation_at(3), MARGIN, 0.0, 0.0),
    Case("appendix-estimators: no difference at equal KL or ELBO", at_equal_kl, MARGIN, 0.0, 0.0),
    Case("appendix-batch-size: MIG rises", rises, 0.0, 0.0, 0.5),
    Case("appendix-metric-L: a larger L raises the score", raised),
    Case("appendix-metric-L: a larger L reorders the models", reordered, 0.0, 0.0, 0.5),
    Case("appendix-mig-samples: near the exact value", samples, mig_samples.MARGIN, mig_samples.MARGIN, 0.0),
)
