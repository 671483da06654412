"""What the environment may hold: what says nothing is refused by every verb, and what is empty is as good as unset."""

import errno
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tcvae_cli
from helpers.command import call
from helpers.warm import Server
from tcvae_cli import native
from tcvae_cli.errors import ArgumentError, is_for_memory
from tcvae_cli.machine import choose_precision, start_torch

Verb = Callable[..., Any]


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("TCVAE_DEVICE", "gpu", "is 'gpu'; set it to auto, cpu or cuda"),
        ("TCVAE_DEVICE", " ", "is ' '; set it to auto, cpu or cuda"),
        ("TCVAE_THREADS", "many", "is 'many'; set it to a whole number from 1 to 1024"),
        ("TCVAE_THREADS", "0", "is '0'; set it to a whole number from 1 to 1024"),
    ],
)
def test_a_variable_that_says_nothing_is_refused_by_every_verb(
    tcvae: Verb, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    for words in ("mig codes.safetensors", "show tiny.h5", "subset tiny.h5 --sample 3", "encode run.safetensors"):
        assert tcvae(*words.split()) == (2, b"", f"tcvae: {variable}: {said}\n")
    assert tcvae("encode", "run.safetensors", "--device", "cpu")[0] == 2  # which would not have asked
    assert tcvae("show", "--help")[0] == 0


@pytest.mark.usefixtures("torch_threads")
def test_the_versions_and_the_machine_are_named(tcvae: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setenv("TCVAE_DEVICE", "cpu")
    monkeypatch.delenv("TCVAE_THREADS", raising=False)
    status, printed, _ = tcvae("--version")
    first, python, of_torch, loops = printed.decode().splitlines()
    assert (status, first) == (0, f"tcvae {tcvae_cli.__version__}")
    assert python.startswith(f"Python {platform.python_version()} on ")
    assert torch.__version__.startswith(of_torch.removeprefix("torch "))
    assert loops.startswith("loops in C: no" if native.library() is None else "loops in C: yes")
    precision = choose_precision("auto", torch.device("cpu"))
    torch.set_num_threads(3)  # as OMP_NUM_THREADS may have it
    assert tcvae("--machine") == (0, printed + f"device: cpu\nthreads: 3\nprecision: {precision}\n".encode(), "")


def test_an_empty_variable_is_unset(tcvae: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = tcvae("encode", "run.safetensors")
    for variable in ("TCVAE_DEVICE", "TCVAE_THREADS"):
        monkeypatch.setenv(variable, "")
    assert tcvae("encode", "run.safetensors") == wanted


def test_a_device_that_is_not_there_is_the_fault_of_who_asked(tcvae: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    said = "there is no CUDA device"
    for command in ("encode run.safetensors", "mig codes.safetensors", "estimate-tc codes.safetensors"):
        refused = f"tcvae: --device: {said}; use --device cpu\n"
        assert tcvae(*command.split(), "--device", "cuda") == (2, b"", refused)
    assert tcvae("mig", "--device", "cuda") == (2, b"", refused)  # before it waits for codes
    monkeypatch.setenv("TCVAE_DEVICE", "cuda")
    refused = f"tcvae: TCVAE_DEVICE: {said}; set it to cpu, or unset it\n"
    assert tcvae("encode", "run.safetensors") == (2, b"", refused)
    assert tcvae("encode", "run.safetensors", "--device", "cpu")[0] == 0
    assert tcvae("mig", "codes.safetensors") == (2, b"", refused)
    assert tcvae("score", "codes.safetensors", "--measure", "sap-r2")[0] == 0  # which works on the CPU alone


def test_the_gpu_of_apple_is_refused_and_never_chosen(tcvae: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    why = "Apple's GPU has no 64-bit numbers, with which much is computed here"
    for command in ("train --data tiny.h5 -o x", "encode run.safetensors", "mig codes.safetensors"):
        status, output, errors = tcvae(*command.split(), "--device", "mps")
        assert (status, output, errors.count("\n")) == (2, b"", 1)
        assert f"{why}: use --device cpu, or see tcvae {command.split()[0]} --help" in errors
    with pytest.raises(ArgumentError, match=f"is 'mps', but {why}"):
        tcvae_cli.load("run.safetensors", device="mps")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert start_torch("auto") == torch.device("cpu")
    monkeypatch.setenv("TCVAE_DEVICE", "mps")
    assert f"TCVAE_DEVICE: is 'mps', but {why}; set it to auto, cpu or cuda" in tcvae("mig", "codes.safetensors")[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mig", ""), "CODES: is empty; give codes,"),
        (("encode", "run.safetensors", "--data", ""), "--data: is empty; give a data set,"),
        (("train", "--data", "tiny.h5", "--steps", "1", "--log", "", "-o", "x"), "--log: is empty; give the path"),
        (("prepare", "folder", "--source", "", "-o", "x"), "--source: is empty; give the path"),
        (("encode", "run.safetensors", "-o", ""), "--output: is empty; name a file"),
    ],
)
def test_an_empty_name_as_of_an_unset_variable_is_called_one(tcvae: Verb, words: tuple[str, ...], said: str) -> None:
    status, _, errors = tcvae(*words)
    assert (status, errors[: len(said) + 7]) == (2, f"tcvae: {said}")


def test_figures_ask_no_variable_of_matplotlib(workshop: Path, warm: Server, tmp_path: Path) -> None:
    line = tmp_path / "line.json"
    line.write_bytes(call("mig", str(workshop / "codes.safetensors"))[1])
    bad = {"MPLBACKEND": "none", "SOURCE_DATE_EPOCH": "never", "MATPLOTLIBRC": str(line)}
    for environment in ({}, bad):
        command = [warm.programs / "tcvae", "plot", "box", line, "-o", tmp_path / f"{len(environment)}.pdf"]
        drawn = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=300)
        assert (drawn.returncode, drawn.stderr) == (0, "")
    assert (tmp_path / "0.pdf").read_bytes() == (tmp_path / "3.pdf").read_bytes()


def test_a_current_directory_that_is_gone_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.rmdir()
    said = "tcvae: the current directory: is not there any more; change to another one\n"
    assert call("mig", "codes.safetensors") == (1, b"", said)
    assert call("--machine")[::2] == (1, said)
    assert call("mig", "--help")[0] == 0


def test_names_and_results_are_utf8_in_every_locale(workshop: Path) -> None:
    settings = {"objective": "vae", "beta": 1.0, "seed": 0}
    line = {"kind": "mig", "schema": 2, "mig": 0.5, "estimator": "exact", "data_set": "é–ü", "provenance": "rendered"}
    Path(workshop, "résultats.jsonl").write_text(json.dumps(line | {"settings": settings}), "utf-8")
    command = [sys.executable, "-c", "from tcvae_cli.__main__ import main; main()", "compare", "résultats.jsonl"]
    other = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    found = [
        subprocess.check_output(command, cwd=workshop, env=os.environ | locale, stderr=subprocess.DEVNULL, timeout=300)
        for locale in ({"LC_ALL": "C.UTF-8"}, other, {"PYTHONIOENCODING": "latin-1"})
    ]
    assert found == found[:1] * 3
    assert json.loads(found[0].decode("utf-8"))["data_set"] == "é–ü (rendered)"
    refused = subprocess.run(
        [*command, "missé.jsonl"], cwd=workshop, env=os.environ | other, capture_output=True, timeout=300
    )
    assert refused.stderr.decode().startswith("tcvae: missé.jsonl: no such file")


@pytest.mark.parametrize("kilobytes", [40_000, 400_000])  # too few for the command line, and for torch
def test_a_limit_below_what_libraries_need_is_one_line(workshop: Path, kilobytes: int) -> None:
    program = f"{sys.executable} -c 'from tcvae_cli.__main__ import main; main()'"
    command = ["bash", "-c", f"ulimit -v {kilobytes}; {program} encode run.safetensors"]
    found = subprocess.run(command, cwd=workshop, capture_output=True, text=True, timeout=300)
    said = (
        "tcvae: memory: there is not enough of it; use a smaller data set, batch or model, or allow more (ulimit -v)\n"
    )
    assert (found.returncode, found.stdout, found.stderr) == (1, "", said)


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (MemoryError(), True),
        (SystemError("error return without exception set"), True),
        (SystemError("bad argument to internal function"), False),
        (OSError(errno.ENOMEM, "Cannot allocate memory", "file"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"), True),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), False),
        (OSError(errno.ENOENT, "No such file or directory", "out of memory"), False),
    ],
)
def test_want_of_memory_is_told_from_other_faults(error: BaseException, wanted: bool) -> None:
    assert is_for_memory(error) == wanted
