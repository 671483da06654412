"""Print what a dependency group of pyproject.toml lists, one requirement a line: `python tools/group.py dev`."""

import sys
import tomllib
from pathlib import Path

print(*tomllib.loads(Path("pyproject.toml").read_text())["dependency-groups"][sys.argv[1]], sep="\n")
