"""Packages whose public names are imported when they are first used (PEP 562)."""

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence


def public_names(names: Mapping[str, Sequence[str]]) -> Callable[[], list[str]]:
    """Return the `__dir__` of a package whose public NAMES are those of its modules, imported or not."""
    return lambda: sorted(name for its_names in names.values() for name in its_names)


def importer(package: str, names: Mapping[str, Sequence[str]]) -> Callable[[str], object]:
    """Return the `__getattr__` of a PACKAGE; NAMES are the public ones of each of its modules.

    No public name may be that of a module of the package: whichever is imported first would hide the other.
    """
    homes = {name: module for module, its_names in names.items() for name in its_names}

    def import_when_used(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(importlib.import_module(f"{package}.{homes[name]}"), name)
        setattr(sys.modules[package], name, found)
        return found

    return import_when_used
