"""The model and the state of a training before its first step, as its objective makes them."""

import torch

from tcvae_cli.models.model import Model
from tcvae_cli.objectives import load_objective
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.objectives.state import InputShape, State


def build_model(settings: Settings, input_shape: InputShape) -> Model:
    """Return the freshly initialised model of the settings, on the CPU. ValueError if it takes no such images."""
    return load_objective(settings.objective).build(settings, input_shape)


def new_state(settings: Settings, input_shape: InputShape, device: torch.device, *, counted: bool = False) -> State:
    """Return the state before the first step, on DEVICE, which counts the steps itself if it is CUDA, or if COUNTED."""
    model = build_model(settings, input_shape).to(device)
    state = load_objective(settings.objective).start(settings, model, device)
    if counted or device.type == "cuda":
        state.count_on(device, settings.seed)
    return state
