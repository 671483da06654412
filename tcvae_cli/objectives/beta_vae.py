"""The beta-VAE, whose KL is multiplied by beta: Higgins et al. 2017."""

from tcvae_cli.objectives.elbo import TAKES, build, sentence, start, weighted_kl_step
from tcvae_cli.objectives.record import Objective

OBJECTIVE = Objective(
    name="beta-vae",
    takes=TAKES | {"beta"},
    build=build,
    start=start,
    step=weighted_kl_step,
    sentence=lambda settings: sentence(settings, f"{settings.beta:g} KL(q(z|n) || p(z))"),
)
