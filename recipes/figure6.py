"""Figure 6: chairs, walks of a beta-TCVAE's latents and of the beta-VAE's that match them."""

from pages import make_page
from strips import body, gap_claim

from tcvae_cli.results import Claim, Table


def claims(results: Table) -> list[Claim]:
    """Return the figure's claim, as far as labels can test it."""
    sentence = (
        "On chairs, beta-TCVAE finds azimuth, size, leg style, backrest, material and the rotation of swivel legs, "
        "each in a latent that beta-VAE has not as clearly. Only azimuth has a label, and only there it is tested."
    )
    return [gap_claim(sentence, results.lines, ("azimuth",))]


NOTE = (
    "The latents of beta-TCVAE, the most informative first, walked from -2 to 2, and below each the matching latent of "
    "beta-VAE."
)

if __name__ == "__main__":
    make_page("Figure 6: latents of chairs", lambda results: body(results.lines, NOTE), claims)
