"""Refuse to rank fewer than two runs, without loading anything."""

import os
from collections.abc import Sequence

from tcvae_cli.errors import ArgumentError
from tcvae_cli.verbs.inputs import check_several


def check_enough(given: Sequence[object]) -> None:
    """Raise ArgumentError unless what is GIVEN may be two runs, as one folder may, or one path that is wrong anyway."""
    check_several(given)
    if not given:
        raise too_few(0)
    only = given[0] if len(given) == 1 else None
    if isinstance(only, str | os.PathLike) and (os.fspath(only) == "-" or os.path.isfile(only)):
        raise too_few(1)


def too_few(count: int) -> ArgumentError:
    """Return the error for so many runs."""
    fault = "there is only one run" if count else "nothing is given"
    cure = "name two files of codes or runs at least, of which one may be - for a pipe, or the folder of a sweep"
    return ArgumentError("codes", f"{fault}, and ranking takes two or more", cure)
