"""Appendix: beta-TCVAE trained with each estimator of the total correlation."""

from collections.abc import Sequence

from ablation import difference, no_difference, pairs_of, quartiles, split
from pages import Claim, make_page

from tcvae_cli.results.line import Line

SENTENCE = "Training with minibatch stratified sampling makes no significant difference to MIG against weighted"


def claims(results: Sequence[Line]) -> list[Claim]:
    """MSS against MWS, for each data set."""
    return [
        no_difference(SENTENCE, data_set, strata, ("mss", "mws"))
        for data_set, strata in split(results, "estimator").items()
    ]


def body(results: Sequence[Line]) -> str:
    """Quartiles, and what the paper does not compare."""
    exactly = [
        f"The exact mixture of all images, which the paper does not train with, on {data_set}: "
        f"{difference(pairs, ('exact', 'mws'))}."
        for data_set, strata in split(results, "estimator").items()
        if (pairs := pairs_of(strata, ("exact", "mws")))
    ]
    return "\n\n".join([quartiles(results, "estimator"), *exactly])


if __name__ == "__main__":
    make_page("Appendix: estimators", claims, body)
