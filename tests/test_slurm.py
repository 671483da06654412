"""The recipes under a real SLURM: tests/slurm/test, which takes minutes, and so only where it is asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(
    "TCVAE_SLURM_TEST" not in os.environ, reason="takes minutes: `make slurm-test`, or set TCVAE_SLURM_TEST=1"
)
def test_a_node_dies_and_make_finishes_what_is_missing() -> None:
    tcvae = Path(sys.executable).parent / "tcvae"
    run = subprocess.run(
        ["make", "slurm-test", f"TCVAE={tcvae}", f"VENV={sys.prefix}"], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
    if "skipped" in run.stdout:
        pytest.skip(run.stdout.strip())
    assert "slurm-test: passed" in run.stdout


def test_without_slurm_it_says_so_and_is_no_failure(tmp_path: Path) -> None:
    for name in ("bash", "realpath", "dirname", "mktemp", "chmod", "tail", "rm"):
        (tmp_path / name).symlink_to(next(p for p in (Path("/usr/bin") / name, Path("/bin") / name) if p.exists()))
    for script in ("start", "test"):
        text = (ROOT / "tests/slurm" / script).read_text().replace(":/usr/sbin:/sbin", "")
        (tmp_path / "slurm").mkdir(exist_ok=True)
        (tmp_path / "slurm" / script).write_text(text)
        (tmp_path / "slurm" / script).chmod(0o755)
    (tmp_path / "slurm/stop").symlink_to(ROOT / "tests/slurm/stop")
    run = subprocess.run(
        [tmp_path / "bash", tmp_path / "slurm/test"],
        env={"PATH": str(tmp_path), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0
    assert run.stdout == (
        "slurm-test: skipped, no SLURM here: munged is not installed (apt-get install slurm-wlm munge)\n"
    )
