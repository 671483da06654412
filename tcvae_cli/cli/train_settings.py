"""What was typed for `tcvae train`, checked, and made into settings."""

import math
import os
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import typer

from tcvae_cli.cli.flags import typed
from tcvae_cli.errors import TcvaeError, UsageError
from tcvae_cli.files.streams import check_output
from tcvae_cli.machine import memory_budget

if TYPE_CHECKING:
    import torch

    from tcvae_cli.files.data_sets import DataSet
    from tcvae_cli.files.runs import StoredRun
    from tcvae_cli.objectives.settings import Settings


class Objective(StrEnum):
    """What is maximised."""

    BETA_TCVAE = "beta-tcvae"
    BETA_VAE = "beta-vae"
    VAE = "vae"
    FACTORVAE = "factorvae"
    INFOGAN = "infogan"


class Estimator(StrEnum):
    """How log q(z) is estimated."""

    MWS = "mws"
    MSS = "mss"
    EXACT = "exact"


class Posterior(StrEnum):
    """The family of q(z|n)."""

    NORMAL = "normal"
    LAPLACE = "laplace"


class Prior(StrEnum):
    """The factorised p(z)."""

    NORMAL = "normal"
    LAPLACE = "laplace"
    FLOW = "flow"


class Likelihood(StrEnum):
    """p(x|z)."""

    BERNOULLI = "bernoulli"
    GAUSSIAN = "gaussian"


class Architecture(StrEnum):
    """Which networks."""

    AUTO = "auto"
    MLP = "mlp"
    CONV = "conv"


class Precision(StrEnum):
    """The number format of the networks' matrix products."""

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


BETA = {"beta-tcvae": 6.0, "beta-vae": 4.0, "vae": 1.0, "factorvae": 35.0, "infogan": 1.0}
ONLY_BETA_TCVAE = ("alpha", "gamma", "estimator", "lambda_anneal")
NOT_INFOGAN = ("posterior", "prior", "beta_anneal", "likelihood")
CONV_SIDES = (32, 64, 128)
BYTES_A_PIXEL = {"mlp": 15, "conv": 250}  # of an encoder's activations and their gradients, by its layers' widths


def check_flags(context: typer.Context) -> None:
    """Refuse combinations that would not do what they say."""
    flags = context.params
    objective = flags["objective"]
    if flags["steps"] is not None and flags["epochs"] is not None:
        raise UsageError("--steps", "--epochs already says how long to train", "give one of the two")
    if typed(context, "checkpoint_every") and flags["checkpoint"] is None:
        raise UsageError("--checkpoint-every", "there is no checkpoint to keep", "name one with --checkpoint")
    if not 0 < flags["learning_rate"] < float("inf"):
        raise UsageError("--learning-rate", f"is {flags['learning_rate']:g}", "give a number above 0")
    for name in ONLY_BETA_TCVAE if objective != Objective.BETA_TCVAE else ():
        if typed(context, name):
            raise UsageError(
                f"--{name.replace('_', '-')}", f"means nothing to {objective}", "leave it out or use beta-tcvae"
            )
    for name in NOT_INFOGAN if objective == Objective.INFOGAN else ():
        if typed(context, name):
            raise UsageError(f"--{name.replace('_', '-')}", "means nothing to infogan", "leave it out")
    if objective == Objective.INFOGAN and flags["architecture"] == Architecture.MLP:
        raise UsageError("--architecture", "infogan is convolutional", "leave it out")
    if objective == Objective.VAE and flags["beta"] not in (None, 1.0):
        raise UsageError("--beta", "is 1 in a vae", "use --objective beta-vae")
    for name in ("alpha", "beta", "gamma"):
        if flags[name] is not None and not flags[name] < float("inf"):
            raise UsageError(f"--{name}", f"is {flags[name]}", "give a finite number")


def check_paths(data: str | None, output: str, log: str | None, checkpoint: str | None, resume: str | None) -> None:
    """Refuse outputs that cannot be written, or that would write over one another or over an input."""
    for flag, path in (("--log", log), ("--checkpoint", checkpoint)):
        if path == "-":
            raise UsageError(flag, "standard output is for the run", "name a file")
    inputs = {"--data": data, "--resume": resume}
    seen = {os.path.realpath(path): flag for flag, path in inputs.items() if path is not None and path != "-"}
    for flag, path in (("--log", log), ("--checkpoint", checkpoint), ("--output", output)):
        if path is None:
            continue
        check_output(path)
        if path != "-" and (os.path.isfile(path) or not os.path.exists(path)):
            other = seen.setdefault(os.path.realpath(path), flag)
            if other != flag and (flag, other) != ("--checkpoint", "--resume"):  # which goes on in the same file
                raise UsageError(flag, f"{path} is the file of {other} too", "give each its own name")
    try:
        (data or "").encode()
    except UnicodeEncodeError:
        raise UsageError("--data", "its name is not UTF-8, and the run has to remember it", "rename it") from None


def data_path(typed_path: str | None, run: "StoredRun | None") -> str:
    """The data set to train on: as typed, else the one the checkpoint remembers."""
    if typed_path == "-" and os.environ.get("WORLD_SIZE", "1") != "1":
        raise UsageError("--data", "several processes cannot all read standard input", "name a file")
    if typed_path is not None:
        return typed_path
    if run is None:
        raise UsageError("--data", "is missing", "name a data set: tcvae train --data dsprites.h5 -o run.safetensors")
    from tcvae_cli.files.runs import remembered_data_path

    return remembered_data_path(run)


def settings_of(context: typer.Context, data: "DataSet", run: "StoredRun | None", device: "torch.device") -> "Settings":
    """The settings to train with: as typed, or those of a checkpoint, which no typed flag may contradict."""
    from tcvae_cli.machine import choose_precision
    from tcvae_cli.objectives.settings import Settings
    from tcvae_cli.training import images
    from tcvae_cli.training.checkpoint import run_settings
    from tcvae_cli.training.images import rows_shuffled_together

    flags, objective = context.params, context.params["objective"]
    stored = None if run is None else run_settings(run)
    batch_size = min(flags["batch_size"], data.description.rows)
    asked = {
        "objective": str(objective),
        "alpha": flags["alpha"],
        "beta": BETA[objective] if flags["beta"] is None else flags["beta"],
        "gamma": flags["gamma"],
        "estimator": str(flags["estimator"]) if objective == Objective.BETA_TCVAE else None,
        "architecture": resolve_architecture(flags["architecture"], objective, data),
        "latents": flags["latents"] or (5 if objective == Objective.INFOGAN else 10),
        "batch_size": batch_size,
        "learning_rate": flags["learning_rate"],
        "steps": count_steps(data, batch_size if stored is None else stored.batch_size, flags),
        "seed": flags["seed"],
        "precision": choose_precision(flags["precision"], device),
        "posterior": str(flags["posterior"]),
        "prior": str(flags["prior"] or flags["posterior"]),
        "beta_anneal": flags["beta_anneal"],
        "lambda_anneal": flags["lambda_anneal"],
        "likelihood": str(flags["likelihood"]),
        "shuffle_rows": rows_shuffled_together(data, memory_budget(flags["memory"]), images.BLOCK_BYTES),
    }
    check_estimator(asked, data)
    if run is None or stored is None:
        return Settings(**asked)
    return merged(context, asked, stored.header(), run, data)


def merged(
    context: typer.Context, asked: dict[str, Any], stored: dict[str, Any], run: "StoredRun", data: "DataSet"
) -> "Settings":
    """The settings STORED in a checkpoint, with more steps if they were asked for."""
    from tcvae_cli.objectives.settings import Settings

    if run.header.data.digest != data.digest:
        raise TcvaeError(data.path, f"is not the data set that {run.path} was trained on", "name that one with --data")
    for name, value in stored.items():
        if name != "steps" and typed(context, name) and asked[name] != value:
            flag = name.replace("_", "-")
            raise UsageError(f"--{flag}", f"is {asked[name]}, but {run.path} was made with {value}", "leave it out")
    longer = typed(context, "steps") or typed(context, "epochs")
    return Settings(**{**stored, "steps": asked["steps"] if longer else stored["steps"]})


def resolve_architecture(architecture: str, objective: str, data: "DataSet") -> str:
    """What `auto` stands for. An error in one line if the networks cannot take the images."""
    height, width = data.description.image_shape[:2]
    if objective == Objective.INFOGAN:
        architecture = Architecture.CONV
    elif architecture == Architecture.AUTO:
        architecture = Architecture.CONV
        if data.description.pixel_kind == "binary" or height not in CONV_SIDES:
            architecture = Architecture.MLP
    if height != width:
        raise TcvaeError(data.path, f"its images are {height} x {width}, not square", "crop or pad them")
    if architecture == Architecture.CONV and height not in CONV_SIDES:
        flag = "--objective infogan" if objective == Objective.INFOGAN else "--architecture conv"
        raise UsageError(flag, f"takes images of side 32, 64 or 128, not {height}", "use mlp, or prepare them anew")
    return str(architecture)


def check_estimator(asked: dict[str, Any], data: "DataSet") -> None:
    """Refuse an estimator that the data set does not admit."""
    rows = data.description.rows
    if asked["estimator"] == "mss" and data.probability is not None:
        raise UsageError("--estimator", "mss assumes uniform sampling, and the data set has `probability`", "use mws")
    if asked["shuffle_rows"] is not None and data.probability is not None:
        raise UsageError("--memory", "a data set with `probability` is drawn from memory", "give more, or thin it out")
    if asked["estimator"] == "exact":
        pixels = math.prod(data.description.image_shape)
        needed = rows * pixels * BYTES_A_PIXEL[asked["architecture"]]
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        if needed > memory // 2:
            fault = f"exact encodes all {rows:,} images at every step, about {needed / 1e9:,.0f} GB"
            raise UsageError("--estimator", fault, "use mws or mss, or a smaller data set")


def count_steps(data: "DataSet", batch_size: int, flags: dict[str, Any]) -> int:
    """Steps to train: as typed, or those of the epochs."""
    from tcvae_cli.training.sampler import steps_per_epoch

    rows = data.description.rows
    if rows < 2:
        raise TcvaeError(data.path, "holds a single image", "train on two or more")
    return int(flags["steps"] or (flags["epochs"] or 50) * steps_per_epoch(rows, batch_size))
