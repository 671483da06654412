"""Appendix: beta-TCVAE against batch size."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from ablation import Strata, quartiles, split
from pages import FEW, make_page

from tcvae_cli.results import Claim, Table, Verdict, estimate, spearman, surely_above


def claims(results: Table) -> list[Claim]:
    """Return that MIG rises with batch size, for each data set."""
    return [rises(data_set, strata) for data_set, strata in split(results, "batch_size").items()]


def rises(data_set: str, strata: Strata) -> Claim:
    """Test whether the rank correlation of batch size and MIG is above 0. Runs are resampled within their size."""
    by_size = {float(size): migs for by_value in strata.values() for size, migs in by_value.items()}
    sentence = (
        "Larger minibatches, which tell more of q(z), give beta-TCVAE a higher MIG (our reading of the paper's curve), "
        f"on {data_set}."
    )
    if len(by_size) < 2:
        return Claim(sentence, FEW, Verdict.TOO_FEW, data_set)

    def rank(groups: Sequence[Any]) -> float:
        sizes = np.repeat(list(by_size), [len(group) for group in groups])
        return spearman(sizes, np.concatenate(groups))

    found = estimate(rank, list(by_size.values()))
    return Claim(
        sentence,
        f"the rank correlation of the two over {sum(found.runs)} runs is {found}.",
        surely_above(found),
        data_set,
        estimate=found,
    )


if __name__ == "__main__":
    make_page("Appendix: batch size", lambda results: quartiles(results, "batch_size"), claims)
