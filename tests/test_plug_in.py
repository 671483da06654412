"""docs/plug-in.md and the examples in the estimators' docstrings do what they say, and the surface is what it names."""

import doctest
import importlib
import json
import pkgutil
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tcvae_cli import estimators

PAGE = (Path(__file__).parents[1] / "docs/plug-in.md").read_text()
MODULES = [f"tcvae_cli.estimators.{module.name}" for module in pkgutil.iter_modules(estimators.__path__)]


def test_the_page_trains_and_scores(
    tcvae: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.S):
        exec(block, names)
    assert "TC " in capsys.readouterr().out
    for verb in re.findall(r"^    tcvae (.*)$", PAGE, re.M):
        status, line, errors = tcvae(*verb.split())
        assert (status, errors) == (0, "")
        assert json.loads(line)["rows"] == 512


def test_the_change_is_under_ten_lines_and_is_the_one_shown() -> None:
    (change,) = re.findall(r"```diff\n(.*?)```", PAGE, re.S)
    before, after, *_ = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    added = [line[1:] for line in change.splitlines() if line.startswith("+")]
    removed = [line[1:] for line in change.splitlines() if line.startswith("-")]
    assert len(added) + len(removed) < 10
    assert all(line in after.splitlines() for line in added)
    assert all(line in before.splitlines() for line in removed)
    loop = before[before.index("for batch") :].splitlines()
    changed = after[after.index("for batch") :].splitlines()
    assert [line for line in loop if line not in removed] == [line for line in changed if line not in added]


@pytest.mark.parametrize("name", MODULES)
def test_doctests(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_some_module_has_a_doctest() -> None:
    assert sum(doctest.testmod(importlib.import_module(name)).attempted for name in MODULES) > 3


def test_everything_named_is_there_and_documented() -> None:
    for name in estimators.__all__:
        assert getattr(estimators, name).__doc__
