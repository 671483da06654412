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
    """What an objective is called where people read it, and where its record is.

    A beta of `plain_beta` goes without saying. The record stands in the module `module`, by default in the file of this
    package that is named like the objective, with underscores.
    """

    title: str
    plain_beta: float | None = None
    module: str | None = None


OBJECTIVES = {  # by the name that is typed and stored, in the order in which figures draw them
    "vae": Name("VAE", plain_beta=1),
    "beta-vae": Name("beta-VAE"),
    "infogan": Name("InfoGAN", plain_beta=1),
    "factorvae": Name("FactorVAE"),
    "beta-tcvae": Name("beta-TCVAE"),
}
DEFAULT_OBJECTIVE = "beta-tcvae"


def load_objective(name: str) -> "Objective":
    """Return the record `OBJECTIVE` of the module of an objective."""
    module = importlib.import_module(OBJECTIVES[name].module or f"{__name__}.{name.replace('-', '_')}")
    record: Objective = module.OBJECTIVE
    return record
