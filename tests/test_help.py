"""`--help`: what a missing flag means, and nothing heavy imported to say it."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

Verb = Callable[..., Any]


@pytest.mark.parametrize(
    ("verb", "default"),
    [
        ("mig", "the data set's own choice"),
        ("mig", "table on a terminal, else json"),
        ("score", "the data set's own choice"),
        ("compare", "the result's main number"),
        ("estimate-tc", "10000"),
        ("train", "half of what is free"),
        ("traverse", "the prior mean"),
    ],
)
def test_help_says_what_a_missing_flag_means(tcvae: Verb, verb: str, default: str) -> None:
    """Not as if `[default: ...]` were markup."""
    words = tcvae(verb, "--help")[1].decode().replace("│", " ").split()
    assert f"[default: {default}]" in " ".join(words)


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from tcvae_cli.__main__ import run; sys.argv = ['tcvae', 'train', '--help']; run();"
        "print([m for m in ('torch', 'h5py', 'numpy', 'matplotlib', 'PIL') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"
