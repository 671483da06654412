"""The table of results: which lines are one run, and which runs stand together, decided here for all who ask."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tcvae_cli.errors import ArgumentError, TcvaeError, printable
from tcvae_cli.progress import Note, warn
from tcvae_cli.results.bounds import WRITTEN_BY_RECIPES
from tcvae_cli.results.data_sets import Identity, identity_of, titles_of, words_of
from tcvae_cli.results.line import Line, Results, as_lines, check_key
from tcvae_cli.results.ranges import is_possible, range_in_words
from tcvae_cli.results.repeats import Way, distinct, is_early, latest, way_of_measuring, without_needless
from tcvae_cli.results.setting import Setting, name_settings, require_alike, unnamed_differences
from tcvae_cli.text import listed

MAIN = {"mig": "mig", "estimate-tc": "total_correlation", "score": "score"}  # what a kind of result is known by
OTHERS = {  # what else of a kind of result is worth comparing; of a score that is its parts
    "mig": ("mig_sup", "rmig", "jemmig"),
    "estimate-tc": ("index_code_mi", "dimension_wise_kl", "analytic_kl", "log_likelihood", "elbo"),
}
FIXED = ("chance", "quantile")  # parts of a score that are the same of any run
CURE = "name a key that the lines hold"
OF_RECIPES = (
    "is a claim or the page of some, which are no results",
    "give the results of the runs, such as figure3.jsonl beside figure3.claims.jsonl",
)
OF_COMPARE = (
    "is a line that compare prints, which is no result",
    "give the results of the runs, as mig and its like print them",
)
NO_RESULTS = {"compare": OF_COMPARE, "published": OF_COMPARE} | dict.fromkeys(WRITTEN_BY_RECIPES, OF_RECIPES)


@dataclass(frozen=True)
class Measured:
    """The line of one run, the title of its data set, and the number that was asked for."""

    line: Line
    data_set: str
    value: float


@dataclass(frozen=True)
class Group:
    """The values of one quantity for the runs of one setting, in increasing order."""

    quantity: str  # mig, total_correlation, higgins, ...
    estimator: str  # its id
    estimator_sentence: str
    data_set: str
    setting: Setting
    values: list[float]
    lines: list[Line] = field(compare=False)  # of the runs, in any order


@dataclass(frozen=True)
class Scores:
    """One quantity, estimated in one way: {data set: {setting: values in increasing order}}."""

    quantity: str
    estimator_sentence: str
    panels: dict[str, dict[Setting, list[float]]]


@dataclass(frozen=True)
class Table:
    """Result lines, and what can be read from them together.

    * A line that is given twice counts once.
    * A run is its data set and its settings. Of a checkpoint and a later step of the same run, the later step counts.
      A run that was measured twice in one way, with other numbers, is refused: it would count as two. Codes that do
      not tell their settings cannot be told apart, and are a run each.
    * Data sets are told apart by their digest.
    * Runs that were trained differently are different settings: what differs between runs of one objective and beta
      stands in the name, and of what differs beside that NOTE is told.

    The order of the lines changes nothing.
    """

    given: Results
    note: Note = warn
    lines: list[Line] = field(init=False)
    titles: dict[Identity, str] = field(init=False)
    told: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        given = as_lines(self.given)
        for line in given:
            if refusal := NO_RESULTS.get(str(line["kind"])):
                raise TcvaeError(line.where, *refusal)
        lines = distinct(given)
        if repeated := len(given) - len(lines):
            self.tell(f"left out {counted(repeated, 'line')} given before: each counts once")
        object.__setattr__(self, "lines", lines)
        object.__setattr__(self, "titles", titles_of(lines))

    def tell(self, sentence: str) -> None:
        """Tell a note, unless it has been told."""
        if sentence not in self.told:
            self.told.add(sentence)
            self.note(sentence)

    def data_set(self, line: Line) -> str:
        """Return the title of a line's data set."""
        return self.titles[identity_of(line)]

    def in_words(self, data_sets: Iterable[str]) -> list[str]:
        """Return what pictures call data sets that have these titles: "dSprites, 46,080 of 737,280 images"."""
        return words_of(self.lines, list(data_sets), self.titles)

    def latest(self, lines: Sequence[Line], way: Way) -> list[Line]:
        """Return the lines of each run's last step; a note tells of those of its checkpoints."""
        kept = latest(lines, way)
        if earlier := len(lines) - len(kept):
            self.tell(f"left out {counted(earlier, 'line')} of checkpoints: the later step of the same run counts")
        return kept

    def without_needless(self, lines: Sequence[Line], *keys: str) -> list[Line]:
        """Return lines without what nothing under KEYS depends on; a note tells of those that are then the same."""
        kept = without_needless(lines, *keys)
        if repeated := len(lines) - len(kept):
            self.tell(f"left out {counted(repeated, 'line')} that differ from others only in `active`, or by it")
        return kept

    def tell_of_unfinished(self, lines: Sequence[Line]) -> None:
        """Note how many lines are of runs that were measured before their last step, if others were at it."""
        if 0 < (early := sum(map(is_early, lines))) < len(lines):
            self.tell(f"finished runs stand beside {counted(early, 'line')} of checkpoints of other runs")

    def tell_of_impossible(self, lines: Sequence[Line], key: str) -> None:
        """Note how many numbers under KEY are not in the range that they must lie in, and which is the first."""
        beyond = [line for line in lines if not is_possible(key, line.number(key))]
        if beyond:
            first = f"{printable(beyond[0].where)} has {beyond[0].number(key):g}"
            many = counted(len(beyond), "line")
            self.tell(f"{many} with a {key} outside its range, which is {range_in_words(key)}: {first}")

    def tell_of_unknown(self) -> None:
        """Note how many results are of codes that do not tell their settings, which nothing tells apart."""
        unknown = [line for line in self.lines if line["kind"] in MAIN and not line.settings]
        data_sets = "" if any(line["data_set"] for line in unknown) else " or data set"
        self.tell(
            f"{len(unknown)} results are of codes that do not tell their settings{data_sets}: they count as one setting"
        )

    def data_sets(self) -> list[str]:
        """Return the titles of all data sets, sorted."""
        return sorted(self.titles.values())

    def measured(self, value: str, kind: str | None = None) -> list[Measured]:
        """Return the number under the key VALUE of each run that has it, of lines of one KIND only, if given."""
        own = [line for line in self.lines if kind in (None, line["kind"]) and line.number_or_none(value) is not None]
        kept = self.latest(self.without_needless(own, value), way_of_measuring)
        self.tell_of_unfinished(kept)
        self.tell_of_impossible(kept, value)
        return [Measured(line, self.data_set(line), line.number(value)) for line in kept]

    def named(self, lines: Sequence[Line], *aside: str) -> list[Setting]:
        """Return the setting of each line, by what differs between those of its data set; a note tells what is unnamed.

        ASIDE are keys that are left out of it, such as that along a curve.
        """
        found: dict[int, Setting] = {}
        data_sets = [self.data_set(line) for line in lines]
        for data_set in sorted(set(data_sets)):
            places = [place for place, own in enumerate(data_sets) if own == data_set]
            own = [lines[place].without(*aside) for place in places]
            names = name_settings(own)
            found |= dict(zip(places, names, strict=True))
            if sum(not line.settings for line in own) > 1:
                self.tell_of_unknown()
            if differences := unnamed_differences(own, names):
                name = lines[places[0]]["data_set"] or "an unknown data set"
                self.tell(f"runs on {name} differ in more than objective and beta: {differences}")
        return [found[place] for place in range(len(lines))]

    def require_alike(self, *aside: str) -> None:
        """Refuse runs of MIG of one data set, objective and beta that were trained differently.

        ASIDE are keys that may differ, such as "settings.alpha": only runs of the same values of them must be alike.
        """
        migs = [line for line in self.lines if line["kind"] == "mig"]
        for data_set in sorted({self.data_set(line) for line in migs}):
            require_alike([line for line in migs if self.data_set(line) == data_set], *aside)

    def groups(self, value: str | None = None) -> list[Group]:
        """Return the runs in groups, sorted by quantity, estimator, data set and setting.

        VALUE is the key of another number than the one that a kind of result is known by (MAIN), such as mig_sup or
        parts.completeness. Raises ArgumentError where no result has it, TcvaeError where nothing can be grouped.
        """
        if value is not None:
            check_key("value", value)
        keyed: dict[tuple[str, str, str, str], list[Measured]] = {}
        for kind in sorted({str(line["kind"]) for line in self.lines}):
            key = value or MAIN.get(kind)
            if value is None:
                require_main(kind, self.lines)
            for one in self.measured(key, kind) if key else ():
                quantity = " ".join(filter(None, (str(one.line.get("measure") or ""), "" if key == "score" else key)))
                way = one.line.estimator_of(str(key))
                keyed.setdefault((printable(quantity), way, one.data_set, kind), []).append(one)
        if not keyed and value:
            raise ArgumentError("value", f"no result has a number {value!r}", CURE)
        if not keyed:
            where = self.lines[0].where if self.lines else "results"
            kinds = f"is of kind {str(self.lines[0]['kind'])!r}, and" if self.lines else "are empty:"
            raise TcvaeError(where, f"{kinds} what can be compared is {listed(list(MAIN))}", "measure some runs by mig")
        groups = []
        for (quantity, estimator, data_set, _), runs in sorted(keyed.items(), key=lambda item: item[0]):
            by_name: dict[Setting, list[Measured]] = {}
            for run, name in zip(runs, self.named([run.line for run in runs]), strict=True):
                by_name.setdefault(name, []).append(run)
            about = quantity, estimator, runs[0].line.sentence_for(estimator), data_set
            for name, own in sorted(by_name.items()):
                groups.append(Group(*about, name, sorted(run.value for run in own), [run.line for run in own]))
        return groups

    def scores(self, value: str = "mig") -> Scores:
        """Return the runs by data set and setting. Raises TcvaeError for several measures or estimators."""
        if value == "mig" and not any(line["kind"] == "mig" for line in self.lines):
            cure = "measure some runs by mig first, or give {value}"
            raise TcvaeError("results", "hold no result of mig", cure)
        groups = self.groups(value)
        if len(quantities := {group.quantity for group in groups}) > 1:
            raise error_of_mixing("measures", quantities)
        sentences = {group.estimator_sentence for group in groups}
        if len(sentences) > 1:
            raise error_of_mixing("estimators", sentences)
        panels: dict[str, dict[Setting, list[float]]] = {}
        for group in groups:
            panels.setdefault(group.data_set, {})[group.setting] = group.values
        return Scores(groups[0].quantity, sentences.pop(), panels)


def other_values(lines: Sequence[Line]) -> list[str]:
    """Return the keys of other numbers than the main one that all of some lines of one kind can be compared by."""
    kind = str(lines[0]["kind"]) if lines else ""
    keys = OTHERS.get(kind, ())
    if kind == "score":
        parts = lines[0].get("parts") or {}
        keys = tuple(f"parts.{name}" for name, part in parts.items() if isinstance(part, float) and name not in FIXED)
    return [key for key in keys if all(isinstance(line.find(key), int | float) for line in lines)]


def require_main(kind: str, lines: Iterable[Line]) -> None:
    """Raise TcvaeError for the first of the LINES of a KIND that lacks the number which its kind is known by."""
    for line in lines:
        if kind in MAIN and line["kind"] == kind:
            line.number(MAIN[kind])


def error_of_mixing(what: str, found: Iterable[str]) -> TcvaeError:
    """Return the error for results of several measures or estimators."""
    return TcvaeError("results", f"mix the {what} {' and '.join(sorted(found))}", "plot each alone")


def one_estimator(lines: Iterable[Line]) -> str:
    """Return by which estimator all lines were computed, in words. Raises TcvaeError for several."""
    first, *others = {line.estimator_sentence for line in lines}
    if others:
        raise error_of_mixing("estimators", {first, *others})
    return first


def counted(count: int, what: str) -> str:
    """Return a count with its noun: 1 line, 2 lines."""
    return f"{count} {what}{'s' * (count != 1)}"
