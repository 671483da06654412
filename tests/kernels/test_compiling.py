"""Every kernel compiles for an H100, which needs no GPU: what the interpreter takes, the compiler may not."""

import os
from collections.abc import Callable
from typing import Any

import pytest
import torch

triton = pytest.importorskip("triton", reason="Triton is not installed: `make kernel-test` compiles with it")
if os.environ.get("TRITON_INTERPRET") == "1":
    pytest.skip("the interpreter compiles nothing", allow_module_level=True)

FLOATS, HALVES = torch.zeros(2, 40), torch.zeros(2, 40, dtype=torch.bfloat16)
ROWS, BYTES = torch.zeros(2, dtype=torch.int64), torch.zeros(2, 5, dtype=torch.uint8)
EXAMPLES: dict[str, Callable[[], object]] = {}


def example(name: str) -> Callable[[Callable[[], object]], None]:
    """Note down a call of a kernel's function, on tensors of the kinds that it is used with."""
    return lambda call: EXAMPLES.__setitem__(name, call)


@example("noise")
def _() -> None:
    from tcvae_cli.kernels import noise

    for kind in (noise.NORMAL, noise.LAPLACE, noise.KEYS):
        noise.draw(ROWS, ROWS[0], 1, 40, kind)


@example("likelihood")
def _() -> None:
    from tcvae_cli.kernels import likelihood

    for images, logits in ((FLOATS, FLOATS), (FLOATS, HALVES), (HALVES, HALVES)):
        likelihood.forward(images, logits)
        likelihood.backward(images, logits, FLOATS[:, 0].contiguous())


@example("bits")
def _() -> None:
    from tcvae_cli.kernels import bits

    for rows, dtype in ((ROWS, torch.bfloat16), (ROWS.int(), torch.float32), (None, torch.float32)):
        bits.gather(BYTES, rows, 37, dtype)


@example("adam")
def _() -> None:
    from tcvae_cli.kernels import adam

    adam.step(FLOATS, FLOATS, FLOATS, HALVES, HALVES, FLOATS[0, :2])
    adam.step(FLOATS, FLOATS, FLOATS, FLOATS, None, FLOATS[0, :2])


@example("mixture")
def _() -> None:
    from tcvae_cli.kernels.mixture import Mixing, log2_joint, log2_marginals
    from tcvae_cli.kernels.mixture_gradients import gradients

    for latents, laplace, first in ((10, False, -1), (40, False, 3), (1, True, 0)):
        numbers = torch.zeros(2, latents, 100)  # more than one block of components
        mixing = Mixing(numbers, numbers, numbers, numbers[0, 0], laplace, first)
        values = log2_joint(mixing), log2_marginals(mixing)
        gradients(mixing, values, values)


@example("density")
def _() -> None:
    from tcvae_cli.kernels import density

    numbers, geometry = torch.zeros(3, 2, dtype=torch.float64), torch.zeros(17, dtype=torch.float64)
    for cusp in (False, True):
        density.sums(torch.zeros(2, 2, dtype=torch.int64), ROWS, ROWS, numbers, geometry, cusp=cusp)


@pytest.mark.parametrize("capability", [80, 90])
@pytest.mark.parametrize("name", EXAMPLES)
def test_compiles(name: str, capability: int, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []

    def compile_only(kernel: Any, *values: Any, grid: object, warmup: bool, **named: Any) -> None:
        given = {**dict(zip(kernel.arg_names, values, strict=False)), **named}
        constants = {
            parameter.name: given[parameter.name]
            for parameter in kernel.params
            if parameter.is_constexpr or given[parameter.name] is None
        }
        types = {
            name: "constexpr" if name in constants else triton.runtime.jit.mangle_type(given[name])
            for name in kernel.arg_names
        }
        options = {name: value for name, value in named.items() if name not in kernel.arg_names}
        source = triton.compiler.ASTSource(kernel, types, constexprs=constants)
        target = triton.backends.compiler.GPUTarget("cuda", capability, 32)
        compiled.append(triton.compile(source, target=target, options=options))

    monkeypatch.setattr(triton.runtime.jit.JITFunction, "run", compile_only)
    EXAMPLES[name]()
    assert compiled
    assert all("cubin" in kernel.asm for kernel in compiled)
