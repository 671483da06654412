"""Packages whose names are imported when they are first used say them three times: each time the same."""

import ast
import importlib
from pathlib import Path

import pytest

import tcvae_cli

HOME = Path(tcvae_cli.__file__).parent
LAZY = sorted(str(file.relative_to(HOME)) for file in HOME.rglob("__init__.py") if "importer(" in file.read_text())


def package_of(file: str) -> str:
    return ".".join(["tcvae_cli", *Path(file).parent.parts])


def imported_for_types(tree: ast.Module, package: str) -> dict[str, str]:
    """Return the public names under `if TYPE_CHECKING`, each with the module that it is imported from."""
    (block,) = (part for part in tree.body if isinstance(part, ast.If) and ast.unparse(part.test) == "TYPE_CHECKING")
    return {
        name.asname or name.name: str(one.module).removeprefix(f"{package}.")
        for one in block.body
        if isinstance(one, ast.ImportFrom) and one.module != "collections.abc"
        for name in one.names
    }


def value_of(tree: ast.Module, wanted: str) -> object:
    """Return the literal that is assigned to a name."""
    (value,) = (
        part.value for part in tree.body if isinstance(part, ast.Assign) and ast.unparse(part.targets[0]) == wanted
    )
    return ast.literal_eval(value)


def test_the_lazy_packages_are_found() -> None:
    assert LAZY == ["__init__.py", "figures/__init__.py", "results/__init__.py"]


@pytest.mark.parametrize("file", LAZY)
def test_all_and_names_and_imports_for_types_agree(file: str) -> None:
    package, tree = package_of(file), ast.parse((HOME / file).read_text())
    imported = imported_for_types(tree, package)
    named = value_of(tree, "NAMES")
    assert isinstance(named, dict)
    homes = {name: module for module, its_names in named.items() for name in its_names}
    packages = getattr(importlib.import_module(package), "PACKAGES", ())
    assert imported == homes | dict.fromkeys(packages, package)
    public = value_of(tree, "__all__")
    assert isinstance(public, list)
    assert sorted(public) == sorted([*homes, *packages])


@pytest.mark.parametrize("file", LAZY)
def test_every_public_name_is_there(file: str) -> None:
    package = importlib.import_module(package_of(file))
    for name in package.__all__:
        assert getattr(package, name) is not None
