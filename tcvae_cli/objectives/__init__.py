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
    """What an objective is called where people read it, and the beta that it need not be given beside, if any."""

    title: str
    plain_beta: float | None = None


OBJECTIVES = {  # by the name that is typed and stored, in the order in which figures draw them
    "vae": Name("VAE", plain_beta=1),
    "beta-vae": Name("beta-VAE"),
    "infogan": Name("InfoGAN", plain_beta=1),
    "factorvae": Name("FactorVAE"),
    "beta-tcvae": Name("beta-TCVAE"),
}


def load_objective(name: str) -> "Objective":
    """Return the record OBJECTIVE of the file that is named like the objective, with underscores."""
    module = importlib.import_module(f"tcvae_cli.objectives.{name.replace('-', '_')}")
    record: Objective = module.OBJECTIVE
    return record
