"""The page about the code's arrangement names what exists, and all that is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
NAMED = sorted(set(re.findall(r"`((?:tcvae_cli|recipes|tests|benchmarks|results|docs)/[^`]*|README\.md)`", PAGE)))
PLACES = [name for name in NAMED if "NAME" not in name and "TOPIC" not in name]


@pytest.mark.parametrize("place", PLACES)
def test_what_is_named_exists(place: str) -> None:
    assert (ROOT / place).is_dir() if place.endswith("/") else (ROOT / place).is_file()


@pytest.mark.parametrize("pattern", sorted(set(NAMED) - set(PLACES)))
def test_what_is_to_be_written_has_its_like(pattern: str) -> None:
    glob = pattern.replace("NAME", "*").replace("TOPIC", "*")
    assert list(ROOT.glob(glob)), f"nothing is called like {pattern}"


def test_every_folder_of_the_package_is_named() -> None:
    folders = {f"{path.parent.relative_to(ROOT)}/" for path in (ROOT / "tcvae_cli").glob("*/__init__.py")}
    assert folders <= set(NAMED)


def test_lines_that_are_said_to_register_are_there() -> None:
    registered = re.findall(r"of ([A-Z]+) in `([^`]*)`", PAGE)
    assert len(registered) == 2
    for name, file in registered:
        assert re.search(rf"^{name}\b.*= \{{", (ROOT / file).read_text(), re.MULTILINE)
