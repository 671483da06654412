"""The runs that are to be ranked: what is given as codes, runs and folders of a sweep, one after the other."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.files.codes import MAKING, Codes, codes_behind, is_converted, read_codes
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.files.headers import CodesHeader, RunHeader, read_header
from tcvae_cli.files.provenance import canonical_json
from tcvae_cli.files.streams import binary_input, display_name, is_plain, path_in
from tcvae_cli.files.tensors import read_contents
from tcvae_cli.progress import Note
from tcvae_cli.results.setting import SEEDS
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.inputs import AnyPath
from tcvae_cli.verbs.rank_few import too_few
from tcvae_cli.verbs.sweep_folder import header_of

WHAT = "codes, a run (safetensors) or the folder of a sweep"
RUN = "run.safetensors"  # in a folder of a sweep
CHECKPOINT = "checkpoint"  # there, while the run is not finished
MOST_RUNS = 1_000


@dataclass(frozen=True, eq=False)
class Entrant:
    """Codes, a run, or the path of either, with its header as far as it has one."""

    name: str  # its path as it was typed or found
    given: Codes | Run | str
    header: RunHeader | CodesHeader | None

    @property
    def where(self) -> str:
        """Its name in messages and results."""
        return display_name(self.name)

    @property
    def is_run(self) -> bool:
        """Whether it is encoded first."""
        return isinstance(self.header, RunHeader)

    @property
    def digest(self) -> str:
        """The digest of its data set, empty where it tells none."""
        return "" if self.header is None else self.header.data.digest

    @property
    def setting(self) -> str | None:
        """What it shares with runs of other seeds; None where it does not tell its settings."""
        return self.settings_without(*SEEDS)

    @property
    def seed(self) -> object:
        """What it was started from; itself where it does not tell."""
        settings = None if self.header is None else self.header.settings
        return self if not settings or settings.get("seed") is None else settings["seed"]

    @property
    def run(self) -> str:
        """What tells it from other runs: a run counts once, however it is given."""
        known = None if self.seed is self else self.settings_without("precision")
        return known or (os.path.realpath(self.name) if isinstance(self.given, str) else str(id(self.given)))

    def settings_without(self, *keys: str) -> str | None:
        """Return its settings but for some, as one text."""
        settings = None if self.header is None else self.header.settings
        return canonical_json({key: settings[key] for key in settings if key not in keys}) if settings else None


def entrants(given: Sequence[Codes | Run | AnyPath], note: Note) -> list[Entrant]:
    """Return the runs that were GIVEN, those of folders in the order of their names.

    ArgumentError and TcvaeError for fewer than two, for one that is given twice, and for different data sets.
    """
    found = [entrant for place, one in enumerate(given, 1) for entrant in entrants_in(one, place, note)]
    if len(found) < 2:
        raise too_few(len(found))
    if len(found) > MOST_RUNS:
        raise ArgumentError("codes", f"are of {len(found):,} runs", f"give {MOST_RUNS:,} at most")
    first: dict[str, Entrant] = {}
    for one in found:
        if first.setdefault(one.run, one) is one:
            continue
        fault = f"is the same run as {first[one.run].where}" if one.where != first[one.run].where else "is given twice"
        raise TcvaeError(one.where, fault, "give each run once")
    return found


def check_digests(found: Sequence[Entrant], data: DataSet | None) -> None:
    """Refuse runs of different data sets, as far as they tell: runs are encoded on DATA where it is given."""
    known: dict[str, Entrant] = {}
    for one in found:
        digest = data.digest if data is not None and one.is_run else one.digest
        if digest and known and digest not in known:
            fault = f"is not of the same images as {next(iter(known.values())).where}"
            raise TcvaeError(one.where, fault, "rank the runs of each data set apart")
        if digest:
            known[digest] = one
    if data is not None and not any(one.is_run for one in found):
        raise ArgumentError("data", "is for runs, and only codes are given", "leave it out")


def entrants_in(given: Codes | Run | AnyPath, place: int, note: Note) -> Iterator[Entrant]:
    """Yield the run that was GIVEN, or those in a folder. PLACE is its number among all that was given."""
    if isinstance(given, Codes):
        yield Entrant(given.path or f"codes {place}", given, given.header)
        return
    if isinstance(given, Run):
        yield Entrant(given.stored.path, given, given.header)
        return
    path = path_in(given, "codes", "give codes, runs, or the paths of files or folders of them")
    if os.path.isdir(path):
        yield from runs_beneath(path, note)
    elif is_plain(path):  # a pipe, which can be read once
        codes = read_codes(path)
        yield Entrant(path, codes, codes.header)
    else:
        yield Entrant(path, path, header_in(path))


def runs_beneath(folder: str, note: Note) -> Iterator[Entrant]:
    """Yield the finished runs in a folder of a sweep and those below. TcvaeError without any."""
    paths = sorted(os.path.join(here, RUN) for here, _, names in os.walk(folder) if {RUN, CHECKPOINT} & set(names))
    headers = {path: header_of(path) for path in paths}
    finished = {path: header for path, header in headers.items() if header is not None and header.final is not None}
    if not finished:
        fault = f"holds no finished run, which would be called {RUN}"
        raise TcvaeError(display_name(folder), fault, "give the folder of a sweep, or codes")
    if others := len(paths) - len(finished):
        note(f"left out of {display_name(folder)}: {others:,} of {len(paths):,} runs, which are not finished")
    for path, header in finished.items():
        yield Entrant(path, path, header)


def header_in(path: str) -> RunHeader | CodesHeader | None:
    """Return the header of a file of codes or of a run, None of codes by a third party."""
    with binary_input(path, WHAT) as stream:
        head = stream.read(9)
        if is_converted(head):
            return codes_behind(stream, path, head, WHAT).header
        contents = read_contents(stream, path, WHAT, head, instead=MAKING)
    if contents.header is None:
        return None
    header = read_header(contents.where, contents.header)
    if isinstance(header, RunHeader | CodesHeader):
        return header
    raise TcvaeError(contents.where, "is neither codes nor a run", "give one made by `tcvae encode` or `tcvae train`")
