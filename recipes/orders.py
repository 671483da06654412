"""Whether two noisy orders of the same models are one order, blurred by chance."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tcvae_cli.results import FISHER, Estimate, Verdict, decide_above, estimate

CLEARLY = 0.1  # of a rank correlation
AGREED = 0.01


def reordering(first: Any, second: Any) -> Estimate:
    """Return by how much two orders agree less than chance explains, beyond CLEARLY, on Fisher's scale of correlations.

    FIRST and SECOND (models, draws) are scores of the same models, drawn again and again. It is above 0 if the models
    are reordered.
    """
    draws = first.shape[1]

    def lost(groups: Sequence[Any]) -> float:
        both, alone = agreements(groups[0][:, :draws], groups[0][:, draws:])
        if not alone > CLEARLY:
            return math.nan  # nothing could be reordered
        return on_fishers_scale(alone - CLEARLY, len(groups[0])) - on_fishers_scale(both, len(groups[0]))

    return estimate(lost, [np.concatenate([first, second], axis=1)])


def decide_reordered(found: Estimate) -> Verdict:
    """Return whether models are reordered. That they are not takes more: P of at most AGREED.

    Of few models, the jackknife is too sure that two orders agree: with 5% in place of AGREED, up to 13% of 10 models
    whose orders differ by just CLEARLY would be called in one order (benchmarks/verdicts.py).
    """
    verdict = decide_above(found)
    return Verdict.TOO_FEW if verdict == Verdict.NOT_HELD and found.below > AGREED else verdict


def agreements(first: Any, second: Any) -> tuple[float, float]:
    """Return the rank correlation between both orders, mean over draws, and what it would be if they were one.

    Two scores of what is one thing correlate as far as each agrees with itself, from one draw to another: by the
    geometric mean of those two correlations (Spearman 1904). NaN of one model, and of one draw.
    """
    from scipy.stats import rankdata

    if len(first) < 2:
        return math.nan, math.nan
    draws = first.shape[1]
    with np.errstate(invalid="ignore"):  # of scores that are all the same
        r = np.corrcoef(rankdata(np.concatenate([first, second], axis=1), axis=0), rowvar=False)
    alone = [mean_beside_diagonal(own) for own in (r[:draws, :draws], r[draws:, draws:])]
    return float(r[:draws, draws:].mean()), math.sqrt(np.maximum(alone, 0).prod())


def mean_beside_diagonal(square: Any) -> float:
    """Return the mean of the numbers above the diagonal."""
    return float(square[np.triu_indices(len(square), 1)].mean()) if len(square) > 1 else math.nan


def on_fishers_scale(r: float, models: int) -> float:
    """Return a rank correlation of so many models on Fisher's scale, 1 as if it were half a step below."""
    most = 1 - 6 / (models**3 - models)
    return FISHER.there(max(-most, min(most, r)))
