"""Words that a shell completes: those that are known, and the factors of the files that are on the line already."""

import contextlib
import os
from typing import Any

from tcvae_cli.objectives import OBJECTIVES
from tcvae_cli.results.estimators import MEASURES

FILES = ("factors", "data")  # flags whose files know factors
MOST_FILES = 3  # arguments that are looked into
LARGEST = 1 << 31  # bytes of a file that is looked into while somebody types


def listed_words(known: list[str], incomplete: str) -> list[str]:
    """Return what a list of words, with commas between them, may go on as: "sap,d" as "sap,dci"."""
    before, comma, last = incomplete.rpartition(",")
    typed = before.split(",")
    return [f"{before}{comma}{word}" for word in known if word.startswith(last) and word not in typed]


def measures(incomplete: str) -> list[str]:
    """Return the measures of `score` that go on as typed."""
    return listed_words(list(MEASURES), incomplete)


def swept_measures(incomplete: str) -> list[str]:
    """Return what `sweep` measures that goes on as typed."""
    return listed_words(["mig", "estimate-tc", "none", *(name for name in MEASURES if name != "udr")], incomplete)


def objectives(incomplete: str) -> list[str]:
    """Return the objectives that go on as typed."""
    return listed_words(list(OBJECTIVES), incomplete)


def published_sets(incomplete: str) -> list[str]:
    """Return the data sets of which numbers are known."""
    from tcvae_cli.results.published_numbers import all_published

    return sorted({number.data_set for number in all_published() if number.data_set.startswith(incomplete)})


def factors_known(ctx: Any, incomplete: str) -> list[str]:
    """Return the factors of the files that were typed, as far as they can be read. Whatever is wrong is not said."""
    names: dict[str, None] = {}
    for path in [*filter(None, (ctx.params.get(flag) for flag in FILES)), *ctx.args[:MOST_FILES]]:
        with contextlib.suppress(Exception):  # half a name, another kind of file: there is nothing to complete
            names |= dict.fromkeys(factors_in(path))
    return [name for name in names if name.startswith(incomplete) and name.isprintable()]


def factor_and_sign(ctx: Any, incomplete: str) -> list[str]:
    """Return the factors, each with the = that a choice of its classes goes on with."""
    return [f"{name}=" for name in factors_known(ctx, incomplete)]


def factors_in(path: str) -> tuple[str, ...]:
    """Return the names of the factors in a data set or in codes. Pipes and large files are left alone."""
    from tcvae_cli.files.headers import read_header
    from tcvae_cli.files.tensors import read_contents

    if not os.path.isfile(path) or os.path.getsize(path) > LARGEST:
        return ()
    with open(path, "rb") as stream:
        head = stream.read(9)
        if head[8:9] == b"{":
            contents = read_contents(stream, path, "", head)
            return read_header(path, contents.header or {}).data.factor_names
    from tcvae_cli.files.data_sets import open_data_set

    with open_data_set(path) as data:
        return data.description.factor_names
