"""Results and logs that lie beside a run, as its page shows them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tcvae_cli.errors import TcvaeError
from tcvae_cli.figures.plots.information import shares_of
from tcvae_cli.results.line import Line
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.rank_beside import Beside

NUMBERS = {  # that a page needs of each kind
    "mig": ("mig",),
    "estimate-tc": ("index_code_mi", "total_correlation", "dimension_wise_kl", "analytic_kl", "rows"),
}
OPTIONAL = ("mig_sup", "rmig", "jemmig", "log_likelihood", "elbo")


@dataclass(frozen=True)
class Known:
    """The lines of `mig` and `estimate-tc` on all images of a run, as far as they are known."""

    gap: Mapping[str, Any] | None = None
    terms: Mapping[str, Any] | None = None


def known_beside(run: Run) -> Known:
    """Return the exact results of a run that lie in its folder as mig.json and estimate-tc.json."""
    if run.stored.path in ("-", ""):
        return Known()
    beside, latents = Beside(os.path.dirname(run.stored.path), run.header), run.settings.latents
    gap = beside.line("mig") if beside.mig() is not None else None
    terms = beside.line("estimate-tc") if beside.terms() is not None else None
    return Known(
        gap if gap is not None and is_gap(gap, latents) else None,
        terms if terms is not None and has_numbers(terms) and len(terms["kl_per_latent"]) == latents else None,
    )


def has_numbers(line: Line) -> bool:
    """Tell whether a line has all numbers that a page needs of its kind."""
    try:
        for name in NUMBERS[line["kind"]]:
            line.number(name)
        for name in OPTIONAL:
            line.number_or_none(name)
    except TcvaeError:
        return False
    return True


def is_gap(line: Line, latents: int) -> bool:
    """Tell whether the line of a `mig` holds what a page shows: numbers, the gap and the information of each factor."""
    try:
        shares, gaps = np.array(shares_of(line)), np.array(line["gap_per_factor"], float)
    except (TcvaeError, TypeError, ValueError):
        return False
    named = all(isinstance(name, str) for name in line["factors"])
    right = shares.shape == (len(line["factors"]), latents) and gaps.shape == shares.shape[:1]
    return has_numbers(line) and named and right and bool(np.isfinite(shares).all() and np.isfinite(gaps).all())
