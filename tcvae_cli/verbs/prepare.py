"""Make a data set file of published files, of one's own images, or of nothing where it can be rendered."""

import contextlib
import dataclasses
import os
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from tcvae_cli.datasets.downloads import download as fetch
from tcvae_cli.datasets.downloads import trusted_once_read
from tcvae_cli.datasets.published import Published, SourceFiles
from tcvae_cli.datasets.sources import SOURCES, Entry
from tcvae_cli.errors import ArgumentError
from tcvae_cli.files.kinds import DATA_END
from tcvae_cli.files.ledger import one_call
from tcvae_cli.files.streams import check_output, path_in
from tcvae_cli.progress import Note, Progress, silent, warn
from tcvae_cli.text import choice_of
from tcvae_cli.verbs.checks import check_number, check_word
from tcvae_cli.verbs.written import Written, write_source

RANGES = {
    "size": (8, 1024),
    "crop": (0, 178),  # the width of a photograph of CelebA
    **dict.fromkeys(("identities", "azimuths", "elevations", "lightings"), (1, 1000)),
    "seed": (0, 2**31),
}


@one_call()
def prepare(
    name: str,
    *,
    output: str | os.PathLike[str],
    source: str | os.PathLike[str] | None = None,
    download: bool = False,
    published: Sequence[Published] | None = None,
    progress: Progress = silent,
    note: Note = warn,
    **options: Any,
) -> Written:
    """Write the data set called NAME, such as "dsprites", to OUTPUT.

    It is made from the file or folder SOURCE, or by DOWNLOAD from the first of the files PUBLISHED (by default those
    of its authors), or rendered if neither is given. OPTIONS are those of the data set: `Options` in its module of
    `tcvae_cli.datasets`. Errors: ArgumentError for what does not go together; TcvaeError naming the file.
    """
    if not isinstance(name, str) or name not in SOURCES:
        raise ArgumentError("name", f"there is no data set {name}", choice_of(str(name), list(SOURCES)))
    entry = SOURCES[name]
    if published is not None:
        entry = dataclasses.replace(entry, published=tuple(published))
    check_files(name, entry, source, download, options)
    module = entry.load()
    known = {field.name for field in dataclasses.fields(module.Options)}
    if unknown := next((option for option in options if option not in known), None):
        cure = choice_of(unknown, sorted(known)) if known else "leave it out"
        raise ArgumentError(unknown, f"is no option of {name}", cure)
    for option, kind in typing.get_type_hints(module.Options).items():
        if typing.get_origin(kind) is Literal and option in options:
            check_word(option, options[option], typing.get_args(kind))
    for option in RANGES.keys() & options.keys():
        check_number(option, options[option], *RANGES[option])
    check_output(path_in(output, "output"), DATA_END)
    rendered = source is None and not download
    label = entry.label or f"{'rendering' if rendered else 'converting'} {name}"
    with contextlib.ExitStack() as stack:
        paths: tuple[str, ...] = ()
        if source is not None:
            paths = (path_in(source, "source"),)
        elif download:
            paths = stack.enter_context(downloaded(entry, options, progress))
        files = SourceFiles(paths, entry.published)
        return write_source(lambda: module.open_source(files, module.Options(**options)), output, label, progress, note)


def check_files(name: str, entry: Entry, source: object, download: bool, options: Mapping[str, Any]) -> None:
    """Refuse files that are wanted in two ways or in none, and options that have no use with them."""
    if source is not None and download:
        raise ArgumentError("download", "{source} already names the file", "give only one of the two")
    if download and (entry.no_address or not entry.published):
        cure = entry.no_address or "give it with {source}"
        raise ArgumentError("download", f"{name} has no lasting public address", cure)
    if source is None and not download and not entry.renders:
        if not entry.published:
            raise ArgumentError("source", "is missing", "name the file or folder of images")
        cure = entry.no_address or "fetch it by {download}, or name yours with {source}"
        raise ArgumentError("source", "is missing; the published file is needed", cure)
    for option in options:
        if option in entry.rendered_only and (source is not None or download):
            raise ArgumentError(option, "is for the stand-in only", "leave out either this or {source}")
        if option in entry.download_only and not download:
            raise ArgumentError(option, "chooses what {download} fetches", "leave out either this or {source}")


@contextlib.contextmanager
def downloaded(entry: Entry, options: Mapping[str, Any], progress: Progress) -> Iterator[tuple[str, ...]]:
    """Yield the paths of the published files in the cache, fetched there if need be."""
    paths = []
    with contextlib.ExitStack() as stack:
        for file in entry.choose(entry.published, options):
            with progress(f"downloading {file.name}", file.size, unit="bytes") as advance:
                paths.append(fetch(file, advance))
            stack.enter_context(trusted_once_read(paths[-1], file))
        yield tuple(paths)
