"""DIP-VAE-II, which decorrelates the latents themselves: Kumar et al. 2018, arXiv 1711.00848.

Its eq. 7 is that of DIP-VAE-I but for C = Cov[z] = Cov[mu(x)] + E[diag sigma(x)^2], the covariance of q(z).
"""

import torch
from torch import Tensor

from tcvae_cli.objectives import elbo
from tcvae_cli.objectives.dip_vae_i import LAMBDA_OD, TAKES, covariance_of_means, sentence_on, step_on, tied
from tcvae_cli.objectives.record import Objective

FACTOR = 1.0  # lambda_d is so many times lambda_od: Kumar et al. 2018


def covariance_of_latents(drawn: elbo.Draw) -> Tensor:
    """Return Cov[z] over the batch, of posteriors of any family, as log_std is ln of its sd: (..., latent, latent)."""
    return covariance_of_means(drawn) + torch.diag_embed((2 * drawn.log_std).exp().mean(-2))


OBJECTIVE = Objective(
    name="dip-vae-ii",
    takes=TAKES,
    own_defaults={"lambda_od": LAMBDA_OD, "lambda_d": FACTOR * LAMBDA_OD},
    following=tied(FACTOR),
    build=elbo.build,
    start=elbo.start,
    step=step_on(covariance_of_latents),
    sentence=sentence_on("Cov[mu] + E[diag sigma^2]"),
)
