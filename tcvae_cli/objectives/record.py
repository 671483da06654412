"""What training, encoding and evaluation need to know of an objective."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Objective:
    """An objective by its stored name, with its title."""

    name: str
    title: str
