"""The record of an objective: all that training, encoding, evaluation and the command line know of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from tcvae_cli.models.model import Model
from tcvae_cli.objectives import OBJECTIVES
from tcvae_cli.objectives.settings import ArchitectureName, Settings
from tcvae_cli.objectives.state import Data, InputShape, State

Final = dict[str, Any]  # terms of a finished run, by name


def no_final_terms(state: State, data: Data, settings: Settings) -> Final:
    """Return nothing beside what every run says at its end."""
    return {}


def nothing_follows(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return no default that depends on a setting that is given."""
    return {}


def no_closing(final: Mapping[str, Any]) -> str:
    """Return nothing beside what is said at the end of every training."""
    return ""


def elbo_in_words(report: Mapping[str, float]) -> str:
    """Return the ELBO of a report, for a progress bar."""
    return f"ELBO {report['elbo']:.2f}"


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What is maximised, and how.

    The terms that `step` returns, each (share,) of the batch, are averaged and logged in their order. One of them is
    `loss`, and one `elbo` unless `progress` makes words of others.
    """

    name: str  # as in OBJECTIVES
    takes: frozenset[str]  # the settings that mean something to it, of those that not all objectives take
    build: Callable[[Settings, InputShape], Model]  # the freshly initialised model, on the CPU
    start: Callable[[Settings, Model, torch.device], State]  # that model before its first step, with its optimisers
    step: Callable[[State, Sequence[Tensor], Data, Settings], dict[str, Tensor]]  # on as many batches as it asks for
    sentence: Callable[[Settings], str]  # the objective written out, shown as training starts
    # Of settings but beta and latents: OBJECTIVES has those.
    own_defaults: Mapping[str, Any] = field(default_factory=dict)
    following: Callable[[Mapping[str, Any]], dict[str, Any]] = nothing_follows  # those that depend on what is given
    in_paper: Mapping[str, str] = field(default_factory=dict)  # names in its paper of settings that are called so here
    batches: int = 1  # independent ones of equal sizes for each step
    architectures: tuple[ArchitectureName, ...] = tuple(name for name in ArchitectureName if name != "auto")
    final_terms: Callable[[State, Data, Settings], Final] = no_final_terms  # beside ELBO and KL
    progress: Callable[[Mapping[str, float]], str] = elbo_in_words  # a few words from the means of the terms
    closing: Callable[[Mapping[str, Any]], str] = no_closing  # what its final terms add to the last line

    @property
    def title(self) -> str:
        """The name as people read it."""
        return OBJECTIVES[self.name].title

    @property
    def defaults(self) -> dict[str, Any]:
        """The settings where they are not those of Settings, and always beta."""
        name = OBJECTIVES[self.name]
        latents = {} if name.latents is None else {"latents": name.latents}
        return {"beta": float(name.beta), **latents, **self.own_defaults}

    def settings(self, **given: Any) -> Settings:
        """Return the settings GIVEN, with this objective's defaults for the others."""
        return Settings(**{"objective": self.name, **self.defaults, **self.following(given), **given})
