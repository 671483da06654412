"""What a training can maximise. An objective is one file here, and one line of OBJECTIVES.

This module is light, for all who only need an objective's name or title; its record loads torch when it is asked for.
"""

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcvae_cli.objectives.record import Objective


@dataclass(frozen=True)
class Name:
    """What an objective is called where people read it, what help says of it, and where its record is.

    The record stands in the module `module`, by default in the file of this package that is named like the objective,
    with underscores.
    """

    title: str
    beta: float = 1.0  # unless another is asked for
    of_beta: str = ""  # what beta is the weight of; "" for an objective that does not take one
    other_weights: tuple[str, ...] = ()  # which of alpha and gamma it takes
    plain_beta: float | None = None  # which goes without saying
    latents: int | None = None  # unless other are asked for; None for as many as most objectives have
    module: str | None = None

    def takes(self, setting: str) -> bool:
        """Tell whether a setting means something to it, as far as that is known here: of the weights."""
        if setting == "beta":
            return bool(self.of_beta)
        return setting in self.other_weights or setting not in ("alpha", "gamma")


OBJECTIVES = {  # by the name that is typed and stored, in the order in which figures draw them
    "vae": Name("VAE", plain_beta=1),
    "beta-vae": Name("beta-VAE", beta=4, of_beta="the KL"),
    "infogan": Name("InfoGAN", of_beta="the codes' log-likelihood", plain_beta=1, latents=5),
    "factorvae": Name("FactorVAE", beta=35, of_beta="the discriminator's total correlation beside the KL"),
    "beta-tcvae": Name("beta-TCVAE", beta=6, of_beta="the total correlation", other_weights=("alpha", "gamma")),
    "annealed-vae": Name("AnnealedVAE", beta=1000, of_beta="|KL - C|", plain_beta=1000),
    "dip-vae-i": Name("DIP-VAE-I", plain_beta=1),
    "dip-vae-ii": Name("DIP-VAE-II", plain_beta=1),
}
DEFAULT_OBJECTIVE = "beta-tcvae"


def load_objective(name: str) -> "Objective":
    """Return the record `OBJECTIVE` of the module of an objective."""
    module = importlib.import_module(OBJECTIVES[name].module or f"{__name__}.{name.replace('-', '_')}")
    record: Objective = module.OBJECTIVE
    return record
