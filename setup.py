"""Build the wheel with manual pages, which are made of the help. All else is in pyproject.toml."""

import sys
from pathlib import Path

from setuptools import setup

sys.path.insert(0, str(Path(__file__).parent))  # a build does not have it there

from tcvae_cli.cli.man import write_manuals

pages = write_manuals(Path("build/man"))
setup(data_files=[("share/man/man1", sorted(map(str, pages)))])
