"""The settings of a training: all that shapes the weights beside the data set. They are stored in every run.

They stand with the objectives, whose steps read them, and load nothing heavy, so that the command line reads the
choices here too.
"""

import math
import numbers
import types
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, get_args, get_origin, get_type_hints

from tcvae_cli.errors import ArgumentError
from tcvae_cli.objectives import OBJECTIVES
from tcvae_cli.text import choice_of

if TYPE_CHECKING:
    from torch import Tensor

FIRST_LAMBDA = 0.95


# An objective is given and stored by its name; the command line offers the names as choices.
ObjectiveName = StrEnum("ObjectiveName", {name.upper().replace("-", "_"): name for name in OBJECTIVES})  # type: ignore[misc]


class EstimatorName(StrEnum):
    """How log q(z) is estimated."""

    MWS = "mws"
    MSS = "mss"
    EXACT = "exact"


class PosteriorName(StrEnum):
    """The family of q(z|n)."""

    NORMAL = "normal"
    LAPLACE = "laplace"


class PriorName(StrEnum):
    """The factorised p(z)."""

    NORMAL = "normal"
    LAPLACE = "laplace"
    FLOW = "flow"


class LikelihoodName(StrEnum):
    """p(x|z)."""

    BERNOULLI = "bernoulli"
    GAUSSIAN = "gaussian"


class ArchitectureName(StrEnum):
    """The networks; `auto` is for what the images ask for, and never stored."""

    AUTO = "auto"
    MLP = "mlp"
    CONV = "conv"
    BURGESS = "burgess"
    LOCATELLO = "locatello"


class PrecisionName(StrEnum):
    """The number format of the networks' matrix products; `auto` is for what the device is best at, never stored."""

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


class Weights(NamedTuple):
    """What the three terms of the KL are multiplied by, eq. 4 of Chen et al. 2018."""

    alpha: "float | Tensor"  # of the index-code MI
    beta: "float | Tensor"  # of the TC
    gamma: "float | Tensor"  # of the dimension-wise KL


POSITIVE = ("epochs", "latents", "steps", "beta_anneal", "lambda_anneal", "capacity_anneal", "shuffle_rows")
LARGEST = 1e308  # nearly the largest float; whole numbers of Python go on
LEAST = {**dict.fromkeys(POSITIVE, 1), "batch_size": 2}
MOST = {"epochs": 2**31, "latents": 4096, "seed": 2**31, "steps": 2**62, "batch_size": 2**62, "shuffle_rows": 2**62}
SINCE = (  # which old runs lack
    *("posterior", "prior", "beta_anneal", "lambda_anneal", "likelihood", "shuffle_rows"),
    *("capacity", "capacity_anneal", "lambda_od", "lambda_d"),
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that shapes the weights beside the data set, in the order in which it is stored.

    ArgumentError for a value of another type or out of range.
    """

    objective: str
    alpha: float = 1.0
    beta: float
    gamma: float = 1.0
    estimator: EstimatorName | None = None
    architecture: ArchitectureName = ArchitectureName.MLP
    latents: int = 10
    batch_size: int = 2048
    learning_rate: float = 1e-3
    steps: int
    seed: int = 0
    precision: PrecisionName = PrecisionName.FLOAT32
    posterior: PosteriorName = PosteriorName.NORMAL
    prior: PriorName = PriorName.NORMAL
    beta_anneal: int | None = None
    lambda_anneal: int | None = None
    likelihood: LikelihoodName = LikelihoodName.BERNOULLI
    shuffle_rows: int | None = None  # rows shuffled together; all of them unless the data set exceeds the memory
    # Of some objectives only, whose records have the defaults.
    capacity: float | None = None  # nats
    capacity_anneal: int | None = None  # steps
    lambda_od: float | None = None
    lambda_d: float | None = None

    def __post_init__(self) -> None:
        for name, hint in get_type_hints(Settings).items():
            object.__setattr__(self, name, checked(name, getattr(self, name), hint))

    def header(self) -> dict[str, Any]:
        """Return the settings as they are stored in a run."""
        return {name: str(value) if isinstance(value, StrEnum) else value for name, value in asdict(self).items()}

    def weights(self, step: "float | Tensor") -> Weights:
        """Return the weights at a step, counted from 1; a step () on a device gives weights () on that device.

        Annealing is that of the authors' code: beta rises linearly from 0 over `beta_anneal` steps, and gamma is scaled
        by 1 - lambda, where lambda falls from 0.95 to 0 by 1 over `lambda_anneal` steps.
        """
        return weights_at(step, Weights(self.alpha, self.beta, self.gamma), self.beta_anneal, self.lambda_anneal)


def weights_at(
    step: "float | Tensor", last: Weights, beta_anneal: "int | Tensor | None", lambda_anneal: "int | Tensor | None"
) -> Weights:
    """Return the weights at a step of settings that may be tensors, as those of runs that are trained side by side."""
    alpha, beta, gamma = last
    if beta_anneal is not None:
        beta = at_most(last.beta * step / beta_anneal, last.beta)
    if lambda_anneal is not None:
        gamma = last.gamma * (1 - at_least(FIRST_LAMBDA - step / lambda_anneal, 0.0))
    return Weights(alpha, beta, gamma)


def at_most(value: "float | Tensor", limit: "float | Tensor") -> "float | Tensor":
    """Return VALUE, or LIMIT where it is larger."""
    return min(limit, value) if isinstance(value, float) else value.clamp(max=limit)


def at_least(value: "float | Tensor", limit: float) -> "float | Tensor":
    """Return VALUE, or LIMIT where it is smaller."""
    return max(limit, value) if isinstance(value, float) else value.clamp(min=limit)


def checked(name: str, value: Any, hint: Any) -> Any:
    """Return the value of a setting in the type that it is stored in. ArgumentError if it cannot be had."""
    kinds = get_args(hint) if get_origin(hint) in (types.UnionType,) else (hint,)
    if value is None and type(None) in kinds:
        return None
    kind = kinds[0]
    if name == "objective" or issubclass(kind, StrEnum):
        choices = list(OBJECTIVES) if name == "objective" else [str(choice) for choice in kind if choice != "auto"]
        if not isinstance(value, str) or value not in choices:
            raise ArgumentError(name, f"is {value!r}", choice_of(str(value), choices))
        return kind(value)
    whole, least, most = kind is int, LEAST.get(name, 0), MOST.get(name, math.inf)
    if whole and isinstance(value, float) and value.is_integer():
        value = int(value)
    is_number = isinstance(value, numbers.Integral if whole else numbers.Real) and not isinstance(value, bool)
    within = is_number and least <= value <= min(most, LARGEST)
    if within and (value > 0 or name != "learning_rate"):
        return kind(value)
    shown = f"{value:g}" if isinstance(value, float) else repr(value)
    if name == "learning_rate":
        cure = "give a number above 0"
    elif whole:
        cure = f"give a whole number from {least}" + (f" to {most}" if is_number and most < math.inf else "")
    else:
        cure = "give a finite number from 0"
    raise ArgumentError(name, f"is {shown}", cure)


def required() -> list[str]:
    """Return the names of the settings that every stored run has, in order."""
    return [field.name for field in fields(Settings) if field.name not in SINCE]
