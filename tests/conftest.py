"""Options of the suite, and the fixtures that most tests share. What is no fixture is in helpers/."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from helpers.command import call
from helpers.makefile import Workshop, draw_figure3
from helpers.once import once
from helpers.tiny import write_third_party_codes, write_tiny
from helpers.warm import Server, server

os.fsync = lambda handle: None  # processes die here, not machines, and disks are slow
os.environ.pop("PYTHONUNBUFFERED", None)  # as in a user's shell: what is printed may still wait when a command ends

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the reference material beside a developer's checkout; users do not have it."""
    if not SHARED.is_dir():
        pytest.skip("needs the reference vectors, which are not part of the project")
    return SHARED


def furnish(folder: Path) -> None:
    """Fill the workshop."""
    write_tiny(folder / "tiny.h5")
    write_tiny(folder / "small.h5", side=32)
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


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with tiny.h5, small.h5, unlabelled.h5, biased.h5, codes of a third party, a run and its codes."""
    return shutil.copytree(once(tmp_path_factory, "workshop", furnish), tmp_path_factory.mktemp("workshop") / "copy")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder for pictures, alone in another one."""
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"


@pytest.fixture
def make_folder(tmp_path: Path) -> Workshop:
    """Return a folder with the Makefile and a fake tcvae: helpers/makefile.py."""
    return Workshop(tmp_path, "DATA_SETS=dsprites-small")


@pytest.fixture
def drawn_folder(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Return such a folder in which figure 3 of the smoke profile is finished."""
    return Workshop(tmp_path, "DATA_SETS=dsprites-small", like=once(tmp_path_factory, "figure3", draw_figure3))


@pytest.fixture(scope="session")
def warm() -> Server:
    """Start `tcvae` as processes of its own, at once: helpers/warm.py."""
    return server()


@pytest.fixture
def tcvae(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run `tcvae` in the workshop folder: (exit code, stdout, stderr)."""
    monkeypatch.chdir(workshop)
    return call


@pytest.fixture
def torch_threads() -> Iterator[None]:
    """Give torch its number of threads back, with which the last digits of a run change."""
    import torch

    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--accept`: take what the golden cases print now as right; review it with git diff."""
    parser.addoption("--accept", action="store_true", help="rewrite the golden cases")
    parser.addoption("--torture", action="store_true", help="tests/torture at full length, with figures at the end")


TALLIES = pytest.StashKey[list[tuple[str, int, int]]]()


@pytest.fixture(scope="session")
def torture(request: pytest.FixtureRequest) -> bool:
    """Tell whether the long form was asked for."""
    return bool(request.config.getoption("--torture"))


@pytest.fixture(scope="session")
def tally(request: pytest.FixtureRequest) -> Callable[[str, int, int], None]:
    """Note down how many cases of something were tried, and how many of them were faults that were survived."""
    noted = request.config.stash.setdefault(TALLIES, [])
    return lambda what, cases, faults: noted.append((what, cases, faults))


def pytest_configure(config: pytest.Config) -> None:
    """Register our marks. Hypothesis tries the same cases every day, others at length, and may be slow in it."""
    config.addinivalue_line("markers", "long: only with --torture")
    slow = [HealthCheck.too_slow]
    settings.register_profile("every day", derandomize=True, deadline=None, suppress_health_check=slow)
    settings.register_profile("at length", deadline=None, suppress_health_check=slow)
    settings.load_profile("at length" if config.getoption("--torture") else "every day")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is too long for every day."""
    if not config.getoption("--torture"):
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("long")])
        items[:] = [item for item in items if not item.get_closest_marker("long")]


@pytest.fixture(scope="session")
def specimen_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an honest file of every format that is read: tests/torture/specimens.py. To be copied."""
    from helpers import specimens

    return once(tmp_path_factory, "specimens", specimens.make)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the figures of docs/reliability.md."""
    if config.getoption("--torture") and (noted := config.stash.get(TALLIES, [])):
        terminalreporter.section("cases tried, faults survived")
        for what, cases, faults in noted:
            terminalreporter.write_line(f"| {what} | {cases:,} | {faults:,} |")
        terminalreporter.write_line(f"| in all | {sum(n for _, n, _ in noted):,} | {sum(n for _, _, n in noted):,} |")
