"""Runs drawn from a known world, and what a claim is tried in: what verdicts.py simulates."""

import importlib
import sys
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tcvae_cli.results import Claim

RECIPES = Path(__file__).parents[1] / "recipes"
KINDS = ("normal", "two clusters")  # of runs
MEAN = {"normal": 0.3, "two clusters": 0.47 / 3 + 0.15 * 2 / 3}
SPREAD = {"normal": 0.1, "two clusters": 0.1617}  # standard deviation
MANY = 20_000  # runs, of which a correlation is nearly that of the world


def recipe(name: str) -> Any:
    """Return the module of a recipe, whose functions make its claims."""
    if str(RECIPES) not in sys.path:
        sys.path.append(str(RECIPES))
    return importlib.import_module(name)


@dataclass(frozen=True)
class Drawer:
    """Draws the MIG of COUNT runs: of one normal distribution, or of two clusters.

    The clusters are those of MIG on dSprites at the paper's budget: a third of the runs near 0.47, the others near 0.15
    (tcvae_cli/results/published_numbers.json).
    """

    generator: np.random.Generator
    count: int
    kind: str

    def array(self, effect: float = 0.0) -> Any:
        """Return runs that are EFFECT standard deviations above those without."""
        one = self.kind == "normal"
        runs = self.normal(MEAN[self.kind], SPREAD[self.kind]) if one else self.lower_and_upper(2 / 3)
        return runs + effect * SPREAD[self.kind]

    def lower_and_upper(self, lower: float) -> Any:
        """Return runs in two clusters, a share LOWER of them, on average, in the lower one."""
        is_lower = self.generator.random(self.count) < lower
        return np.where(is_lower, self.normal(0.15, 0.07), self.normal(0.47, 0.02))

    def normal(self, mean: float = 0.0, spread: float = 1.0) -> Any:
        """Return normal numbers, whatever the kind of runs."""
        return self.generator.normal(mean, spread, self.count)

    def __call__(self, effect: float = 0.0) -> list[float]:
        """Return the array as a list."""
        return list(map(float, self.array(effect)))

    def standardised(self, effect: float = 0.0) -> Any:
        """Return runs with mean EFFECT and standard deviation 1."""
        return (self.array(effect) - MEAN[self.kind]) / SPREAD[self.kind]


def solved(rising: Callable[[float], float], low: float, high: float) -> float:
    """Return where a rising function is 0, between LOW and HIGH, by bisection."""
    while high - low > 0.001:
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return low


@dataclass(frozen=True)
class Case:
    """A claim, the function that draws runs in some world and judges it by them, and three worlds.

    The name begins with the pages that have the claim. A world is what the function understands, mostly a difference in
    standard deviations.
    """

    name: str
    judge: Callable[[Drawer, Any], Claim]
    just_not: Hashable = 0.0  # the claim is just not true
    just: Hashable = 0.0  # just true, or on the border, which is both
    clearly: Hashable = 1.0
