"""State to tensors and back: a run (the weights) or a checkpoint (all that training goes on from)."""

import torch
from torch import Tensor

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.data_sets import Array
from tcvae_cli.files.runs import Run
from tcvae_cli.files.streams import display_name
from tcvae_cli.models.vae import Vae, build_vae
from tcvae_cli.training.loop import State, new_state
from tcvae_cli.training.settings import Settings


def weights_of(vae: Vae) -> dict[str, Array]:
    """The model as arrays, batch norm statistics included."""
    return {name: tensor.detach().cpu().numpy() for name, tensor in vae.state_dict().items()}


def checkpoint_of(state: State) -> dict[str, Array]:
    """The model, the optimiser's moments and the noise generator."""
    tensors = weights_of(state.vae)
    for index, moments in state.optimizer.state_dict()["state"].items():
        for name, tensor in moments.items():
            tensors[f"optimizer.{index}.{name}"] = tensor.detach().cpu().numpy()
    tensors["generator"] = state.generator.get_state().numpy()
    return tensors


def load_vae(run: Run, device: torch.device) -> Vae:
    """The model of a run, in evaluation mode. TcvaeError if the weights are not those of its architecture."""
    settings, image = run_settings(run), image_of(run)
    vae = build_vae(settings.architecture, settings.latents, image, settings.seed)
    try:
        vae.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in run.weights.items()})
    except RuntimeError:
        fault = f"its tensors are not the weights of the {settings.architecture} network in its header"
        raise TcvaeError(display_name(run.path), fault, "train it again") from None
    if not all(bool(torch.isfinite(tensor).all()) for tensor in vae.state_dict().values()):
        raise TcvaeError(display_name(run.path), "its weights hold NaN or infinity", "train it again")
    return vae.to(device).eval()


def run_settings(run: Run) -> Settings:
    """The settings in a run's header."""
    try:
        return Settings(**run.header["settings"])
    except TypeError:
        raise TcvaeError(display_name(run.path), "has settings unknown to this version", "upgrade tcvae") from None


def image_of(run: Run) -> tuple[int, int, int]:
    """(channels, height, width) of a run's images."""
    channels, height, width = run.header["image_shape"]
    return channels, height, width


def resume(run: Run, settings: Settings, device: torch.device) -> State:
    """The state stored in a checkpoint."""
    state = new_state(settings, image_of(run), device)
    state.vae.load_state_dict(load_vae(run, device).state_dict())
    moments: dict[int, dict[str, Tensor]] = {}
    groups = state.optimizer.state_dict()["param_groups"]
    try:
        for name, tensor in run.tensors.items():
            if name.startswith("optimizer."):
                _, index, key = name.split(".")
                moments.setdefault(int(index), {})[key] = torch.from_numpy(tensor.copy())
        state.optimizer.load_state_dict({"state": dict(sorted(moments.items())), "param_groups": groups})
        for parameter, stored in state.optimizer.state.items():  # in the memory layout of their weights, as when made
            for name in ("exp_avg", "exp_avg_sq"):
                stored[name] = torch.empty_like(parameter).copy_(stored[name])
        state.generator.set_state(torch.from_numpy(run.tensors["generator"].copy()))
    except (RuntimeError, ValueError, KeyError):
        raise TcvaeError(
            display_name(run.path), "its optimiser state does not fit its weights", "train again"
        ) from None
    state.step = int(run.header["step"])
    return state
