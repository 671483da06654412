"""Appendix: beta-TCVAE trained with each estimator of the total correlation."""

from ablation import compare, no_difference, quartiles, split
from markdown_page import literal
from pages import make_page
from saying import Saying

from tcvae_cli.results import Claim, Table

SAYING = Saying(
    "Training with minibatch stratified sampling, in place of weighted, makes no significant difference to MIG",
    "A plot of both on dSprites, no number; that they do not differ is how we read it.",
)


def claims(results: Table) -> list[Claim]:
    """Return MSS against MWS, for each data set."""
    return [no_difference(SAYING, *found, ("mss", "mws")) for found in split(results, "estimator").items()]


def body(results: Table) -> str:
    """Return quartiles, and what the paper does not compare."""
    exactly = [
        "The exact mixture of all images, which the paper does not train with, on "
        f"{literal(f'{data_set}: {found.words()}.')}"
        for data_set, strata in split(results, "estimator").items()
        if (found := compare(strata, "exact", "mws")).pairs
    ]
    return "\n\n".join([quartiles(results, "estimator"), *exactly])


if __name__ == "__main__":
    make_page("Appendix: estimators", body, claims)
