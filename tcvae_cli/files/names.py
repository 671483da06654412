"""How long names in files may be, and how many: those that are stored or tell groups apart are refused, not cut."""

from collections.abc import Collection, Mapping
from typing import Any

from tcvae_cli.errors import TcvaeError
from tcvae_cli.text import LONGEST, LONGEST_PROSE, shortened

MOST_FACTORS = 1_000
MOST_SETTINGS = 200
MOST_LETTERS = 1 << 24  # of the names of all classes
LONGEST_PATH = 4_096  # letters, as Linux has it


def check_names(names: Collection[str], where: str, cure: str) -> None:
    """Refuse more names of factors than MOST_FACTORS, and a name of more than LONGEST letters."""
    check_count(len(names), where, cure)
    if len(name := max(names, key=len, default="")) > LONGEST:
        start = shortened(name, 40)
        raise TcvaeError(where, f"has a name of {len(name):,} letters ({start}), at most {LONGEST} are read", cure)


def check_count(factors: int, where: str, cure: str) -> None:
    """Refuse more than MOST_FACTORS factors."""
    if factors > MOST_FACTORS:
        raise TcvaeError(where, f"has {factors:,} factors, and at most {MOST_FACTORS:,} are read", cure)


def check_settings(settings: Mapping[str, Any], where: str, cure: str) -> None:
    """Refuse settings that are more or longer than those of any training."""
    if len(settings) > MOST_SETTINGS:
        raise TcvaeError(where, f"has {len(settings):,} settings, and at most {MOST_SETTINGS} are read", cure)
    check_names([*settings, *map(str, settings.values())], where, cure)


def cut_provenance(text: str) -> str:
    """Return a provenance, cut if it is longer than LONGEST_PROSE: each part of a part says its own beside it."""
    return shortened(text, LONGEST_PROSE)
