"""Turn state into tensors and back: a run (the weights) or a checkpoint (all that training goes on from)."""

from dataclasses import fields

import numpy as np
import torch
from torch import Tensor, nn

from tcvae_cli.arrays import Array
from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.files.runs import StoredRun
from tcvae_cli.models.adam import Adam, fresh_moments
from tcvae_cli.models.distributed import rank
from tcvae_cli.models.model import Model
from tcvae_cli.models.priors import FlowPrior
from tcvae_cli.objectives import load_objective
from tcvae_cli.objectives.settings import Settings, required
from tcvae_cli.objectives.state import InputShape, State
from tcvae_cli.training.state import build_model, new_state


def weights_of(model: nn.Module) -> dict[str, Array]:
    """Return the weights of a network as arrays, batch norm statistics included."""
    return {name: tensor.detach().cpu().numpy() for name, tensor in model.state_dict().items()}


def checkpoint_of(state: State) -> dict[str, Array]:
    """Return the model, the networks beside it, the optimisers' moments and the noise generator as arrays."""
    tensors = weights_of(state.model)
    for prefix, network in state.beside.items():
        tensors |= {f"{prefix}.{name}": tensor for name, tensor in weights_of(network).items()}
    for prefix, optimizer in state.optimizers.items():
        for index, moments in optimizer.moments.items():
            for name, tensor in moments.items():
                tensors[f"{prefix}.{index}.{name}"] = tensor.detach().cpu().numpy()
    if state.summed:
        tensors |= {f"sums.{name}": total.detach().cpu().numpy() for name, total in state.sums.items()}
    tensors["summed_steps"] = np.array(state.summed)
    tensors["generator_state"] = state.generator.get_state().numpy()
    return tensors


def load_model(run: StoredRun, device: torch.device) -> Model:
    """Build the model of a run, in evaluation mode. TcvaeError if the weights are not those of its architecture."""
    check_shapes(run)
    model = build_model(run_settings(run), input_shape(run))
    load_weights(model, run.weights, run)
    return model.to(device).eval()


def check_shapes(run: StoredRun) -> None:
    """Refuse weights that are not those of the header's networks, before any memory is given to such networks."""
    try:
        with torch.device("meta"):
            wanted = build_model(run_settings(run), input_shape(run)).state_dict()
        agree = {name: tuple(tensor.shape) for name, tensor in wanted.items()} == {
            name: tensor.shape for name, tensor in run.weights.items()
        }
    except ValueError:  # an architecture that takes no such images
        agree = False
    if not agree:
        fault = "its tensors are not the weights of the networks in its header"
        raise TcvaeError(run.where, fault, "train it again")


def load_weights(module: nn.Module, weights: dict[str, Array], run: StoredRun) -> None:
    """Put the weights of a run into a module of the right shape."""
    try:
        module.load_state_dict({name: torch.from_numpy(tensor.copy()) for name, tensor in weights.items()})
    except RuntimeError:
        fault = "its tensors are not the weights of the networks in its header"
        raise TcvaeError(run.where, fault, "train it again") from None
    if not all(bool(torch.isfinite(tensor).all()) for tensor in module.state_dict().values()):
        raise TcvaeError(run.where, "its weights hold NaN or infinity", "train it again")


def flow_of(model: Model) -> dict[str, Array]:
    """Return u, w, b (latent, steps) of a flow prior as it is used, by their names in codes; {} for another prior."""
    if not isinstance(model.prior, FlowPrior):
        return {}
    flow = model.prior.flow()
    return {f"prior.{name}": getattr(flow, name).detach().cpu().numpy() for name in ("u", "w", "b")}


def run_settings(run: StoredRun) -> Settings:
    """Return the settings in a run's header. TcvaeError for one that no training can have had."""
    stored = run.header.settings
    if newer := stored.keys() - {field.name for field in fields(Settings)}:
        fault = f"has settings unknown to this version ({', '.join(sorted(newer))})"
        raise TcvaeError(run.where, fault, "upgrade tcvae")
    if lacking := [name for name in required() if name not in stored]:
        fault = f"lacks settings that make a run ({', '.join(lacking)})"
        raise TcvaeError(run.where, fault, "train it again")
    try:
        settings = Settings(**stored)
        for name in load_objective(settings.objective).own_defaults:
            if getattr(settings, name) is None:
                raise ArgumentError(name, "is missing", "give it")
    except ArgumentError as wrong:
        fault = f"has the setting {wrong.where} {stored.get(wrong.where)!r}"
        raise TcvaeError(run.where, fault, "upgrade tcvae, or train it again") from None
    return settings


def input_shape(run: StoredRun) -> InputShape:
    """Return (channels, height, width) of a run's images."""
    height, width, *colours = run.header.data.image_shape
    return (colours[0] if colours else 1), height, width


def resume(run: StoredRun, settings: Settings, device: torch.device, *, counted: bool = False) -> State:
    """Return the state that is stored in a checkpoint, as new_state makes it. TcvaeError if it does not fit."""
    check_shapes(run)
    state = new_state(settings, input_shape(run), device, counted=counted)
    load_weights(state.model, run.weights, run)
    for prefix, network in state.beside.items():
        load_weights(network, tensors_under(f"{prefix}.", run), run)
    try:
        for prefix, optimizer in state.optimizers.items():
            load_moments(optimizer, tensors_under(f"{prefix}.", run))
        noise = torch.from_numpy(run.tensors["generator_state"].copy())
        check_alike(noise, state.generator.get_state())
        state.generator.set_state(noise)
        sums = {name: torch.from_numpy(total.copy()).to(device) for name, total in tensors_under("sums.", run).items()}
        for total in sums.values():
            check_alike(total, torch.zeros((), dtype=torch.float32))
        state.summed = int(run.tensors["summed_steps"])
        if not (state.summed > 0 if sums else state.summed == 0):
            raise ValueError
    except (RuntimeError, ValueError, KeyError, IndexError, TypeError):
        fault = "the state to go on from does not fit its weights"
        raise TcvaeError(run.where, fault, "train again") from None
    state.step = run.header.step
    state.sums = sums if rank() == 0 else {}
    if state.counter is not None:
        state.counter.fill_(state.step)
    return state


def check_alike(stored: Tensor, wanted: Tensor) -> None:
    """Raise ValueError unless a tensor has the shape and type of another."""
    if (stored.shape, stored.dtype) != (wanted.shape, wanted.dtype):
        raise ValueError


def tensors_under(prefix: str, run: StoredRun) -> dict[str, Array]:
    """Return the tensors whose names start with PREFIX, by the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in run.tensors.items() if name.startswith(prefix)}


def load_moments(optimizer: Adam, stored: dict[str, Array]) -> None:
    """Load Adam's moments, INDEX.NAME, in the memory layout of their weights, as when they were made."""
    moments: dict[int, dict[str, Tensor]] = {}
    for name, tensor in stored.items():
        number, key = name.split(".")
        moments.setdefault(int(number), {})[key] = torch.from_numpy(tensor.copy())
    for place, found in sorted(moments.items()):
        like = fresh_moments(optimizer.parameters[place])
        if place < 0 or found.keys() != like.keys():
            raise ValueError
        for key, wanted in like.items():
            check_alike(found[key], wanted)
            wanted.copy_(found[key])
        optimizer.moments[place] = like
