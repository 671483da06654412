"""Appendix: beta-TCVAE trained with each estimator of the total correlation."""

from collections.abc import Sequence

from ablation import no_difference, quartiles, split
from pages import Claim, make_page

from tcvae_cli.files.results import Result

SENTENCES = {
    "mss": "Training with minibatch stratified sampling makes no significant difference to MIG against weighted",
    "exact": "Nor does the exact mixture of all images (which the paper does not compare)",
}


def claims(results: Sequence[Result]) -> list[Claim]:
    """Each other estimator that was run against MWS, for each data set."""
    return [
        no_difference(sentence, data_set, strata, (estimator, "mws"))
        for data_set, strata in split(results, "estimator").items()
        for estimator, sentence in SENTENCES.items()
        if estimator == "mss" or any(estimator in by_value for by_value in strata.values())
    ]


if __name__ == "__main__":
    make_page("Appendix: estimators", claims, lambda results: quartiles(results, "estimator"))
