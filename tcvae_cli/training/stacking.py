"""Which runs can be trained side by side as one program, and how many of them the memory holds."""

import math
from dataclasses import fields

import torch
from torch import nn

from tcvae_cli.errors import TcvaeError
from tcvae_cli.machine import free_memory
from tcvae_cli.models.discriminator import Discriminator
from tcvae_cli.objectives.settings import (
    ArchitectureName,
    EstimatorName,
    LikelihoodName,
    PriorName,
    Settings,
    Weights,
)
from tcvae_cli.objectives.state import InputShape
from tcvae_cli.training.state import build_model

TOGETHER = ("vae", "beta-vae", "beta-tcvae")  # objectives whose runs go with one another's
STACKED = (*TOGETHER, "factorvae", "annealed-vae", "dip-vae-i", "dip-vae-ii")
OF_EACH = {"objective", "estimator", "seed", *Weights._fields, "beta_anneal", "lambda_anneal"}  # what may differ
ALIKE = [field.name for field in fields(Settings) if field.name not in OF_EACH]


def stack_key(settings: Settings, step: int = 0) -> tuple[object, ...] | None:
    """Return what runs must share, beside their data set, to be trained as one from STEP on; None for one that cannot.

    Seeds, weights of the terms and their annealing are each run's own.
    """
    if (
        settings.objective not in STACKED
        or settings.architecture != ArchitectureName.MLP
        or settings.prior == PriorName.FLOW
        or settings.likelihood != LikelihoodName.BERNOULLI
        or settings.estimator == EstimatorName.EXACT
        or settings.shuffle_rows is not None
    ):
        return None
    estimator = settings.estimator or EstimatorName.MWS  # an objective without one goes with any
    objective = TOGETHER if settings.objective in TOGETHER else settings.objective
    return (objective, estimator, *(getattr(settings, name) for name in ALIKE), step)


SHARE = 0.85  # of the free memory: what lies between blocks is not counted
WEIGHT_BYTES = 32  # a weight, its moments, gradient and bfloat16 copy, and all that as it was before a graph's warm-up
OUTPUT_BYTES = 16  # an output of a layer, before and after its function, with their gradients
PIXEL_BYTES = 16  # a pixel of the images as it is unpacked, and in the type of the products
PAIR_BYTES = 4  # the weight of a component for a sample in log q(z)


def most_members(settings: Settings, input_shape: InputShape, device: torch.device) -> int:
    """Return how many runs of such settings the free memory of DEVICE holds side by side, its images already there.

    TcvaeError if it is too small for one.
    """
    with torch.device("meta"):
        networks: list[nn.Module] = [build_model(settings, input_shape)]
        networks += [Discriminator(settings.latents)] if settings.objective == "factorvae" else []
    weights = sum(weight.numel() for network in networks for weight in network.parameters())
    layers = [layer for network in networks for layer in network.modules() if isinstance(layer, nn.Linear)]
    row = OUTPUT_BYTES * sum(layer.out_features for layer in layers) + PIXEL_BYTES * math.prod(input_shape)
    rows = settings.batch_size
    needed = WEIGHT_BYTES * weights + row * rows + PAIR_BYTES * rows * rows
    free = int(SHARE * free_on(device))
    if needed > free:
        fault = f"one run needs about {needed / 1e9:,.1f} GB beside its images, and {free / 1e9:,.1f} GB are free"
        raise TcvaeError(str(device), fault, "use a smaller {batch_size}, or end what else uses the memory")
    return free // needed


def free_on(device: torch.device) -> int:
    """Return the bytes that are free on a device, those included that torch has taken and does not use."""
    if device.type != "cuda":
        return free_memory()
    return torch.cuda.mem_get_info(device)[0] + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
