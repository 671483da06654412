"""Print what a dependency group of pyproject.toml needs, one requirement a line: `python tools/group.py dev`."""

import sys
import tomllib
from pathlib import Path

EXTRAS = {"dev": ["tensorboard", "onnx"]}  # by group: extras that are installed with it, since the tests try them


def requirements(group: str) -> list[str]:
    """Return the requirements of a group and its extras."""
    project = tomllib.loads(Path("pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    return [*project["dependency-groups"][group], *(line for name in EXTRAS.get(group, ()) for line in extras[name])]


if __name__ == "__main__":
    print(*requirements(sys.argv[1]), sep="\n")
