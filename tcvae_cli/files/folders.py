"""Folders that are made for what is written into them."""

import os

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.streams import system_fault


def make_folder(path: str, cure: str) -> None:
    """Make a folder and those above it. TcvaeError with this CURE where that cannot be."""
    check_folder(path, cure)
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        fault = "no folder can be made there" if isinstance(error, FileNotFoundError) else system_fault(error)
        raise TcvaeError(path, fault, cure) from None


def check_folder(path: str, cure: str) -> None:
    """Refuse with this CURE a path where something else than a folder is in the way, which is named."""
    while path and not os.path.lexists(path):
        path = os.path.dirname(path)
    if path and not os.path.isdir(path):
        raise TcvaeError(path, "is not a folder", cure)
