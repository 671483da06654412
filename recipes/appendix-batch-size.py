"""Appendix: beta-TCVAE against batch size."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from ablation import Strata, quartiles, split
from pages import FEW, TOO_FEW, Claim, make_page, number_and_interval, surely

from tcvae_cli.results.line import Line
from tcvae_cli.results.statistics import bootstrap, spearman


def claims(results: Sequence[Line]) -> list[Claim]:
    """Whether MIG rises with batch size, for each data set."""
    return [rises(data_set, strata) for data_set, strata in split(results, "batch_size").items()]


def rises(data_set: str, strata: Strata) -> Claim:
    """Whether the rank correlation of batch size and MIG is surely above 0. Runs are resampled within their size."""
    by_size = {float(size): migs for by_value in strata.values() for size, migs in by_value.items()}
    counts = [len(migs) for migs in by_size.values()] if len(by_size) > 1 else []

    def rank(groups: Sequence[Any]) -> float:
        sizes = np.repeat(list(by_size), [len(group) for group in groups])
        return spearman(sizes, np.concatenate(groups))

    sentence = (
        "Larger minibatches, which tell more of q(z), give beta-TCVAE a higher MIG (our reading of the paper's curve), "
        f"on {data_set}."
    )
    if not counts:
        return Claim(sentence, FEW, TOO_FEW)
    found = rank(list(by_size.values()))
    low, high = bootstrap(rank, list(by_size.values()))
    return Claim(
        sentence,
        f"the rank correlation of the two over {sum(counts)} runs is {number_and_interval(found, low, high)}.",
        surely(low, high, counts),
    )


if __name__ == "__main__":
    make_page("Appendix: batch size", claims, lambda results: quartiles(results, "batch_size"))
