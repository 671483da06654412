"""Adam (Kingma & Ba 2015) in one pass over the weights and their moments, which also writes the bfloat16 copies."""

import triton
import triton.language as tl
from torch import Tensor

BLOCK = 1024


def step(
    parameter: Tensor,
    moment: Tensor,
    second_moment: Tensor,
    gradient: Tensor,
    half: Tensor | None,
    schedule: Tensor,
    *,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
) -> None:
    """Take a step in place, all float32 of one shape; the gradient and HALF, a copy to write, of any floating type.

    schedule: (2,) float32, learning rate / (1 - beta_1^t) and 1 / sqrt(1 - beta_2^t) of the step t counted from 1.
    """
    if count := parameter.numel():
        _step[(triton.cdiv(count, BLOCK),)](
            *(parameter, moment, second_moment, gradient, parameter if half is None else half, schedule, count),
            *(*betas, 1 - betas[0], 1 - betas[1], eps),
            copied=half is not None,
            block=BLOCK,
        )


@triton.jit
def _step(
    parameter,
    moment,
    second_moment,
    gradient,
    half,
    schedule,
    count,
    first,
    second,
    first_rest,
    second_rest,
    eps,
    copied: tl.constexpr,
    block: tl.constexpr,
):
    place = tl.program_id(0).to(tl.int64) * block + tl.arange(0, block)
    inside = place < count
    rate, scale = tl.load(schedule), tl.load(schedule + 1)
    slope = tl.load(gradient + place, mask=inside, other=0.0).to(tl.float32)
    mean = tl.load(moment + place, mask=inside, other=0.0) * first + slope * first_rest
    square = tl.load(second_moment + place, mask=inside, other=0.0) * second + slope * slope * second_rest
    value = tl.load(parameter + place, mask=inside, other=0.0) - rate * mean / (tl.sqrt(square) * scale + eps)
    tl.store(moment + place, mean, mask=inside)
    tl.store(second_moment + place, square, mask=inside)
    tl.store(parameter + place, value, mask=inside)
    if copied:
        tl.store(half + place, value.to(half.dtype.element_ty), mask=inside)
