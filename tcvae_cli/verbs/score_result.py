"""What a score draws and what it finds."""

from dataclasses import dataclass
from typing import Any

from tcvae_cli.verbs.record import Origin, plain, start_of_line


@dataclass(frozen=True)
class Effort:
    """How much a score draws; an entry that a measure does not use changes nothing."""

    per_vote: int = 64  # images, or pairs of images, in one vote (higgins, kim-mnih)
    train: int = 10_000  # votes or images to learn from
    test: int = 5_000  # votes or images to score on
    bins: int = 20  # of the means (modularity, med)
    seed: int = 0  # of all that is drawn


@dataclass(frozen=True, eq=False)
class ScoreResult:
    """The score of some codes by one measure. What the measure did not use is None."""

    path: str  # of the codes, to tell results apart; no part of the line
    measure: str
    estimator: str
    score: float
    parts: dict[str, Any]  # what else this measure says, by name
    rows: int
    rows_used: tuple[int, ...] | None  # the images that each factor was measured on: those with a label of it
    latents: int
    factors: tuple[str, ...] | None
    active_latents: tuple[int, ...]
    per_vote: int | None
    train: int | list[int] | None  # one number per factor where labels are missing
    test: int | list[int] | None
    bins: int | None
    factor_bins: int | None
    by_value: tuple[str, ...] | None  # the factors whose values counted, not their classes
    seed: int | None
    active: float  # the least share of its variance that the mean of an active latent has
    notes: tuple[str, ...] | None  # what a person should know beside the score
    origin: Origin

    def record(self) -> dict[str, Any]:
        """Return the line that `tcvae score` prints."""
        line = start_of_line("score") | plain(self)
        del line["path"]
        return line
