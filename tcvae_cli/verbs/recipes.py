"""Write what make needs to reproduce the figures of the paper where there is no clone: the recipes, and a Makefile."""

import importlib.util
import os
import shlex
from pathlib import Path

from tcvae_cli import __version__
from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.files.folders import make_folder
from tcvae_cli.files.streams import path_in, read_bytes, write_bytes

PACKAGE = Path(__file__).parents[1]
CARRIED = "clone"  # the folder of an installed package with what it carries of its clone
WANTED = ("constraints.txt", *(f"recipes/{kind}" for kind in ("*.mk", "*.py", "*.sh", "*.tsv", "*/*.flags", "*/*.md")))
NEEDED = ("matplotlib", "markdown_it", "sklearn")  # which the extras figures and scores install
CURE = "name another folder"
MAKEFILE = f"""\
# Written by `tcvae recipes`, version {__version__}. `make help` lists what can be made; results go into out/.
INTERPRETER := PYTHON
TCVAE ?= $(INTERPRETER) -P -m tcvae_cli
GONE := $(INTERPRETER) is gone: remove this Makefile, and let `tcvae recipes .` write another
$(if $(shell test -x $(INTERPRETER) && echo yes),,$(error $(GONE)))
include recipes/experiments.mk
"""


def write_recipes(folder: str | os.PathLike[str], python: str) -> list[str]:
    """Write the recipes and a Makefile into FOLDER, and return the paths in it of the files that were not there before.

    Make then uses the tcvae that is installed for the interpreter at PYTHON. A file that is there and differs is never
    overwritten, nor is anything written through a link: TcvaeError, before anything is written. The Makefile comes
    last, so that make finds none where the others are not yet complete.
    """
    top, root = path_in(folder, "folder", CURE), carried_or_clone()
    if top == "-":
        raise ArgumentError("folder", "is standard output, which is no folder", CURE)
    if not all(map(importlib.util.find_spec, NEEDED)):  # without which hours of training end in no figure
        raise TcvaeError("recipes", "need the extras figures and scores", "pip install 'tcvae[figures,scores]'")
    wanted = {name: (root / name).read_bytes() for name in recipe_files(root)}
    wanted["Makefile"] = makefile(python).encode()
    new = [name for name in wanted if is_missing(top, name)]
    refuse_changed(top, {name: content for name, content in wanted.items() if name not in new})
    for name in new:
        path = os.path.join(top, name)
        make_folder(os.path.dirname(path), CURE)
        write_bytes(path, wanted[name])
    return new


def carried_or_clone() -> Path:
    """Return the folder that has recipes/ and constraints.txt: in an installed package, or the clone around it."""
    for root in (PACKAGE / CARRIED, PACKAGE.parent):
        if (root / "recipes/experiments.mk").is_file():
            return root
    raise TcvaeError("recipes", "are not part of this installation", "install tcvae from its wheel or from a clone")


def recipe_files(root: Path) -> list[str]:
    """Return the paths in ROOT of what a wheel carries and `write_recipes` copies."""
    return sorted(path.relative_to(root).as_posix() for pattern in WANTED for path in root.glob(pattern))


def makefile(python: str) -> str:
    """Return the Makefile of a folder in which the interpreter at PYTHON runs the recipes."""
    return MAKEFILE.replace("PYTHON", shlex.quote(python).replace("$", "$$").replace("#", r"\#"), 1)


def is_missing(top: str, name: str) -> bool:
    """Tell whether the file NAME is not in TOP yet. TcvaeError where it is reached through a link."""
    path = os.path.join(top, name)
    if os.path.realpath(path) != os.path.join(os.path.realpath(top), *name.split("/")):
        raise TcvaeError(path, "is reached through a link", CURE)
    return not os.path.lexists(path)


def refuse_changed(top: str, wanted: dict[str, bytes]) -> None:
    """Refuse files in TOP that have other content than WANTED: TcvaeError names the first, and how many more differ."""
    changed = [path for name, content in wanted.items() if differs(path := os.path.join(top, name), content)]
    if len(changed) == 1:
        raise TcvaeError(changed[0], f"is not what tcvae {__version__} would write there", f"move it away, or {CURE}")
    if changed:
        where = f"{changed[0]} and {len(changed) - 1} more"
        raise TcvaeError(where, f"are not what tcvae {__version__} would write there", f"move them away, or {CURE}")


def differs(path: str, content: bytes) -> bool:
    """Tell whether what is at PATH is anything but a file of this content."""
    same_size = os.path.isfile(path) and os.path.getsize(path) == len(content)
    return not (same_size and read_bytes(path, "a recipe") == content)
