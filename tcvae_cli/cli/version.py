"""`--version` and `--machine`: what made a number, for who reports a fault or a result. `--version` loads no torch."""

from collections.abc import Iterator

from tcvae_cli import native
from tcvae_cli.machine import check_environment, choose_precision, start_torch
from tcvae_cli.version import __version__


def versions() -> Iterator[str]:
    """Yield the versions of tcvae, which come first, of Python, the system and torch; and whether C is there."""
    import platform
    from importlib import metadata

    yield f"tcvae {__version__}"
    yield f"Python {platform.python_version()} on {platform.platform()}"
    try:
        yield f"torch {metadata.version('torch')}"
    except metadata.PackageNotFoundError:
        yield "torch is not installed"
    yield f"loops in C: {'no, torch does the same more slowly' if native.library() is None else 'yes'}"


def machine() -> Iterator[str]:
    """Yield the versions, and what a training uses unless it is told otherwise."""
    yield from versions()
    check_environment()
    device = start_torch()
    import torch

    if device.type == "cuda":
        yield f"device: cuda, {torch.cuda.get_device_name(device)}"
    else:
        yield f"device: {device.type}"
    yield f"threads: {torch.get_num_threads()}"
    yield f"precision: {choose_precision('auto', device)}"
