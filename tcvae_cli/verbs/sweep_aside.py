"""What stands in the place of a run that is to be trained: it is told of, and kept under another name."""

import os
from collections.abc import Iterator

from tcvae_cli.files.headers import RunHeader
from tcvae_cli.files.streams import check_output, writing
from tcvae_cli.text import listed, shortened
from tcvae_cli.verbs.sweep_folder import Place, header_of
from tcvae_cli.verbs.sweep_measures import KNOWN

LONGEST = 40  # letters of a setting that are shown


def in_the_way(place: Place) -> Iterator[tuple[str, str]]:
    """Yield the path and the kind of each file that a training would write over, but does not go on from."""
    if place.is_finished():
        return
    if os.path.isfile(place.run):
        yield place.run, description(place, "run", header_of(place.run))
    if os.path.isfile(place.checkpoint) and place.kept_step() is None:
        yield place.checkpoint, description(place, "checkpoint", header_of(place.checkpoint))
    for measure in KNOWN:
        if os.path.isfile(place.result(measure)):
            yield place.result(measure), "a result of a run before"


def description(place: Place, what: str, header: RunHeader | None) -> str:
    """Say what a file is in place of the run that is wanted, or of its checkpoint."""
    if header is None:
        return f"no {what}, or one that is cut short"
    if header.data.digest != place.digest:
        return f"a {what} of another data set"
    if differences := place.differences(header):
        named = [
            f"{name.replace('_', ' ')} {shortened(str(found), LONGEST)}, not {wanted}"
            for name, (found, wanted) in differences.items()
        ]
        return f"a {what} of other settings ({listed(named)})"
    return f"a {what} that is not finished"


def replaced(place: Place) -> str | None:
    """Say what a training of the run sets aside, and as what it is kept; None for nothing."""
    found = [
        f"{os.path.basename(path)}, {kind}, kept as {os.path.basename(free_name(path))}"
        for path, kind in in_the_way(place)
    ]
    return "; ".join(found) or None


def set_aside(place: Place) -> None:
    """Give what stands in the place of a run another name, under which nobody takes it for the one that is wanted."""
    found = list(in_the_way(place))  # asked first: no output can be read
    check_output(place.run)
    for path, _ in found:
        put_aside(path)


def put_aside(path: str) -> None:
    """Keep a file under a name that is free."""
    with writing(path):
        os.replace(path, free_name(path))


def free_name(path: str) -> str:
    """Return the first of PATH.old, PATH.old.2, PATH.old.3 that is no file yet."""
    name, number = f"{path}.old", 2
    while os.path.lexists(name):
        name, number = f"{path}.old.{number}", number + 1
    return name
