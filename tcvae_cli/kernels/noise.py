"""Noise that is a function of seed, step and place alone: Philox 4x32-10 (Salmon et al. 2011), as Triton has it."""

import torch
import triton
import triton.language as tl
from torch import Tensor

BLOCK = 256  # groups of four words in one program
NORMAL, LAPLACE, KEYS = 0, 1, 2


def draw(seeds: Tensor, step: Tensor, stream: int, count: int, kind: int) -> Tensor:
    """Return (members, COUNT) numbers of each seed at a step: standard NORMAL or LAPLACE float32, or 63-bit KEYS.

    seeds: (members,) int64; step: () int64. The torch form with the same bits is in models/noise.py.
    """
    keys = kind == KEYS
    found = torch.empty(len(seeds), count, dtype=torch.int64 if keys else torch.float32, device=seeds.device)
    groups = triton.cdiv(count, 2 if keys else 4)
    if found.numel():
        _draw[(triton.cdiv(groups, BLOCK), len(seeds))](seeds, step, found, stream, count, kind=kind, block=BLOCK)
    return found


@triton.jit(do_not_specialize=["stream", "count"])  # else each is compiled again for 1 and for multiples of 16
def _draw(seeds, steps, found, stream, count, kind: tl.constexpr, block: tl.constexpr):
    member = tl.program_id(1)
    group = tl.program_id(0) * block + tl.arange(0, block)
    seed = tl.load(seeds + member).to(tl.uint64)
    step = tl.load(steps).to(tl.uint64)
    key = (step << 32) | (seed & 0xFFFFFFFF)
    zero = tl.zeros([block], tl.uint32)
    further = zero + (step >> 32).to(tl.uint32)
    a, b, c, d = tl.philox(key, group.to(tl.uint32), zero + stream, further, zero + (seed >> 32).to(tl.uint32))
    row = found + member.to(tl.int64) * count
    if kind == 2:
        first = ((a >> 1).to(tl.int64) << 32) | b.to(tl.int64)
        second = ((c >> 1).to(tl.int64) << 32) | d.to(tl.int64)
        place = tl.program_id(0).to(tl.int64) * 2 * block + tl.arange(0, 2 * block)
        tl.store(row + place, tl.interleave(first, second), mask=place < count)
    else:
        place = tl.program_id(0).to(tl.int64) * 4 * block + tl.arange(0, 4 * block)
        if kind == 0:
            a, b = _box_muller(a, b)
            c, d = _box_muller(c, d)
        else:
            a, b, c, d = _laplace(a), _laplace(b), _laplace(c), _laplace(d)
        tl.store(row + place, tl.interleave(tl.interleave(a, c), tl.interleave(b, d)), mask=place < count)


@triton.jit
def _box_muller(first, second):
    radius = tl.sqrt(-2.0 * tl.log(first.to(tl.float32) * 2.0**-32 + 2.0**-33))
    angle = second.to(tl.float32) * (2.0**-32 * 6.283185307179586)
    return radius * tl.cos(angle), radius * tl.sin(angle)


@triton.jit
def _laplace(word):
    distance = -tl.log((word >> 1).to(tl.float32) * 2.0**-31 + 2.0**-32) * 0.7071067811865476
    return tl.where((word & 1) == 1, -distance, distance)
