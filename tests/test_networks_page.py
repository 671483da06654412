"""docs/networks.md: its code reads a run without this package, and decodes and encodes what the package does."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tcvae_cli.models.vae import build_vae
from tcvae_cli.objectives.settings import ArchitectureName
from tcvae_cli.verbs.inputs import run_in

PAGE = (Path(__file__).parents[1] / "docs/networks.md").read_text()
READ, DECODE, NETWORKS, LOAD = re.findall(r"```python\n(.*?)```", PAGE, re.S)

ALONE = """
import sys
z, x = np.load("z.npy"), np.load("x.npy")
np.savez("found.npz", images=decode(z), mean=encode(x)[0], log_std=encode(x)[1])
assert not {name for name in sys.modules if name.startswith(("tcvae_cli", "torch"))}
"""


def test_numpy_alone_decodes_and_encodes(workshop: Path, tmp_path: Path) -> None:
    (tmp_path / "run.safetensors").symlink_to(workshop / "run.safetensors")
    draw = np.random.default_rng(0)
    z, x = draw.normal(size=(5, 10)).astype(np.float32), draw.random((5, 64, 64), np.float32)
    np.save(tmp_path / "z.npy", z)
    np.save(tmp_path / "x.npy", x)
    command = [sys.executable, "-c", READ + DECODE + ALONE]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "beta-tcvae tiny-dsprites (1200, 10)\n"
    run, found = run_in(str(workshop / "run.safetensors"), "cpu"), np.load(tmp_path / "found.npz")
    posterior = run.posterior(x)
    np.testing.assert_allclose(found["images"], run.decode(z), atol=1e-5)
    np.testing.assert_allclose(found["mean"], posterior.mean, atol=1e-5)
    np.testing.assert_allclose(found["log_std"], posterior.log_std, atol=1e-5)


SHAPES = [("mlp", 1, 32), ("mlp", 3, 32), ("conv", 1, 32), ("conv", 3, 64), ("conv", 1, 128)]
SHAPES += [(name, channels, 64) for name in ("burgess", "locatello") for channels in (1, 3)]


@pytest.mark.parametrize(("name", "channels", "side"), SHAPES)
def test_the_networks_are_those_of_the_package(name: str, channels: int, side: int) -> None:
    ours = build_vae(name, 4, (channels, side, side), seed=0).eval()
    weights = {key: tensor.contiguous().numpy() for key, tensor in ours.state_dict().items()}
    shape = (side, side, 3)[: 2 if channels == 1 else 3]
    settings = {"architecture": name, "latents": 4}
    found: dict[str, Any] = {"weights": weights, "header": {"settings": settings, "data": {"image_shape": shape}}}
    exec(NETWORKS + LOAD, found)
    generator = torch.Generator().manual_seed(0)
    z, images = torch.randn(2, 4, generator=generator), torch.rand(2, channels, side, side, generator=generator)
    with torch.no_grad():
        torch.testing.assert_close(found["decoder"](z), ours.logits(z), atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(found["encoder"](images), torch.cat(ours.posterior(images), 1), atol=1e-5, rtol=1e-5)


def test_every_architecture_is_on_the_page() -> None:
    assert {name for name, *_ in SHAPES} == set(ArchitectureName) - {"auto"}
