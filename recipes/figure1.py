"""Figure 1: CelebA, walks of a beta-TCVAE's latents and of the beta-VAE's that match them."""

from pages import make_page
from saying import Saying
from strips import body, gap_claim

from tcvae_cli.results import Claim, Table

ATTRIBUTES = ("Bald", "Chubby", "Male", "Mustache")

OWN_LATENTS = Saying(
    "One latent alone tells more of baldness, face width, gender and moustache under beta-TCVAE than under beta-VAE "
    "(by their mean gap)",
    "On CelebA, such latents of beta-TCVAE beside beta-VAE's that match them (pictures, judged by eye).",
)
SAYINGS = (OWN_LATENTS,)


def claims(results: Table) -> list[Claim]:
    """Return the figure's claim, as far as attributes can test it."""
    return [gap_claim(OWN_LATENTS, results.lines, ATTRIBUTES)]


NOTE = (
    "The latents of beta-TCVAE that tell most of these attributes, walked from -6 to 6, and below each the matching "
    "latent of beta-VAE. The paper shows one half of the range for face width (0 to 6) and moustache (-6 to 0); which "
    "half that is depends on a latent's sign, which is arbitrary, so all of it is shown. Chubby stands for face width."
)

if __name__ == "__main__":
    make_page("Figure 1: latents of CelebA", lambda results: body(results.lines, NOTE), claims)
