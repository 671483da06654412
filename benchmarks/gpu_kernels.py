"""Sections of gpu_check.py: what the kernels compute, against references in float64."""

import importlib.util
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from gpu_rows import Bench, Row, relative
from torch import Tensor

from tcvae_cli.estimators.densities import FAMILIES, Family
from tcvae_cli.estimators.mixtures import exact, minibatch_stratified, minibatch_weighted
from tcvae_cli.kernels import unusable
from tcvae_cli.models.likelihoods import bernoulli_log_likelihood
from tcvae_cli.models.noise import CounterNoise, drawn_with_torch
from tcvae_cli.training.images import Layout

ROOT = Path(__file__).parents[1]
Shape = tuple[int, int, int]  # samples, components, latents
VALUES, GRADIENTS, HALF = 1e-5, 1e-4, 4e-3  # relative errors of float32, and of a gradient in bfloat16
SUITE = 70  # seconds for tests/kernels
SHAPES = {  # samples, components, latents, log_std around which, and standard deviations that z is moved by
    "B 2,048, D 10": (2048, 2048, 10, -1.5, 0.0),
    "S 100, N 5,000, D 3": (100, 5000, 3, -1.5, 0.0),
    "B 513, D 33": (513, 513, 33, -1.5, 0.0),
    "B 512, D 10, narrow": (512, 512, 10, -6.0, 0.0),
    "B 512, D 10, far": (512, 512, 10, -1.5, 12.0),
}


def kernels(bench: Bench) -> Iterator[Row]:
    """Compare every kernel with its reference, and run its tests."""
    if bench.device.type == "cuda":
        reason = unusable(bench.device)
        yield Row("Triton's kernels run", float(reason is None), least=1, note=reason or "")
    for name, (samples, components, latents, log_std, far) in SHAPES.items():
        shape = (bench.size(samples, samples // 16), bench.size(components, components // 16), latents)
        errors = {
            f"{estimator}, {family.name}": mixture(bench, estimator, family, (shape, log_std, far))
            for family in FAMILIES.values()
            for estimator in (("mws", "mss", "exact") if samples == components else ("exact",))
        }
        for place, (kind, bound) in enumerate((("values", VALUES), ("gradients", GRADIENTS))):
            worst = max(errors, key=lambda which: errors[which][place])
            yield Row(f"mixtures, {name}: {kind}", errors[worst][place], most=bound, note=f"worst in {worst}")
    yield from likelihood(bench)
    yield from others(bench)
    if bench.device.type == "cuda":
        yield suite()


def suite() -> Row:
    """Run tests/kernels on the device, where pytest is there."""
    what = "tests/kernels: exit code of pytest"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--confcutdir", "tests/kernels"]
    # What runs has been compiled, and what another torch warns of is no fault.
    left_out = ["--ignore", "tests/kernels/test_compiling.py", "-W", "default"]
    lanes = ["-n", "4"] if importlib.util.find_spec("xdist") else []  # which compile side by side
    paths = [str(ROOT), str(ROOT / "tests"), *filter(None, [os.environ.get("PYTHONPATH")])]  # the second for helpers
    there = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    try:
        done = subprocess.run(
            [*command, *left_out, *lanes, "tests/kernels"],
            cwd=ROOT,
            env=there,
            capture_output=True,
            text=True,
            timeout=SUITE,
        )
    except subprocess.TimeoutExpired:
        return Row(what, note=f"had not ended after {SUITE} s", failed=True)
    if "No module named pytest" in done.stderr:
        return Row(what, note="pytest is not installed")
    sys.stderr.write(done.stdout[-2000:])
    return Row(what, float(done.returncode), most=0, note=(done.stdout.strip().splitlines() or [""])[-1])


def mixture(bench: Bench, estimator: str, family: Family, case: tuple[Shape, float, float]) -> tuple[float, float]:
    """Return the relative errors of log q(z) and log q(z_j), and of their gradients, by the formula written out."""
    (samples, components, latents), log_std, far = case
    generator = torch.Generator().manual_seed(1)
    mean, spread = torch.randn(2, components, latents, generator=generator)
    scale = 0.3 * spread + log_std
    own = torch.arange(samples) % components
    z = mean[own] + scale[own].exp() * (torch.randn(samples, latents, generator=generator) + far)
    weights = torch.randn(samples, generator=generator), torch.randn(samples, latents, generator=generator)
    size = 4 * components
    log_weights = {
        "mws": lambda: torch.full((1, components), -math.log(components * size)),
        "mss": lambda: stratified(components, size),
        "exact": lambda: torch.full((1, components), -math.log(components)),
    }[estimator]()

    def found_by(form: str, dtype: torch.dtype) -> tuple[list[Tensor], list[Tensor]]:
        leaves = [tensor.detach().to(bench.device, dtype).requires_grad_() for tensor in (z, mean, scale)]
        if form == "written out":
            log_q = family_log_density(family, *leaves)
            own_weights = log_weights.to(bench.device, dtype)
            values = [
                torch.logsumexp(log_q.sum(2) + own_weights, 1),
                torch.logsumexp(log_q + own_weights[..., None], 1),
            ]
        elif form == "mws":
            values = list(minibatch_weighted(*leaves, size, family=family))
        elif form == "mss":
            values = list(minibatch_stratified(*leaves, size, family=family))
        else:
            values = list(exact(*leaves, family=family))
        sum((value * weight.to(value)).sum() for value, weight in zip(values, weights, strict=True)).backward()
        return [value.detach() for value in values], [leaf.grad for leaf in leaves if leaf.grad is not None]

    ours, reference = found_by(estimator, torch.float32), found_by("written out", torch.float64)
    values, gradients = (max(map(relative, *pair)) for pair in zip(ours, reference, strict=True))
    return values, gradients


def stratified(batch: int, size: int) -> Tensor:
    """Return ln W of Chen et al. 2018, appendix C.2: (batch, batch)."""
    others = batch - 1
    weights = torch.full((batch, batch), 1 / others, dtype=torch.float64)
    place = torch.arange(batch)
    weights[place, place], weights[place, (place + 1) % batch] = 1 / size, (size - others) / (size * others)
    return weights.log()


def family_log_density(family: Family, z: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    """Return ln q(z_ij|n): (samples, components, latents)."""
    distance = (z[:, None] - mean).abs() / log_std.exp()
    kernel = -0.5 * distance**2 if family.name == "normal" else -math.sqrt(2) * distance
    return kernel - log_std - (0.5 * math.log(2 * math.pi) if family.name == "normal" else 0.5 * math.log(2))


def likelihood(bench: Bench) -> Iterator[Row]:
    """Compare the Bernoulli likelihood with torch's cross-entropy."""
    generator = torch.Generator().manual_seed(2)
    shape = (bench.size(2048, 32), 1, 64, 64)
    images, logits = torch.rand(shape, generator=generator).round(), 5 * torch.randn(shape, generator=generator)
    for dtype, bound in ((torch.float32, VALUES), (torch.bfloat16, HALF)):
        ours = logits.detach().to(bench.device, dtype).requires_grad_()
        theirs = ours.detach().double().requires_grad_()
        here = images.to(bench.device)
        found = bernoulli_log_likelihood(here, ours)
        expected = -F.binary_cross_entropy_with_logits(theirs, here.double(), reduction="none").flatten(1).sum(1)
        found.sum().backward()
        expected.sum().backward()
        assert ours.grad is not None
        assert theirs.grad is not None
        name = f"likelihood, {str(dtype).removeprefix('torch.')}"
        yield Row(f"{name}: values", relative(found.detach(), expected.detach()), most=VALUES)
        yield Row(f"{name}: gradients", relative(ours.grad, theirs.grad), most=bound)


def others(bench: Bench) -> Iterator[Row]:
    """Compare the noise with its torch form on the CPU, and unpacked bits with numpy."""
    seeds, step = torch.arange(3), torch.tensor(7)
    noise = CounterNoise(seeds.to(bench.device), step.to(bench.device))
    for stream, (name, family) in enumerate(FAMILIES.items()):
        expected = drawn_with_torch(seeds, step, stream, 20_480, name)
        yield Row(f"noise, {name}", relative(noise.standard(family, (20_480,)), expected), most=VALUES)
    orders = noise.orders(500, 4).cpu()
    keys = drawn_with_torch(seeds, step, 2, 2000, "keys").view(3, 4, 500).argsort(dim=-1, stable=True)
    yield Row("orders, of those that differ", float((orders != keys.transpose(1, 2)).sum()), most=0)
    packed = np.random.default_rng(3).integers(0, 256, (bench.size(100_000, 100), 512), dtype=np.uint8)
    rows = torch.randint(len(packed), (2048,), generator=torch.Generator().manual_seed(4))
    unpacked = Layout((1, 64, 64), binary=True).unpack(torch.from_numpy(packed).to(bench.device), rows.to(bench.device))
    expected = torch.from_numpy(np.unpackbits(packed[rows.numpy()], axis=1)).view(2048, 1, 64, 64)
    yield Row("bits that differ", float((unpacked.cpu() != expected).sum()), most=0)
