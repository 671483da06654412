"""Appendix: samples, reconstructions and walks of all latents."""

from markdown_page import table
from pages import make_page
from strips import run_name, telling_latents

from tcvae_cli.results import Table

ATTRIBUTES = 15  # that the paper shows of CelebA


def body(results: Table) -> str:
    """Return what the runs in the picture are, in numbers."""
    active = {str(one["settings"]): len(one["active_latents"]) for one in results.lines if one["kind"] == "mig"}
    rows = [
        (run_name(one), one.number("elbo"), one.number("analytic_kl"), active.get(str(one["settings"]), ""))
        for one in results.lines
        if one["kind"] == "estimate-tc"
    ]
    runs = table(("run", "ELBO, nats", "KL, nats", "active latents"), rows)
    return (
        "The paper shows these pictures and claims nothing of them that a number could test. Beside the walks of all "
        f"latents, from -2 to 2 with the others at the prior mean, stand the runs' own numbers:\n\n{runs}\n\n"
        f"The factors that a latent tells most of ({ATTRIBUTES} at most, as many as the paper shows of CelebA's "
        f"attributes):\n\n{telling_latents(results.lines, ATTRIBUTES)}\n\n"
        "Where many latents are active, few images have a code near the prior mean, through which all walks pass: d "
        "standard normal numbers have a norm of about the root of d. What a decoder of few steps draws there need not "
        "look like an image, though its samples do."
    )


if __name__ == "__main__":
    make_page("Appendix: samples, reconstructions, traversals", body)
