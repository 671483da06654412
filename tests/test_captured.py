"""Steps that are counted on the device and captured: here on the CPU, where a captured step is one that is called."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from helpers.narrow import narrow_state
from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.files.runs import StoredRun, read_run
from tcvae_cli.objectives import load_objective
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.objectives.state import Data, State
from tcvae_cli.training.captured import Captured
from tcvae_cli.training.images import Images, Layout
from tcvae_cli.training.request import Request
from tcvae_cli.training.session import Listeners, Outputs, start
from tcvae_cli.training.stacked_state import stack_states
from tcvae_cli.training.state import new_state
from tcvae_cli.training.steps import Steps

CPU, NOWHERE = torch.device("cpu"), torch.device("meta")
METHODS: dict[str, dict[str, Any]] = {
    "vae": {"objective": "vae"},
    "beta-tcvae": {"beta_anneal": 4, "lambda_anneal": 5},
    "mss": {"estimator": "mss", "posterior": "laplace", "prior": "laplace"},
    "exact": {"estimator": "exact"},
    "flow": {"prior": "flow", "likelihood": "gaussian"},
    "conv": {"architecture": "conv"},
    "factorvae": {"objective": "factorvae"},
    "infogan": {"objective": "infogan"},
    "annealed-vae": {"objective": "annealed-vae", "capacity_anneal": 3},
    "dip-vae-i": {"objective": "dip-vae-i"},
    "dip-vae-ii": {"objective": "dip-vae-ii"},
}


LAYOUT = Layout((1, 32, 32), binary=True)


class OnDevice(TorchDispatchMode):
    """Refuse a tensor on the CPU, as a step on a device would have to wait for it."""

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        found = operation(*args, **(kwargs or {}))
        tensors = [tensor for tensor in (*args, found) if isinstance(tensor, Tensor)]
        assert all(tensor.device == NOWHERE for tensor in tensors), operation
        return found


@pytest.mark.parametrize("method", METHODS)
def test_no_step_asks_the_device_for_a_number(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: contextlib.nullcontext())  # which knows no such device
    given = METHODS[method]
    objective = load_objective(given.get("objective", "beta-tcvae"))
    settings = objective.settings(**given, batch_size=6, steps=9)
    resident = torch.empty((12, LAYOUT.row_bytes), dtype=torch.uint8, device=NOWHERE)
    data = Data(replace(images(), resident=resident), None, NOWHERE)
    state = state_of(settings, NOWHERE)
    rows = [torch.empty(6, dtype=torch.int64, device=NOWHERE) for _ in range(objective.batches)]
    steps = Steps(state, data, settings)
    with OnDevice():
        steps.call(rows)
        steps.call(rows)


@pytest.mark.parametrize("objectives", [("beta-tcvae", "vae"), ("factorvae", "factorvae")])
def test_nor_does_a_step_of_several_runs(objectives: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: contextlib.nullcontext())
    settings = [load_objective(name).settings(batch_size=6, steps=9, lambda_anneal=4) for name in objectives]
    states = [state_of(one, CPU) for one in settings]
    together = stack_states(states, settings, NOWHERE)
    resident = torch.empty((12, LAYOUT.row_bytes), dtype=torch.uint8, device=NOWHERE)
    steps = Steps(together, Data(replace(images(), resident=resident), None, NOWHERE), settings[0])
    rows = torch.empty((2, 6), dtype=torch.int64, device=NOWHERE)
    with OnDevice():
        steps.call([rows] * steps.objective.batches)
        steps.call([rows] * steps.objective.batches)
    assert {total.dtype for total in together.sums.values()} == {torch.float32}


def state_of(settings: Settings, device: torch.device) -> State:
    """Return the state before the first step, of small networks in place of dense ones."""
    if settings.objective == "infogan" or settings.architecture == "conv":
        return new_state(settings, LAYOUT.input_shape, device, counted=True)
    return narrow_state(settings, device, side=LAYOUT.input_shape[-1])


def images(count: int = 12) -> Images:
    """Return images of random bits."""
    return Images(np.random.default_rng(0).integers(0, 256, (count, LAYOUT.row_bytes), np.uint8), LAYOUT)


def trained(method: str, source: Any, take: str, say: Callable[[str], object] = lambda line: None) -> list[Tensor]:
    """Return all that has changed after steps on batches of two sizes, each by a method of Steps."""
    objective = load_objective(METHODS[method].get("objective", "beta-tcvae"))
    settings = objective.settings(**METHODS[method], batch_size=5, steps=9)
    state = state_of(settings, CPU)
    steps = Steps(state.model.train() and state, Data(source, None, CPU), settings, say)
    for first in (0, 5, 10, 3, 10):
        batch = torch.arange(first, min(first + 5, 12))
        getattr(steps, take)([batch, batch.flip(0)][: objective.batches])
    return state.changing()


@pytest.mark.parametrize("method", ["beta-tcvae", "conv", "factorvae", "infogan", "annealed-vae"])
def test_a_captured_step_is_the_step(method: str) -> None:
    captured, called = (trained(method, images(), take) for take in ("take", "call"))
    assert len(captured) == len(called) > 20
    assert all(torch.equal(one, other) for one, other in zip(captured, called, strict=True))


@pytest.mark.parametrize("method", ["mss", "flow", "conv", "infogan"])
def test_zeros_and_ones_may_come_in_bfloat16(method: str) -> None:
    objective = load_objective(METHODS[method].get("objective", "beta-tcvae"))
    settings = objective.settings(**METHODS[method], batch_size=5, steps=9, precision="bfloat16")
    found = []
    for source in (images(), images().in_half()):
        state = state_of(settings, CPU)
        terms = objective.step(state, [torch.arange(5)] * objective.batches, Data(source, None, CPU), settings)
        found.append(terms["loss"].detach())
    assert images().in_half().batch(slice(2), CPU).dtype == torch.bfloat16
    torch.testing.assert_close(*found, rtol=1e-5, atol=1e-5)


class Reluctant:
    """Images that fail the first FAULTS times, or that are not on the device."""

    def __init__(self, faults: int = 0, here: bool = True) -> None:
        self.images, self.faults, self.here = images(), faults, here
        self.input_shape, self.order = self.images.input_shape, self.images.order

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, rows: Tensor | slice, device: torch.device) -> Tensor:
        """Return some images, or fail."""
        self.faults -= 1
        if self.faults >= 0:
            raise RuntimeError("operation not permitted when stream is capturing\nwith a long trace")
        return self.images.batch(rows, device)

    def are_on(self, device: torch.device) -> bool:
        """Tell whether a step can be captured."""
        return self.here


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (
            Reluctant(faults=1),
            "steps on 5 images are not captured as a CUDA graph, which would be faster: "
            "operation not permitted when stream is capturing",
        ),
        (
            Reluctant(here=False),
            "steps are not captured as CUDA graphs, which would be faster: "
            "the images are not in the memory of the device",
        ),
    ],
)
def test_what_cannot_be_captured_is_told_and_trained(source: Reluctant, told: str) -> None:
    said = list[str]()
    found, wanted = trained("vae", source, "take", said.append), trained("vae", images(), "call")
    assert said == [told]
    assert all(torch.equal(one, other) for one, other in zip(found, wanted, strict=True))


def test_warming_up_leaves_no_trace() -> None:
    kept, made = torch.ones(3, requires_grad=True), list[Tensor]()

    def step() -> None:
        with torch.no_grad():
            kept.mul_(2)
        made[:] = made or [torch.zeros(2)]
        made[0].add_(1)

    captured = Captured(step, lambda: [kept, *made])
    assert (kept.tolist(), made[0].tolist()) == ([1, 1, 1], [0, 0])
    captured.replay()
    assert (kept.tolist(), made[0].tolist()) == ([2, 2, 2], [1, 1])

    def fail() -> None:
        step()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        Captured(fail, lambda: [kept, *made])
    assert (kept.tolist(), made[0].tolist()) == ([2, 2, 2], [1, 1])


def test_weights_on_the_device_are_those_of_the_steps() -> None:
    settings = load_objective("beta-tcvae").settings(beta=6, gamma=2, beta_anneal=7, lambda_anneal=9, steps=12)
    for step in range(1, 12):
        on_device = settings.weights(torch.tensor(step, dtype=torch.float64))
        assert [float(weight) for weight in on_device] == list(settings.weights(step))


def test_counted_training_resumes_to_the_same_bytes(workshop: Path, tmp_path: Path) -> None:
    whole, resumed, checkpoint = (str(tmp_path / name) for name in ("whole", "resumed", "checkpoint"))

    def train(output: str, stored: StoredRun | None = None, **asked: Any) -> None:
        request = Request(asked=asked, device=CPU, stored=stored, counted=True)
        outputs = Outputs(run=output, checkpoint=checkpoint, checkpoint_every=3, report_every=2)
        with open_data_set(str(workshop / "small.h5")) as data:
            start(data, request, outputs, Listeners()).run()

    asked = {**METHODS["beta-tcvae"], **METHODS["conv"], "batch_size": 80, "precision": "float32"}
    train(whole, **asked, steps=5)
    assert read_run(checkpoint).header.step == 3
    train(resumed, read_run(checkpoint))
    assert Path(whole).read_bytes() == Path(resumed).read_bytes()
