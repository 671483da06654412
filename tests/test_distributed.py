"""Two processes under torchrun: the gradients of one, only one that writes, and a clear end when one dies."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch
from torch import nn

from helpers.tiny import write_tiny
from helpers.waiting import PATIENCE, until
from helpers.warm import Server
from tcvae_cli.files.logs import read_log
from tcvae_cli.files.runs import read_run
from tcvae_cli.models import distributed
from tcvae_cli.objectives import load_objective
from tcvae_cli.objectives.state import Data
from tcvae_cli.training.images import Images, Layout
from tcvae_cli.training.session import AGREE
from tcvae_cli.training.state import new_state

CPU = torch.device("cpu")
SIGNALLED = """
import signal
from tcvae_cli import interrupts
from tcvae_cli.__main__ import main
from tcvae_cli.training import evaluation
evaluation.evaluate = lambda *_: interrupts.arrive(signal.SIGTERM, None)  # at the end, when the others may have left
main()
"""
SETTINGS = {
    "mws": ("beta-tcvae", "mws", "mlp", "normal", "normal"),
    "mss": ("beta-tcvae", "mss", "mlp", "laplace", "normal"),
    "exact": ("beta-tcvae", "exact", "mlp", "normal", "flow"),
    "conv": ("beta-tcvae", "mws", "conv", "normal", "normal"),
    "factorvae": ("factorvae", None, "mlp", "normal", "normal"),
    "annealed-vae": ("annealed-vae", None, "mlp", "normal", "normal"),
    "dip-vae-ii": ("dip-vae-ii", None, "mlp", "normal", "normal"),
    "infogan": ("infogan", None, "conv", "normal", "normal"),
}


def soften(model: nn.Module) -> None:
    """Make the rectifiers smooth, which a rounding error does not turn on or off."""
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.ReLU | nn.LeakyReLU):
                setattr(parent, name, nn.Softplus())


def gradients(name: str, batch: int) -> dict[str, np.ndarray]:
    """Return the gradients of the first step on a BATCH of 40 random images."""
    objective, estimator, architecture, posterior, prior = SETTINGS[name]
    record = load_objective(objective)
    settings = record.settings(
        beta=6.0,
        estimator=estimator,
        architecture=architecture,
        latents=4,
        batch_size=batch,
        steps=10,
        posterior=posterior,
        prior=prior,
    )
    pixels = np.random.default_rng(0).integers(0, 256, (40, 128), dtype=np.uint8)
    data = Data(Images(pixels, Layout((1, 32, 32), True)), None, CPU)
    state = new_state(settings, data.images.layout.input_shape, CPU)
    state.model.train()
    soften(state.model)
    order = torch.randperm(40, generator=torch.Generator().manual_seed(1))
    batches = (order[:batch], order.flip(0)[:batch])[: record.batches]
    terms = record.step(state, batches, data, settings)
    found = {
        f"{name} {key}": np.ascontiguousarray(parameter.grad.numpy())
        for key, parameter in state.model.named_parameters()
        if parameter.grad is not None
    }
    for key, term in terms.items():
        found[f"{name} mean {key}"] = distributed.add_up(term.detach().sum()[None] / batch).numpy()
    return found


def normalised(batch: int) -> dict[str, np.ndarray]:
    """Return gradients of a batch norm in float64, and its running moments, for a number of images."""
    generator = torch.Generator().manual_seed(0)
    images, weight = torch.randn(2, batch, 3, 4, 4, generator=generator, dtype=torch.float64)
    share = distributed.my_share(batch)
    mine = images[share].clone().requires_grad_()
    model = nn.Sequential(distributed.SharedBatchNorm2d(3)).double()
    (model(mine) ** 2 * weight[share]).sum().backward()
    distributed.add_up_gradients(model.parameters())
    assert mine.grad is not None
    found = {"images": distributed.gathered(mine.grad, batch), **dict(model[0].named_buffers())}
    found |= {f"{name} gradient": parameter.grad for name, parameter in model.named_parameters()}
    return {f"batch norm {name}": tensor.numpy() for name, tensor in found.items()}


@pytest.fixture(autouse=True)
def warm_python(warm: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let torchrun start its workers, and be started, without importing torch anew."""
    monkeypatch.setenv("PYTHON_EXEC", str(warm.programs / "python"))


def torchrun(*arguments: str, processes: int = 2) -> list[str]:
    """Return the command line of several processes."""
    return [os.environ["PYTHON_EXEC"], "-m", "torch.distributed.run", "--nproc-per-node", str(processes), *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[1])}


def finished(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run such a job in FOLDER, and return what became of it."""
    command = torchrun(*arguments)
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, env=environment(), check=False
    )


@pytest.mark.parametrize(
    ("processes", "batch", "most"),
    [(2, 21, 3e-5), (3, 2, 2e-3)],  # a batch norm of two images makes much of rounding, however they are shared
    ids=["uneven shares", "an empty share"],
)
def test_several_processes_have_the_gradients_of_one(tmp_path: Path, processes: int, batch: int, most: float) -> None:
    file = tmp_path / "gradients"
    command = torchrun(__file__, str(file), str(batch), processes=processes)
    subprocess.run(command, check=True, capture_output=True, timeout=300, env=environment())
    together = safetensors.numpy.load_file(file)
    for key, alone in normalised(batch).items():
        np.testing.assert_allclose(together[key], alone, rtol=1e-10, atol=1e-12, err_msg=key)
    for name in SETTINGS:
        everything = gradients(name, batch)
        size = max(float(np.linalg.norm(alone)) for alone in everything.values())
        for key, alone in everything.items():
            # The gradient of a bias before a batch norm is 0, and only its rounding errors can be compared.
            error = float(np.linalg.norm(together[key] - alone))
            assert error < most * max(float(np.linalg.norm(alone)), 0.1 * size), key


def test_only_the_first_process_writes(tmp_path: Path) -> None:
    write_tiny(tmp_path / "tiny.h5", side=32)
    flags = ("train", "--data", "tiny.h5", "--steps", "3", "--batch-size", "64", "--log", "log", "-o", "run")
    result = finished(tmp_path, "-m", "tcvae_cli", "--", *flags)
    assert result.returncode == 0, result.stderr
    assert result.stderr.count("maximise") == 1
    assert result.stderr.count("3 steps: ELBO") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "run", "tiny.h5"]
    assert read_run(str(tmp_path / "run")).header.processes == 2
    assert read_log(tmp_path / "log").steps == (3,)


def test_several_processes_stop_and_go_on_to_the_same_bytes(tmp_path: Path) -> None:
    """SIGTERM to torchrun, and a checkpoint where they next agree; the last batch of an epoch has an image for each."""
    write_tiny(tmp_path / "tiny.h5", side=32)
    flags = ("--data", "tiny.h5", "--batch-size", "95", "--precision", "float32")

    def job(*more: str) -> subprocess.Popen[str]:
        command = torchrun("-m", "tcvae_cli", "--", "train", *more)
        return subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=environment())

    keeping = ("--checkpoint", "checkpoint", "--checkpoint-every", "4", "--log", "log")
    first = job(*flags, *keeping, "--steps", "100000", "-o", "never")
    until(lambda: (tmp_path / "checkpoint").exists() or first.poll() is not None)
    first.terminate()
    first.communicate(timeout=PATIENCE)
    assert first.returncode != 0
    checkpoint = read_run(str(tmp_path / "checkpoint"))
    assert checkpoint.is_checkpoint
    assert checkpoint.header.step % AGREE == 0
    (tmp_path / "signalled").write_text(SIGNALLED)
    stopped = str(checkpoint.header.step)
    arguments = ("--resume", "checkpoint", "--steps", stopped, "--checkpoint", "again", "-o", "never")
    said = finished(tmp_path, "--", "signalled", "train", *arguments).stderr
    assert "exitcode  : 143" in said
    assert read_run(str(tmp_path / "again")).is_checkpoint
    steps = str(int(stopped) + 7)
    for more in (
        ("--resume", "checkpoint", "--steps", steps, "--log", "log", "-o", "resumed"),
        (*flags, "--steps", steps, "--log", "whole_log", "-o", "whole"),
    ):
        going = job(*more)
        said = going.communicate(timeout=300)[1]
        assert going.returncode == 0, said
    assert (tmp_path / "resumed").read_bytes() == (tmp_path / "whole").read_bytes()
    resumed, whole = (read_log(tmp_path / log) for log in ("log", "whole_log"))
    assert resumed.steps == whole.steps
    assert resumed.lines[-1] == pytest.approx(whole.lines[-1], rel=1e-5)
    assert not (tmp_path / "never").exists()


def test_a_process_that_dies_ends_the_job(tmp_path: Path) -> None:
    write_tiny(tmp_path / "tiny.h5", side=32)
    flags = ("train", "--data", "tiny.h5", "--steps", "100000", "--batch-size", "64", "-v", "-o", "run")
    command = [sys.executable, *torchrun("-m", "tcvae_cli", *flags)[1:]]  # the parent of those that do the work
    job = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=environment())
    assert job.stderr is not None
    said = ""
    while not re.search(r"^ *100  ", said, re.M):  # the terms after step 100
        line = job.stderr.readline()
        assert line, said
        assert said.count("\n") < 100, said
        said += line
    children = subprocess.run(
        ["pgrep", "-P", str(job.pid)], capture_output=True, text=True, check=True, timeout=300
    ).stdout.split()
    os.kill(int(children[-1]), signal.SIGKILL)
    said = job.communicate(timeout=PATIENCE)[1]  # not only when torch's own time is up, which is half an hour
    assert job.returncode != 0
    assert "SIGKILL" in said or "Signal 9" in said
    assert "tcvae_cli/training" not in said  # no traceback of ours
    assert not (tmp_path / "run").exists()


def test_a_wrong_command_is_said_once(tmp_path: Path) -> None:
    result = finished(tmp_path, "-m", "tcvae_cli", "train", "--data", "nowhere.h5", "--beta", "nan", "-o", "run")
    assert result.returncode != 0
    assert result.stderr.count("tcvae: ") == 1


@pytest.mark.parametrize("rows", [1, 5, 64])
def test_alone_everything_is_the_identity(rows: int) -> None:
    tensor = torch.arange(float(rows))
    assert distributed.my_share(rows) == slice(0, rows)
    assert distributed.gathered(tensor, rows) is tensor
    assert distributed.summed(tensor) is tensor


if __name__ == "__main__":
    distributed.join(CPU)
    size = int(sys.argv[2])
    content = normalised(size) | {key: tensor for name in SETTINGS for key, tensor in gradients(name, size).items()}
    if distributed.rank() == 0:
        safetensors.numpy.save_file(content, sys.argv[1])
    distributed.leave()
    threads = [file.read_text() for file in Path("/proc/self/task").glob("*/comm")]
    assert not any("gloo" in thread for thread in threads), threads  # torch would abort if they met the end of Python
