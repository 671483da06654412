"""What a package index and a code host read: metadata, the citation, links, and workflows that pin what they use."""

import re
import tomllib
from pathlib import Path

import pytest

from tcvae_cli.version import __version__

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
MAKE = (ROOT / "Makefile").read_text()


def test_the_citation_is_of_this_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {__version__}\n" in citation
    assert f"\nlicense: {PROJECT['license']}\n" in citation
    assert f"  - name: {PROJECT['authors'][0]['name']}\n" in citation


def test_paths_and_targets_that_contributors_are_told_of_exist() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text() + (ROOT / "SECURITY.md").read_text()
    for path in re.findall(r"(?:tests/|docs/|\.ci/)[\w./-]*\w", page):
        assert (ROOT / path).exists(), path
    for target in re.findall(r"^make (\w+)|`make (\w+)", page, re.MULTILINE):
        assert re.search(rf"^{''.join(target)}:", MAKE, re.MULTILINE), target


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_pin_actions_and_may_do_little(path: Path) -> None:
    text = path.read_text()
    used = re.findall(r"uses: (.*)", text)
    assert used
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action
    assert "\npermissions:\n  contents: read\n\n" in text
    assert re.findall(r"(\S+): write", text) in ([], ["id-token"])
    assert "secrets." not in text
    for target in re.findall(r"run: make (\w+)", text):
        assert re.search(rf"^{target}:", MAKE, re.MULTILINE), target


def test_an_action_has_one_digest() -> None:
    uses = {use for path in WORKFLOWS for use in re.findall(r"uses: (\S+)", path.read_text())}
    assert len(uses) == len({use.partition("@")[0] for use in uses})


def test_versions_of_python_that_are_promised_are_tried() -> None:
    promised = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    (matrix,) = re.findall(r"python: \[(.*)\]", (ROOT / ".github/workflows/checks.yml").read_text())
    assert re.findall(r"\d\.\d+", matrix) == promised
    assert PROJECT["requires-python"] == f">={promised[0]}"


def test_ci_runs_a_target_that_the_workflows_run_with_files_of_known_hashes() -> None:
    (target,) = re.findall(r"^make (\w+) LOCKED=1$", (ROOT / ".ci/run").read_text(), re.MULTILINE)
    checks = (ROOT / ".github/workflows/checks.yml").read_text()
    assert f"run: make {target}" in checks
    assert all("LOCKED=1" in line for line in re.findall("run: make.*", checks))
