"""Golden cases: tests/cases/TOPIC/NAME/{cmd,stdout,stderr,status}; pytest tests/test_golden.py --accept makes them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.warm import Server

CASES = Path(__file__).parent / "cases"
# Those of the workshop, where other tests may leave more; one case counts the files beside it.
FILES = ("tiny.h5", "unlabelled.h5", "biased.h5", "codes.safetensors", "run.safetensors", "run_codes.safetensors")


@pytest.mark.parametrize("case", sorted(CASES.glob("*/*")), ids=lambda case: f"{case.parent.name}/{case.name}")
def test_case(case: Path, workshop: Path, warm: Server, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    for name in FILES:
        (tmp_path / name).symlink_to(workshop / name)
    environment = {
        "PATH": f"{warm.programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "COLUMNS": "100",
        "LC_ALL": "C.UTF-8",
    }
    result = subprocess.run(
        [shutil.which("bash") or "bash", "-c", (case / "cmd").read_text()],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    found = {"stdout": result.stdout, "stderr": result.stderr, "status": f"{result.returncode}\n"}
    if request.config.getoption("--accept"):
        for name, text in found.items():
            (case / name).write_text(text)
    assert found == {name: (case / name).read_text() for name in found}
