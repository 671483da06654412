"""Appendix: beta-TCVAE without the penalty of the index-code mutual information."""

from ablation import body, no_difference, split
from answers import AT_EACH_BETA
from captions import CURVES
from pages import make_page
from saying import Saying

from tcvae_cli.results import Claim, Table

SAYING = Saying(
    "Dropping the index-code MI from the objective (alpha 0 for 1) makes no significant difference to MIG on average "
    "over beta",
    "No significant difference at any beta, on dSprites (appendix E; a plot, no number).",
    AT_EACH_BETA,
)
VALUES = ("0", "1")


def claims(results: Table) -> list[Claim]:
    """Return alpha 0 against 1, for each data set."""
    return [no_difference(SAYING, *found, VALUES) for found in split(results, "alpha").items()]


if __name__ == "__main__":
    make_page("Appendix: alpha", lambda results: body(results, "alpha", VALUES), claims, caption=CURVES)
