"""What a shell is told when somebody presses Tab."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("tcvae score c --measure sap,mod", ["sap,modularity"]),
        ("tcvae sweep --objective beta-tcvae,beta-", ["beta-tcvae,beta-vae"]),
        ("tcvae compare --published ds", ["dsprites"]),
        ("tcvae mig --factors tiny.h5 --factor pos", ["posX", "posY"]),
        ("tcvae mig run_codes.safetensors --factor sc", ["scale"]),
        ("tcvae subset tiny.h5 --where sh", ["shape="]),
        ("tcvae mig missing.h5 --factor sc", []),
    ],
)
def test_words_are_completed(line: str, words: list[str], workshop: Path) -> None:
    asked = {"_TCVAE_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    found = subprocess.run(
        [sys.executable, "-m", "tcvae_cli"],
        cwd=workshop,
        env=os.environ | asked | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (found.stdout.split(), found.stderr) == (words, "")
