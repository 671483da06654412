"""The VAE: Kingma & Welling 2014."""

from tcvae_cli.objectives.elbo import TAKES, build, sentence, start, weighted_kl_step
from tcvae_cli.objectives.record import Objective

OBJECTIVE = Objective(
    name="vae",
    takes=TAKES,
    build=build,
    start=start,
    step=weighted_kl_step,
    sentence=lambda settings: sentence(settings, "KL(q(z|n) || p(z))"),
)
