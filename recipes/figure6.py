"""Figure 6: chairs, walks of a beta-TCVAE's latents and of the beta-VAE's that match them."""

from pages import make_page
from saying import Saying
from strips import body, gap_claim

from tcvae_cli.results import Claim, Table

OWN_LATENT = Saying(
    "One latent alone tells more of azimuth, which alone has a label, under beta-TCVAE than under beta-VAE (by its "
    "gap)",
    "On chairs, beta-TCVAE has latents for azimuth, size, leg style, backrest, material and the rotation of swivel "
    "legs, some of which beta-VAE lacks (pictures, judged by eye).",
)
SAYINGS = (OWN_LATENT,)


def claims(results: Table) -> list[Claim]:
    """Return the figure's claim, as far as labels can test it."""
    return [gap_claim(OWN_LATENT, results.lines, ("azimuth",))]


NOTE = (
    "The latents of beta-TCVAE, the most informative first, walked from -2 to 2, and below each the matching latent of "
    "beta-VAE."
)

if __name__ == "__main__":
    make_page("Figure 6: latents of chairs", lambda results: body(results.lines, NOTE), claims)
