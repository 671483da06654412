"""`make gpu-check`: its sections run on the CPU in a tiny form, and one that fails or hangs stops no other."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from helpers.tiny import write_tiny

FOLDER = Path(__file__).parents[1] / "benchmarks"
QUICK = ("kernels", "objectives")  # sections; the others take seconds each


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))


def tiny_check(folder: Path, names: Sequence[str], capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    import gpu_check

    write_tiny(folder / "tiny.h5", side=32)
    only = [f"--only={name}" for name in names]
    code = gpu_check.main([str(folder / "tiny.h5"), "--tiny", "-o", str(folder / "found.json"), *only])
    printed, errors = capsys.readouterr()
    assert code == 0, printed + errors
    rows = json.loads((folder / "found.json").read_text())["rows"]
    assert {row["section"] for row in rows} == set(names)
    assert len(printed.splitlines()) == 1 + len(rows)
    return rows


def test_the_quick_sections(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert {row["verdict"] for row in tiny_check(tmp_path, QUICK, capsys)} == {"yes"}


def test_a_section_alone_writes_its_rows_as_they_come(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import gpu_check
    from gpu_rows import rows_in

    nowhere, rows = str(tmp_path / "nowhere.h5"), tmp_path / "rows"
    assert gpu_check.main([nowhere, "--tiny", "--section", "objectives", "--rows", str(rows)]) == 0
    (row,) = rows_in(rows)
    assert (row.section, row.verdict) == ("objectives", "FAILED")
    assert "nowhere.h5" in row.note
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.long
def test_the_other_sections(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import gpu_check

    tiny_check(tmp_path, [name for name in gpu_check.SECTIONS if name not in QUICK], capsys)


def test_a_section_that_fails_or_hangs_keeps_its_rows(capfd: pytest.CaptureFixture[str]) -> None:
    import gpu_check

    row = json.dumps({"what": "first", "value": 1.0, "most": 2})
    for end, seconds, note in (
        ("echo broken; exit 3", 60, "the process ended with 3"),
        ("printf '{torn' >> $0; sleep 60", 2, "had not ended after 2 s"),
    ):
        command = ["sh", "-c", f"echo '{row}' >> $0; {end}"]
        first, last = gpu_check.in_own_process("here", command, seconds)
        assert (first.verdict, last.verdict, last.note) == ("yes", "FAILED", note)
    assert "broken" in capfd.readouterr().err


def test_verdicts() -> None:
    from gpu_rows import Row

    rows = [Row("a", 1.0, most=1), Row("b", 2.0, most=1), Row("c", float("nan"), least=0), Row("d", 3.0), Row("e")]
    assert [row.verdict for row in rows] == ["yes", "NO", "NO", "", ""]


def test_the_earlier_runs_are_those_of_the_paper() -> None:
    import gpu_paper

    found = {name: gpu_paper.before(name, "mig") for name in ("beta-tcvae", "beta-vae", "vae")}
    assert {name: len(values) for name, values in found.items()} == {"beta-tcvae": 15, "beta-vae": 12, "vae": 5}
    assert sorted(found["beta-tcvae"])[7] == pytest.approx(0.215, abs=5e-4)  # the median that docs/performance.md tells


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_one_line_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    import gpu_check

    assert gpu_check.main([]) == 1
    assert capsys.readouterr() == ("", f"gpu-check: {gpu_check.lacking(torch.version.cuda)}\n")
    assert "VENV=none" in gpu_check.lacking(None)
    assert "driver" in gpu_check.lacking("13.0")
