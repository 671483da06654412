"""Try tcvae as it is installed beside this Python: make a few images, train ten steps on them, encode, measure."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TCVAE = shutil.which("tcvae", path=Path(sys.executable).parent)
MAKE_IMAGES = """
import numpy
squares = numpy.zeros((64, 64, 64), "uint8")
places = [(row, column) for row in range(8) for column in range(8)]
for image, (row, column) in zip(squares, places):
    image[8 * row : 8 * row + 8, 8 * column : 8 * column + 8] = 255
numpy.savez("squares.npz", images=squares, factors=numpy.array(places))
"""


def run(*command: str, given: bytes | None = None) -> bytes:
    """Return what a COMMAND prints."""
    print("$", *(Path(command[0]).name, *command[1:]), flush=True)
    return subprocess.run(command, input=given, stdout=subprocess.PIPE, check=True, cwd=folder, timeout=600).stdout


with tempfile.TemporaryDirectory() as folder:
    subprocess.run([sys.executable, "-c", MAKE_IMAGES], check=True, cwd=folder, timeout=600)
    print(run(TCVAE, "--version").decode(), end="")
    assert b"train" in run(TCVAE, "--help")
    run(TCVAE, "prepare", "arrays", "--source", "squares.npz", "-o", "squares.h5")
    run(TCVAE, "train", "--data", "squares.h5", "--batch-size", "16", "--steps", "10", "-o", "run.safetensors")
    codes = run(TCVAE, "encode", "run.safetensors")
    line = json.loads(run(TCVAE, "mig", "--factors", "squares.h5", given=codes))
print(f"MIG {line['mig']:.3f}")
