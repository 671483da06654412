"""Binary images, eight pixels in a byte, gathered and unpacked in one pass to the type that networks take."""

import torch
import triton
import triton.language as tl
from torch import Tensor

MOST_BYTES = 256  # in one block


def gather(packed: Tensor, rows: Tensor | None, pixels: int, dtype: torch.dtype) -> Tensor:
    """Return images (*rows, PIXELS) of zeros and ones in a floating DTYPE, as numpy.unpackbits unpacks them.

    packed: (data, bytes) uint8, highest bit first; rows: integers of any shape, or None for all in turn, in which case
    packed may have more axes in front.
    """
    shape = packed.shape[:-1] if rows is None else rows.shape
    found = torch.empty(*shape, pixels, dtype=dtype, device=packed.device)
    if found.numel():
        size, count = packed.shape[-1], found.numel() // pixels
        block = min(MOST_BYTES, triton.next_power_of_2(size))
        chosen = packed if rows is None else rows.contiguous()
        _gather[(count, triton.cdiv(size, block))](
            packed.contiguous(), chosen, found, size, pixels, rows is not None, block=block
        )
    return found


@triton.jit
def _gather(packed, rows, found, size, pixels, chosen: tl.constexpr, block: tl.constexpr):
    place = tl.program_id(0).to(tl.int64)
    row = place
    if chosen:
        row = tl.load(rows + place).to(tl.int64)
    byte = tl.program_id(1) * block + tl.arange(0, block)
    word = tl.load(packed + row * size + byte, mask=byte < size, other=0).to(tl.int32)
    bit = tl.arange(0, 8)
    value = ((word[:, None] >> (7 - bit)[None, :]) & 1).to(tl.float32)
    pixel = byte[:, None] * 8 + bit[None, :]
    tl.store(found + place * pixels + pixel, value.to(found.dtype.element_ty), mask=pixel < pixels)
