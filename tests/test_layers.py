"""The one-way rule between the layers, and that only cli knows flags, prints and reads the command line: by reading."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "tcvae_cli"
MAY_IMPORT = {
    "native": set(),
    "kernels": {"kernels"},
    "estimators": {"estimators", "native", "kernels", "activity", "arrays"},
    "models": {"models", "estimators", "native", "kernels", "errors", "interrupts"},
    "files": {
        *(
            "files",
            "errors",
            "activity",
            "arrays",
            "interrupts",
            "machine",
            "progress",
            "system",
            "text",
            "version",
            "",
        ),
    },
    "results": {"results", "objectives", "files", "errors", "arrays", "lazy", "progress", "biases", "text"},
    "figures": {
        *("figures", "results", "estimators", "objectives", "files"),
        *("errors", "arrays", "lazy", "progress", "biases", "text"),
    },
    "datasets": {"datasets", "files", "biases", "errors", "arrays", "machine", "progress", "text", ""},
    "objectives": {"objectives", "models", "estimators", "kernels", "errors", "text"},
    "training": {
        *("training", "objectives", "models", "estimators", "kernels", "files"),
        *("errors", "arrays", "interrupts", "machine", "progress", "system"),
    },
    "verbs": {
        *("verbs", "training", "objectives", "models", "estimators", "native"),
        *("figures", "results", "datasets", "files"),
        *("errors", "activity", "arrays", "machine", "progress", "system", "text", ""),
    },
    "cli": {
        *("cli", "verbs", "native", "training", "objectives", "models", "estimators"),
        *("files", "results", "figures", "datasets"),
        *("activity", "arrays", "errors", "interrupts", "machine", "progress", "text", "version", ""),
    },
}
# What estimators may use of the standard library.
STANDARD = {"math", "collections", "concurrent", "ctypes", "dataclasses", "functools", "itertools", "typing"}
BELOW_CLI = sorted(
    path for path in PACKAGE.rglob("*.py") if path.name != "__main__.py" and path.parent != PACKAGE / "cli"
)
TYPED = re.compile(r"\{[a-z_]+=[^{}]*[=,][^{}]*\}")  # a value that Python would not write so, as in {where=shape=1}
FLAG = re.compile(r"(^|[^\w-])--[a-z]")
HERE = Path(__file__).parent
TESTS = sorted(HERE.rglob("*.py"))
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE)


def imports(tree: ast.AST) -> list[str]:
    """Return the full names of all modules imported anywhere in a file."""
    plain = [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    return plain + [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_one_way(path: Path) -> None:
    layer, tree = path.relative_to(PACKAGE).parts[0], ast.parse(path.read_text())
    ours = {name.partition(".")[2].partition(".")[0] for name in imports(tree) if name.split(".")[0] == "tcvae_cli"}
    assert ours <= MAY_IMPORT[layer], f"{layer} may not import {ours - MAY_IMPORT[layer]}"
    if layer == "estimators":
        outside = {name.split(".")[0] for name in imports(tree)} - {"tcvae_cli"}
        learning = {"sklearn", "scipy"} if path.parent.name == "scores" else {"scipy"}
        assert outside <= STANDARD | {"torch", "numpy"} | learning
    if layer not in ("cli", "files", "results", "figures"):
        assert "sys" not in imports(tree)


def strings(tree: ast.AST) -> Iterator[str]:
    """Yield all constant strings but docstrings."""
    said = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in said:
            yield node.value


@pytest.mark.parametrize("path", BELOW_CLI, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_cli_knows_flags_prints_and_reads_the_command_line(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert [text for text in strings(tree) if FLAG.search(text) or TYPED.search(text)] == []
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not called & {"print", "input"}
    assert "argv" not in {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(HERE)))
def test_what_tests_share_is_in_helpers(path: Path) -> None:
    modules = {name.split(".")[0] for name in imports(ast.parse(path.read_text()))}
    assert not {name for name in modules if name == "conftest" or name.startswith("test_")}
