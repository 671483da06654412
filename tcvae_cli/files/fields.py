"""The values of a header, which is JSON that anybody may have written, each checked once, as it is taken."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.names import check_names
from tcvae_cli.text import LONGEST

MOST_SIDE = 10_000  # pixels, in height and in width


@dataclass(frozen=True)
class Fields:
    """The values of a JSON object in a header, each checked as it is taken."""

    where: str
    values: Mapping[str, Any]
    cure: str

    def fault(self, said: str = "has a header that is not ours") -> TcvaeError:
        """Return the error of a header that cannot be used."""
        return TcvaeError(self.where, said, self.cure)

    def required(self, name: str, sound: Callable[[Any], bool]) -> Any:
        """Return the value called NAME, or refuse the header where there is none or it is not SOUND."""
        if name not in self.values:
            raise self.fault(f"has no `{name}` in its header")
        if not sound(self.values[name]):
            raise self.fault()
        return self.values[name]

    def optional(self, name: str, sound: Callable[[Any], bool], otherwise: Any = None) -> Any:
        """Return the value called NAME if it is SOUND, OTHERWISE where there is none or null."""
        return otherwise if self.values.get(name) is None else self.required(name, sound)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the list of different texts called NAME, empty where there is none."""
        found = self.values.get(name) or []
        if not (isinstance(found, list) and all(map(is_text, found)) and len(set(found)) == len(found)):
            raise self.fault("its header does not name each of its factors once")
        check_names(found, self.where, self.cure)
        return tuple(found)

    def text(self, name: str, longest: int = LONGEST) -> str:
        """Return the text called NAME, empty where there is none. Refuse one of more than LONGEST letters."""
        found = str(self.optional(name, is_text, ""))
        if len(found) > longest:
            raise self.fault(f"has a header whose `{name}` has {len(found):,} letters, at most {longest:,} are read")
        return found

    def family(self, name: str, known: tuple[str, ...]) -> str:
        """Return the family of distributions called NAME, normal where the header does not say."""
        found = self.values.get(name, "normal")
        if found not in known:
            fault = f"has {name} {found!r}, not one of {', '.join(known)}"
            raise TcvaeError(self.where, fault, "upgrade tcvae, or write it again")
        return str(found)

    def object(self, name: str) -> "Fields":
        """Return the JSON object called NAME, an empty one where there is none."""
        found = self.values.get(name)
        if not isinstance(found, dict | None):
            raise self.fault(f"has a header whose `{name}` is not an object")
        return Fields(self.where, found or {}, self.cure)


def is_text(value: object) -> bool:
    """Return whether a JSON value is a text."""
    return isinstance(value, str)


def is_count(value: object) -> bool:
    """Return whether a JSON value is an integer from 0 on."""
    return type(value) is int and value >= 0


def is_number(value: object) -> bool:
    """Return whether a JSON value is a number."""
    return type(value) in (int, float)


def is_image_shape(value: object) -> bool:
    """Return whether a JSON value is [height, width] or [height, width, 3]."""
    if not (isinstance(value, list) and all(type(side) is int for side in value)):
        return False
    return (len(value) == 2 or (len(value) == 3 and value[2] == 3)) and all(0 < side < MOST_SIDE for side in value)


def is_final(values: Mapping[str, Any]) -> bool:
    """Return whether the final terms of a run are numbers, nulls and lists of numbers, with the KL of each latent."""
    lists = [value for value in values.values() if isinstance(value, list)]
    single = [value for value in values.values() if value is not None and not isinstance(value, list)]
    return (
        isinstance(values.get("kl_per_latent"), list)
        and all(is_number(number) for found in lists for number in found)
        and all(map(is_number, single))
    )
