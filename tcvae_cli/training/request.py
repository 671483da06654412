"""What was asked of a training, made into its settings. What objective or data set do not admit is refused."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.files.runs import StoredRun
from tcvae_cli.machine import choose_precision, memory_budget, total_memory
from tcvae_cli.models.networks import wrong_side
from tcvae_cli.objectives import DEFAULT_OBJECTIVE, OBJECTIVES, load_objective
from tcvae_cli.objectives.record import Objective
from tcvae_cli.objectives.settings import ArchitectureName, EstimatorName, Settings
from tcvae_cli.training.checkpoint import run_settings
from tcvae_cli.training.images import BLOCK_BYTES, rows_shuffled_together
from tcvae_cli.training.sampler import steps_per_epoch

Asked = Mapping[str, Any]  # settings by name, and `epochs`: those that were given, and no others
DEFAULT_EPOCHS = 50
OF_EVERY_OBJECTIVE = frozenset(
    {"objective", "architecture", "latents", "batch_size", "learning_rate", "epochs", "steps", "seed", "precision"}
)
# Of an encoder's activations and their gradients, by its layers' widths.
BYTES_PER_PIXEL = {"mlp": 15, "conv": 250, "burgess": 180, "locatello": 180}
KIND_OF_NETWORK = {"mlp": "made of perceptrons", "conv": "convolutional"}


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked for: settings, memory for images, such as "4G" or in bytes, and a checkpoint to go on from."""

    asked: Asked
    device: torch.device
    memory: str | int | None = None
    stored: StoredRun | None = None
    block_bytes: int = BLOCK_BYTES  # read at once of images that stay on disk
    counted: bool = False  # on the CPU, steps are taken and noise is drawn as on CUDA


def settings_for(data: DataSet, request: Request) -> Settings:
    """Return the settings to train with on a data set, or to go on with from a checkpoint.

    ArgumentError for what the objective or the data set does not admit, and for what contradicts the checkpoint.
    """
    stored = request.stored
    before = None if stored is None else run_settings(stored)
    shuffle_rows = rows_shuffled_together(data, memory_budget(request.memory), request.block_bytes)
    precision = choose_precision(request.asked.get("precision", "auto"), request.device)
    asked = {**request.asked, "precision": precision}
    objective = load_objective(asked.get("objective", DEFAULT_OBJECTIVE if before is None else before.objective))
    check_taken(objective, asked)
    if data.description.rows < 2:
        raise TcvaeError(data.path, "holds a single image", "train on two or more")
    fixed = None if before is None else before.batch_size
    settings = new_settings(objective, data, {**asked, "shuffle_rows": shuffle_rows}, fixed)
    check_admitted(settings, data)
    if stored is None or before is None:
        return settings
    if stored.header.data.digest != data.digest:
        fault = f"is not the data set that {stored.path} was trained on"
        raise TcvaeError(data.path, fault, "name that one with {data}")
    found, wanted = settings.header(), before.header()
    for name in wanted:
        if name in request.asked and name != "steps" and found[name] != wanted[name]:
            fault = f"is {found[name]}, but {stored.path} was made with {wanted[name]}"
            raise ArgumentError(name, fault, "leave it out")
    longer = "steps" in asked or "epochs" in asked
    return Settings(**{**wanted, "steps": settings.steps if longer else before.steps})


def check_taken(objective: Objective, asked: Asked) -> None:
    """Refuse a setting that the objective does not use, but for the value that it has there anyway."""
    for name in asked.keys() - OF_EVERY_OBJECTIVE - objective.takes:
        if name in objective.defaults and asked[name] == objective.defaults[name]:
            continue
        takers = [other for other in OBJECTIVES if name in load_objective(other).takes]
        cure = f"leave it out or use {' or '.join(takers)}" if len(takers) <= 2 else "leave it out"
        if name in objective.in_paper:
            cure = f"what its paper calls {name} is {{{objective.in_paper[name]}}} here"
        raise ArgumentError(name, f"is not used by {objective.name}", cure)
    wanted = asked.get("architecture", ArchitectureName.AUTO)
    if wanted not in (ArchitectureName.AUTO, *objective.architectures):
        kind = KIND_OF_NETWORK[objective.architectures[0]]
        raise ArgumentError("architecture", f"{objective.name} is {kind}", "leave it out")


def new_settings(objective: Objective, data: DataSet, asked: Asked, batch_size: int | None) -> Settings:
    """Return the settings ASKED for on a data set, its defaults for the others; BATCH_SIZE is that of a checkpoint."""
    given = {name: value for name, value in asked.items() if name != "epochs"}
    given["architecture"] = architecture_for(objective, asked.get("architecture", ArchitectureName.AUTO), data)
    given["batch_size"] = min(asked.get("batch_size", Settings.batch_size), data.description.rows)
    if "prior" not in given and "posterior" in given:
        given["prior"] = given["posterior"]
    if "steps" not in given:
        per_epoch = steps_per_epoch(data.description.rows, batch_size or given["batch_size"])
        given["steps"] = asked.get("epochs", DEFAULT_EPOCHS) * per_epoch
    return objective.settings(**given)


def architecture_for(objective: Objective, asked: str, data: DataSet) -> str:
    """Return the networks that are ASKED for, or that `auto` stands for. An error if they cannot take the images."""
    height, width = data.description.image_shape[:2]
    found = asked
    if len(objective.architectures) == 1:
        found = objective.architectures[0]
    elif asked == ArchitectureName.AUTO:
        fits = data.description.pixel_kind != "binary" and not wrong_side(ArchitectureName.CONV, height)
        found = ArchitectureName.CONV if fits else ArchitectureName.MLP
    if height != width:
        raise TcvaeError(data.path, f"its images are {height} x {width}, not square", "crop or pad them")
    if fault := wrong_side(found, height):
        if len(objective.architectures) == 1:
            raise ArgumentError("objective", f"{objective.name} {fault}", "use another, or prepare the images anew")
        raise ArgumentError("architecture", f"{found} {fault}", "use mlp, or prepare the images anew")
    return found


def check_admitted(settings: Settings, data: DataSet) -> None:
    """Refuse an estimator or a way of reading that the data set does not admit."""
    rows, biased = data.description.rows, data.probability is not None
    if settings.estimator == EstimatorName.MSS and biased:
        fault = "mss assumes uniform sampling, and the data set has `probability`"
        raise ArgumentError("estimator", fault, "use mws")
    if settings.shuffle_rows is not None and biased:
        raise ArgumentError("memory", "a data set with `probability` has to fit", "give more, or a smaller data set")
    if settings.estimator == EstimatorName.EXACT:
        pixels = math.prod(data.description.image_shape)
        needed = rows * pixels * BYTES_PER_PIXEL[settings.architecture]
        if needed > total_memory() // 2:
            fault = f"exact encodes all {rows:,} images at every step, about {needed / 1e9:,.0f} GB"
            raise ArgumentError("estimator", fault, "use mws or mss, or a smaller data set")
