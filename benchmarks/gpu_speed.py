"""Sections of gpu_check.py: how long steps, the start of a training, and scores take."""

import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from gpu_rows import Bench, Clock, Row
from gpu_stacks import train_stack
from torch import Tensor, nn

from tcvae_cli.files.descriptions import Description
from tcvae_cli.files.writer import Source, write_data_set
from tcvae_cli.models.vae import build_vae
from tcvae_cli.training.captured import Captured
from tcvae_cli.verbs.decompose import decompose
from tcvae_cli.verbs.encode import encode
from tcvae_cli.verbs.mig import mig
from tcvae_cli.verbs.train import train

SINGLE, STACKED, FACTORVAE, CONV = 1.1, 0.6, 1.8, 2.0  # milliseconds a step at most, and times the products' time
TO_FIRST_STEP, SCORES = 4.0, 1.5  # seconds at most
STACKS = (("beta-tcvae", 8, None), ("beta-tcvae", 32, STACKED), ("factorvae", 16, FACTORVAE))  # members, and the most
LAYERS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


def steps(bench: Bench) -> Iterator[Row]:
    """Time the steps of one run, of runs that are trained as one, and of the convolutional network."""
    batch, count = bench.size(2048, 32), bench.size(1000, 3)
    common = {"batch_size": batch, "steps": count}
    clock = Clock()
    train(
        bench.data,
        "beta-tcvae",
        **common,
        device=bench.device.type,
        report_every=bench.size(100, 1),
        on_report=clock,
    )
    yield Row(f"beta-TCVAE step, MLP, B {batch:,}, one run", clock.milliseconds(), "ms", most=bench.bound(SINGLE))
    common["steps"] = bench.size(400, 3)  # of which the first 100 do not count
    for objective, many, most in STACKS:
        clock, members = Clock(), bench.size(many, 2)
        group = [{"objective": objective, "seed": seed, **common} for seed in range(members)]
        others: list[Callable[[object], object]] = [lambda report: None] * (members - 1)
        train_stack(bench, group, [clock, *others], every=bench.size(100, 1))
        each = clock.milliseconds() / members
        yield Row(f"{objective} step, MLP, B {batch:,}, each of {members} stacked", each, "ms", most=bench.bound(most))
    yield from convolutional(bench, batch, count)


def convolutional(bench: Bench, batch: int, count: int) -> Iterator[Row]:
    """Time a step of the convolutional network on grey images, beside that of its products alone."""
    grey, side = str(bench.folder / "grey.h5"), 64
    pixels = np.random.default_rng(0).integers(0, 256, (4 * batch, side, side), dtype=np.uint8)
    nothing = np.zeros((len(pixels), 0))
    description = Description("noise", len(pixels), (side, side), "grey", (), (), (), "random")
    write_data_set(grey, Source(description, iter([pixels]), nothing.astype(np.int64), nothing))
    clock = Clock()
    train(
        grey,
        "beta-tcvae",
        batch_size=batch,
        steps=bench.size(count // 2, 2),
        device=bench.device.type,
        report_every=bench.size(100, 1),
        on_report=clock,
        note=print,
    )
    products = 1e3 * products_alone(bench, batch, side)
    found = clock.milliseconds()
    yield Row(f"conv step, {side} x {side} grey, B {batch:,}", found, "ms")
    yield Row("its products alone", products, "ms")
    yield Row("conv step in times of its products", found / products, most=bench.bound(CONV))


def products_alone(bench: Bench, batch: int, side: int) -> float:
    """Return the seconds of every layer's product, forward and backward, in bfloat16, one after another."""
    model = build_vae("conv", 10, (1, side, side), seed=0).to(bench.device)
    calls: list[tuple[nn.Module, Tensor, tuple[int, ...]]] = []

    def note(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        calls.append((module, inputs[0].detach(), output.shape))

    hooks = [module.register_forward_hook(note) for module in model.modules() if isinstance(module, LAYERS)]
    with torch.no_grad():
        mean, _ = model.posterior(torch.rand(batch, 1, side, side, device=bench.device))
        model.logits(mean)
    for hook in hooks:
        hook.remove()
    model.bfloat16()
    return sum(product_seconds(bench, *call, first=place == 0) for place, call in enumerate(calls))


def product_seconds(bench: Bench, layer: nn.Module, inputs: Tensor, shape: tuple[int, ...], *, first: bool) -> float:
    """Return the least seconds of a layer, its weights' gradients and, but for the FIRST, those of its inputs."""
    inputs = inputs.bfloat16().requires_grad_(not first)
    slope = torch.randn(shape, device=bench.device).bfloat16()
    if slope.dim() == 4:
        slope = slope.to(memory_format=torch.channels_last)
    wanted = [*layer.parameters()] if first else [inputs, *layer.parameters()]

    def product() -> None:
        torch.autograd.grad(layer(inputs), wanted, slope)

    captured = Captured(product, lambda: [inputs])  # as the step is: starting kernels takes no time of either

    def once() -> float:
        wait(bench)
        start = time.perf_counter()
        for _ in range(bench.size(10, 1)):
            captured.replay()
        wait(bench)
        return (time.perf_counter() - start) / bench.size(10, 1)

    return min(once() for _ in range(4))


def wait(bench: Bench) -> None:
    """Wait for the device."""
    if bench.device.type == "cuda":
        torch.cuda.synchronize(bench.device)


def start(bench: Bench) -> Iterator[Row]:
    """Time `tcvae train` as it is typed, from nothing to its first step and to its end, the second time counting."""
    for time_of in ("the first time", "again"):
        log, run = bench.folder / f"{time_of}.jsonl", bench.folder / "start.safetensors"
        began = time.perf_counter()
        typed = ["train", "--data", bench.data, "--steps", "1", "--log", str(log), "-o", str(run)]
        child = subprocess.Popen([sys.executable, "-m", "tcvae_cli", *typed])
        while child.poll() is None and not (log.exists() and log.stat().st_size):
            time.sleep(0.005)
        first = time.perf_counter() - began
        if child.wait():
            raise RuntimeError(f"tcvae {' '.join(typed)} ended with {child.returncode}")
        most = TO_FIRST_STEP if time_of == "again" else None
        yield Row(f"start of train, to the first step, {time_of}", first, "s", most=bench.bound(most))
    yield Row("the same to the end, evaluation and all", time.perf_counter() - began, "s")


def scores(bench: Bench) -> Iterator[Row]:
    """Time encode, mig and estimate-tc of one run, the second time counting, and compare MIG with that of the CPU."""
    run = train(
        bench.data, "beta-tcvae", batch_size=bench.size(2048, 64), steps=bench.size(500, 2), device=bench.device.type
    )
    device, samples = bench.device.type, bench.size(10_000, 100)
    took: dict[str, float] = {}
    for _ in range(bench.size(2, 1)):
        began = time.perf_counter()
        codes = encode(run, bench.data, posterior_only=True, device=device)
        took["encode"] = time.perf_counter() - began
        found = mig(codes, factors=bench.data, device=device)
        took["mig"] = time.perf_counter() - began - took["encode"]
        decompose(codes, samples=samples, device=device)
        took["TC"] = time.perf_counter() - began - took["encode"] - took["mig"]
    for name, seconds in took.items():
        yield Row(name, seconds, "s")
    yield Row(f"encode, mig and TC ({samples:,} samples) of one run", sum(took.values()), "s", most=bench.bound(SCORES))
    on_cpu = mig(codes, factors=bench.data, device="cpu")
    yield Row("MIG on the device less MIG on the CPU", math.fabs(found.mig - on_cpu.mig), most=1e-5)
