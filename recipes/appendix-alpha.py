"""Appendix: beta-TCVAE without the penalty of the index-code mutual information."""

from ablation import no_difference, quartiles, split
from pages import make_page

SENTENCE = "Dropping the index-code MI from the objective (alpha 0 for 1) makes no significant difference to MIG"

if __name__ == "__main__":
    make_page(
        "Appendix: alpha",
        lambda results: [
            no_difference(SENTENCE, data_set, strata, ("0", "1"))
            for data_set, strata in split(results, "alpha").items()
        ],
        lambda results: quartiles(results, "alpha"),
    )
