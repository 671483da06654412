"""Small files that most tests share, made once, and a way to run the command line in this process."""

import functools
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import typer.main

from tcvae_cli.__main__ import run as run_command_line
from tcvae_cli.datasets import dsprites
from tcvae_cli.datasets.labels import grid_factors
from tcvae_cli.files.data_sets import Description
from tcvae_cli.files.writer import Source, write_data_set

os.environ.pop("PYTHONUNBUFFERED", None)  # as in a user's shell: what is printed may still wait when a command ends

SHARED = Path(__file__).parents[2] / "shared"

typer.main.get_command = functools.cache(typer.main.get_command)  # a process of `tcvae` needs it once, this one often


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference material beside a developer's checkout; users do not have it."""
    if not SHARED.is_dir():
        pytest.skip("needs the reference vectors, which are not part of the project")
    return SHARED


def tiny_rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images, classes and values of 3 shapes x 2 scales x 4 orientations x 2 x 4 positions of dSprites: 192 rows."""
    images, classes, values = [], [], []
    for shape in range(3):
        for i, scale in enumerate((1, 5)):
            for j, orientation in enumerate((0, 10, 20, 30)):
                packed = dsprites.render_combination(shape, scale, orientation).reshape(32, 32, -1)
                for k, x in enumerate((4, 28)):
                    for m, y in enumerate((2, 11, 20, 29)):
                        images.append(np.unpackbits(packed[x, y]).reshape(64, 64))
                        classes.append((0, shape, i, j, k, m))
                        values.append((1.0, shape + 1.0, scale / 10 + 0.5, orientation / 6.2, x / 31, y / 31))
    return np.stack(images), np.array(classes, dtype=np.int64), np.array(values)


def factor_tables() -> tuple[np.ndarray, np.ndarray]:
    """Classes and values (737280, 6) of all dSprites in the published order."""
    factors = grid_factors(dsprites.LEVELS)
    return np.stack([f.classes for f in factors], axis=1), np.stack([f.values for f in factors], axis=1)


def write_tiny(path: Path, labelled: bool = True, probability: np.ndarray | None = None) -> None:
    """The tiny grid as a data set file."""
    images, classes, values = tiny_rows()
    names = dsprites.FACTOR_NAMES if labelled else ()
    sizes = (1, 3, 2, 4, 2, 4) if labelled else ()
    scored = dsprites.SCORED if labelled else ()
    description = Description(
        "tiny-dsprites", len(images), (64, 64), "binary", names, sizes, scored, "rendered, thinned"
    )
    if not labelled:
        classes, values = classes[:, :0], values[:, :0]
    write_data_set(path, Source(description, iter([images]), classes, values, probability=probability))


def write_third_party_codes(path: Path) -> None:
    """Codes as someone else would write them: z0 tells factor_0 exactly, z1 tells half of factor_1, z2 is dead."""
    classes = np.indices((4, 6)).reshape(2, -1).T.astype(np.int64)
    mean = np.stack([classes[:, 0] * 2.0 - 3, classes[:, 1] // 3 * 4.0 - 2, np.zeros(24)], axis=1).astype(np.float32)
    log_std = np.log(np.tile([0.1, 0.1, 1.0], (24, 1))).astype(np.float32)
    tensors = {"mean": mean, "log_std": log_std, "factor_classes": classes}
    safetensors.numpy.save_file({name: np.ascontiguousarray(t) for name, t in tensors.items()}, path)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tiny.h5, unlabelled.h5, other.h5, codes.safetensors (a third party's), run and run codes."""
    folder = tmp_path_factory.mktemp("workshop")
    write_tiny(folder / "tiny.h5")
    write_tiny(folder / "unlabelled.h5", labelled=False)
    weight = np.arange(1.0, 193.0)
    write_tiny(folder / "biased.h5", probability=weight / weight.sum())
    write_third_party_codes(folder / "codes.safetensors")
    here = Path.cwd()
    os.chdir(folder)
    try:
        for arguments in (
            "train --data tiny.h5 --steps 4 --batch-size 64 --precision float32 -o run.safetensors",
            "encode run.safetensors -o run_codes.safetensors",
        ):
            assert call(*arguments.split())[0] == 0
    finally:
        os.chdir(here)
    return folder


class Standard(io.TextIOWrapper):
    """A standard stream of bytes in memory, not a terminal."""

    def __init__(self, content: bytes = b"") -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8", write_through=True)

    def content(self) -> bytes:
        """All that was written."""
        return self.buffer.getvalue()  # type: ignore[attr-defined,no-any-return]


def call(*arguments: str, stdin: bytes = b"") -> tuple[int, bytes, str]:
    """Exit code, stdout and stderr of `tcvae ARGUMENTS`, in this process."""
    saved = sys.argv, sys.stdin, sys.stdout, sys.stderr
    out, err = Standard(), Standard()
    sys.argv, sys.stdin, sys.stdout, sys.stderr = ["tcvae", *arguments], Standard(stdin), out, err
    try:
        status = run_command_line()
    finally:
        sys.argv, sys.stdin, sys.stdout, sys.stderr = saved
    return status, out.content(), err.content().decode()


@pytest.fixture
def tcvae(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run `tcvae` in the workshop folder: (exit code, stdout, stderr)."""
    monkeypatch.chdir(workshop)
    return call


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--accept`: take what the golden cases print now as right; review it with git diff."""
    parser.addoption("--accept", action="store_true", help="rewrite the golden cases")
    parser.addoption("--torture", action="store_true", help="tests/torture at full length, with figures at the end")


TALLIES = pytest.StashKey[list[tuple[str, int, int]]]()


@pytest.fixture(scope="session")
def torture(request: pytest.FixtureRequest) -> bool:
    """Whether the long form was asked for."""
    return bool(request.config.getoption("--torture"))


@pytest.fixture(scope="session")
def tally(request: pytest.FixtureRequest) -> Callable[[str, int, int], None]:
    """Note down how many cases of something were tried, and how many of them were faults that were survived."""
    noted = request.config.stash.setdefault(TALLIES, [])
    return lambda what, cases, faults: noted.append((what, cases, faults))


def pytest_configure(config: pytest.Config) -> None:
    """Marks of ours."""
    config.addinivalue_line("markers", "long: only with --torture")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is too long for every day."""
    if not config.getoption("--torture"):
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("long")])
        items[:] = [item for item in items if not item.get_closest_marker("long")]


@pytest.fixture(scope="session")
def specimen_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an honest file of every format that is read: tests/torture/specimens.py. To be copied."""
    import specimens

    folder = tmp_path_factory.mktemp("specimens")
    specimens.make(folder)
    return folder


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The figures of docs/reliability.md."""
    if config.getoption("--torture") and (noted := config.stash.get(TALLIES, [])):
        terminalreporter.section("cases tried, faults survived")
        for what, cases, faults in noted:
            terminalreporter.write_line(f"| {what} | {cases:,} | {faults:,} |")
        terminalreporter.write_line(f"| in all | {sum(n for _, n, _ in noted):,} | {sum(n for _, _, n in noted):,} |")
