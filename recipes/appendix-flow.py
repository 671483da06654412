"""Appendix: beta-TCVAE with a learned, factorial flow for a prior."""

from ablation import no_difference, quartiles, split
from pages import make_page

SENTENCE = "A factorial normalising flow for a prior, in place of N(0, I), makes no significant difference to MIG"

if __name__ == "__main__":
    make_page(
        "Appendix: flow prior",
        lambda results: [
            no_difference(SENTENCE, data_set, strata, ("flow", "normal"))
            for data_set, strata in split(results, "prior").items()
        ],
        lambda results: quartiles(results, "prior"),
    )
