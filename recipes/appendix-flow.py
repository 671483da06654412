"""Appendix: beta-TCVAE with a learned, factorial flow for a prior."""

from ablation import body, no_difference, split
from answers import AT_EACH_BETA
from captions import CURVES
from pages import make_page
from saying import Saying

from tcvae_cli.results import Claim, Table

SAYING = Saying(
    "A factorial normalising flow for a prior, in place of N(0, I), makes no significant difference to MIG on average "
    "over beta",
    "No significant difference at any beta, on dSprites (a plot, no number).",
    AT_EACH_BETA,
)
VALUES = ("flow", "normal")


def claims(results: Table) -> list[Claim]:
    """Return the flow against the normal prior, for each data set."""
    return [no_difference(SAYING, *found, VALUES) for found in split(results, "prior").items()]


if __name__ == "__main__":
    make_page("Appendix: flow prior", lambda results: body(results, "prior", VALUES), claims, caption=CURVES)
