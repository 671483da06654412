"""Settings: what runs that differ in their seed only have in common, how that is named, and in what order it stands."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from tcvae_cli.errors import TcvaeError, printable
from tcvae_cli.files.provenance import canonical_json
from tcvae_cli.objectives import OBJECTIVES, Name
from tcvae_cli.results.line import Line
from tcvae_cli.text import shortened

# How a run was measured, beside by which estimator.
MEASURING = (
    "factors",
    "active",
    "per_vote",
    "train",
    "test",
    "bins",
    "factor_bins",
    "by_value",
    "samples",
    "batch_size",
)
SEEDS = ("seed", "precision")  # runs of one setting may differ in these
FEW_NAMES = 3  # settings with one value, which a note names; of more it tells how many there are
FEW_VALUES = 5  # which a note tells of a setting; of more it tells how many there are
NUMBERS = re.compile(r"([^0-9]*)([0-9]+(?:\.[0-9]+)?)?")  # a text and the number behind it
SYMBOLS = {"alpha": "α", "beta": "β", "gamma": "γ"}  # in pictures
LONGEST_WORDS = 120  # letters that tell one difference
# A difference between objectives that goes without saying: beta stands in the name, and an objective has its estimator.
OF_OBJECTIVE = ("objective", "beta", "estimator")


@dataclass(frozen=True)
class Setting:
    """What some runs have in common, as far as it tells them from others.

    Setting("beta-tcvae", 6, ("alpha 0",)) is called "beta-TCVAE (6), alpha 0". Settings are sorted as figures draw
    them: by the order of registration of their objectives, then by beta.
    """

    objective: str | None  # None: of codes that do not tell their settings
    beta: float | None = None  # None where it goes without saying
    differences: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The objective's name as people read it."""
        if self.objective is None:
            return "settings unknown"
        return printable(OBJECTIVES.get(self.objective, Name(self.objective)).title)

    @property
    def name(self) -> str:
        """The setting's name in tables and pages."""
        beta = f" ({self.beta:g})" if self.beta is not None else ""
        return shortened(", ".join([self.title + beta, *map(printable, self.differences)]))

    @property
    def label(self) -> str:
        """The setting's name in pictures: "beta-TCVAE, β = 6, α = 0, batch size 64"."""
        beta = [f"β = {self.beta:g}"] if self.beta is not None else []
        return shortened(", ".join([self.title, *beta, *(printable(in_picture(one)) for one in self.differences)]))

    def __str__(self) -> str:
        return self.name

    def __lt__(self, other: "Setting") -> bool:
        return self.order() < other.order()

    def order(self) -> tuple[float, float, list[tuple[str, float]], str]:
        """Return where the setting stands among others: "capacity 5" before "capacity 25"."""
        known = list(OBJECTIVES)
        place = known.index(self.objective) if self.objective in known else len(known) + (self.objective is None)
        pieces = [(text, float(number or 0)) for text, number in NUMBERS.findall(self.name)]
        return place, self.beta or 0.0, pieces, self.name


def in_picture(difference: str) -> str:
    """Return a difference as pictures have it: "α = 0" for "alpha 0", "batch size 64" for "batch_size 64"."""
    key, space, value = difference.partition(" ")
    return f"{SYMBOLS[key]} = {value}" if key in SYMBOLS and value else key.replace("_", " ") + space + value


def setting_of(settings: Line) -> Setting:
    """Return the setting of one run, by what it was trained with."""
    if not settings:
        return Setting(None)
    objective = str(settings["objective"])
    beta = settings.number("beta") if "beta" in settings else None
    return Setting(objective, None if beta == OBJECTIVES.get(objective, Name("")).plain_beta else beta)


def name_settings(lines: Sequence[Line]) -> list[Setting]:
    """Return the setting of each line, with what tells them apart.

    That is what differs between runs of one objective and beta, then in what way they were measured, if any two of the
    lines differ in that.
    """
    plain = [setting_of(line.settings) for line in lines]
    peers: dict[Setting, list[Line]] = {}
    for line, own in zip(lines, plain, strict=True):
        peers.setdefault(own, []).append(line.settings)
    trained = set[str]().union(*map(differing, peers.values()))
    measured = differing([{key: line.get(key) for key in MEASURING} for line in lines])
    return [
        replace(own, differences=(*described(line.settings, trained), *described(line, measured)))
        for line, own in zip(lines, plain, strict=True)
    ]


def differing(objects: Sequence[Mapping[str, object]]) -> set[str]:
    """Return the keys, but for seeds, that do not have one value in all objects; a missing key is null."""
    keys = {key for one in objects for key in one}.difference(SEEDS)
    return {key for key in keys if len({canonical_json(one.get(key)) for one in objects}) > 1}


def described(one: Mapping[str, object], keys: Iterable[str]) -> list[str]:
    """Return each of the keys that has a value, with it: "factors posX posY", "per_vote 5"."""
    return [shortened(f"{key} {written(one[key])}", LONGEST_WORDS) for key in sorted(keys) if one.get(key) is not None]


def written(value: object) -> str:
    """Return a setting as text, to full precision: 1 for 1.0."""
    if value is None:
        return "none"
    if isinstance(value, list):
        return " ".join(map(written, value))
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def unnamed_differences(lines: Sequence[Line], names: Sequence[Setting]) -> str:
    """Return in words what the lines were trained with differently though no name tells it; "" if there is nothing.

    "steps 60 (beta-VAE (4)), 300 (beta-TCVAE (6) and 2 more)". What an objective does not have is no difference.
    """
    named = {word.split(" ")[0] for name in names for word in name.differences}
    by_key: dict[str, dict[str, set[Setting]]] = {}  # {key: {value: settings}}
    for line, name in zip(lines, names, strict=True):
        for key in line.settings.keys() - named - {*SEEDS, *OF_OBJECTIVE}:
            value = shortened(written(line.settings[key]), LONGEST_WORDS)
            by_key.setdefault(key, {}).setdefault(value, set()).add(name)
    found = []
    for key, by_value in sorted(by_key.items()):
        if len(by_value) > 1:
            in_order = sorted(by_value.items(), key=lambda item: (len(item[0]), item[0]))  # 60 before 300
            told = [f"{value} ({who_has(own, by_value.values())})" for value, own in in_order[:FEW_VALUES]]
            told += [f"and {len(in_order) - len(told):,} more"] * (len(told) < len(in_order))
            found.append(f"{key} {', '.join(told)}")
    return "; ".join(found)


def who_has(own: Set[Setting], all_of_them: Iterable[Set[Setting]]) -> str:
    """Return the names of the settings that have one value, those of a whole objective by its title alone."""
    elsewhere = {setting.title for others in all_of_them for setting in others - own}
    of_title = Counter(setting.title for setting in own)
    whole = {title for title, count in of_title.items() if count > 1} - elsewhere
    names = list(dict.fromkeys(one.title if one.title in whole else one.name for one in sorted(own)))
    more = f" and {len(names) - FEW_NAMES:,} more" if len(names) > FEW_NAMES else ""
    return ", ".join(names[:FEW_NAMES]) + more


def require_alike(lines: Sequence[Line], *aside: str) -> None:
    """Refuse lines of one objective and beta that were trained differently.

    ASIDE are keys that may differ, such as "settings.alpha": only lines of the same values of them must be alike.
    """
    peers: dict[str, Line] = {}
    for line in lines:
        settings = line.part("settings")
        group = canonical_json([setting_of(settings).name, *(line.find(key) for key in aside)])
        peer = peers.setdefault(group, settings)
        if different := sorted(differing([settings, peer])):
            raise TcvaeError(line.where, f"differs in {different[0]!r} from {peer.where}", "plot them apart")
