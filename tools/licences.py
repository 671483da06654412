"""Print the licence of every package that tcvae needs and that is installed, as its makers state it, one a line."""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

ROOT = "tcvae"
NAME = re.compile(r"[A-Za-z0-9._-]+")


def needs(package: Distribution, extras: bool) -> list[str]:
    """Return the names of what PACKAGE requires, with all of its EXTRAS or without any."""
    lines = package.requires or []
    return [NAME.match(line)[0] for line in lines if extras or not re.search(r"\bextra\s*==", line)]  # type: ignore[index]


def installed(root: str) -> Iterator[Distribution]:
    """Yield the packages that ROOT needs, directly or not, and with its extras. What is not installed is left out."""
    seen, waiting = {root}, needs(distribution(root), extras=True)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            package = distribution(name)
        except PackageNotFoundError:  # on another system, or an extra that was not asked for
            continue
        yield package
        waiting += needs(package, extras=False)


def licence(package: Distribution) -> str:
    """Return the licence of PACKAGE: its SPDX expression, else its classifiers, else the first line of what it says."""
    about = package.metadata
    classifiers = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier", []) if line.startswith("License")]
    said = (about.get("License") or "").strip().splitlines()[:1]
    files = [f"see its {name}" for name in about.get_all("License-File", [])]
    return about.get("License-Expression") or ", ".join(classifiers or said or files) or "not stated"


if __name__ == "__main__":
    for package in sorted(installed(ROOT), key=lambda package: package.name.lower()):
        print(f"{package.name:24} {package.version:16} {licence(package)}")
