"""Random codes, and how near two computations of the same quantity must be."""

import torch

TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}
DTYPES = (torch.float32, torch.float64)


def sample(rows: int, latents: int, dtype: torch.dtype = torch.float64, seed: int = 0) -> tuple[torch.Tensor, ...]:
    """Return z, mean, log_std (rows, latents) with z[i] drawn from row i."""
    generator = torch.Generator().manual_seed(seed)
    mean, noise, spread = torch.randn(3, rows, latents, generator=generator, dtype=torch.float64)
    log_std = 0.5 * spread - 1
    return tuple(t.to(dtype) for t in (mean + log_std.exp() * noise, mean, log_std))
