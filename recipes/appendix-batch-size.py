"""Appendix: beta-TCVAE against batch size."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from ablation import Strata, quartiles, split
from answers import by
from captions import CURVES
from pages import make_page
from saying import Saying

from tcvae_cli.results import Claim, Estimate, Table, estimate

SAYING = Saying(
    "Larger minibatches, which tell more of q(z), give beta-TCVAE a higher MIG",
    "A plot of MIG against batch size on dSprites, no number; that it rises is how we read it.",
)


def claims(results: Table) -> list[Claim]:
    """Return that MIG rises with batch size, for each data set."""
    return [rises(data_set, strata) for data_set, strata in split(results, "batch_size").items()]


def rises(data_set: str, strata: Strata) -> Claim:
    """Test whether MIG rises with batch size."""
    curves = [by_size for by_size in strata.values() if len(by_size) > 1]
    if not curves:
        return SAYING.untested(data_set, "fewer than two batch sizes were run.")
    found = slope(curves)
    told = f"at twice the batch size, the mean MIG is {by(found, 'higher', 'lower', str)}, on a line through all sizes."
    size = f"{by(found, 'higher', 'lower')} at twice the size"
    return SAYING.decided_by(found, data_set, told, size)


def slope(curves: Sequence[Mapping[str, list[float]]]) -> Estimate:
    """Return the slope of mean MIG over log2 of the batch size, by least squares, as the mean over the curves.

    Each size counts as much as another, however many runs it has: the slope is a contrast of means.
    """
    sizes = [np.log2(list(map(float, by_size))) for by_size in curves]
    weights = [(own - own.mean()) / ((own - own.mean()) ** 2).sum() / len(curves) for own in sizes]
    contrast = np.concatenate(weights)

    def of_means(groups: Sequence[Any]) -> float:
        return float(contrast @ [group.mean() for group in groups])

    return estimate(of_means, [migs for by_size in curves for migs in by_size.values()])


def body(results: Table) -> str:
    """Return quartiles, and what batch size changes besides."""
    return (
        f"{quartiles(results, 'batch_size')}\n\nWith as many steps, a larger batch sees more images in all; with as "
        "many images, it takes fewer steps. Either may change MIG whatever a minibatch tells of q(z)."
    )


if __name__ == "__main__":
    make_page("Appendix: batch size", body, claims, caption=CURVES)
