"""What a ranking of runs finds."""

from dataclasses import dataclass
from typing import Any

from tcvae_cli.verbs.record import Origin, plain, start_of_line

ESTIMATOR = "mean-rank"
MEAN_RANK = "mean_rank"


@dataclass(frozen=True)
class Agreement:
    """How a criterion goes along with MIG over all runs: above 0 where the runs that it prefers have the higher MIG."""

    estimator: str  # of the criterion
    higher: bool | None  # whether it prefers the higher number; None where nobody says, and the higher one is taken
    used: bool  # in the mean rank
    correlation: float | None  # Spearman's; None without MIG, of fewer than 5 runs, and where one does not vary
    interval: tuple[float, float] | None  # the 90% one
    repetitions: int  # the independent ones behind it: runs of one seed are one


@dataclass(frozen=True)
class RankedRun:
    """A run among others: its place, by what numbers it has it, and how far each of these goes along with MIG."""

    codes: str  # where it was read: as typed, or as found below a folder
    estimator: str  # of the place
    place: float  # 1 is the best; runs that are equal share the middle of theirs
    mean_rank: float
    ranks: dict[str, float]  # by each criterion that is used
    udr: float
    total_correlation: float
    standard_error: float  # of the total correlation
    elbo: float | None
    active_latents: tuple[int, ...]
    effective_latents: float | None  # None where no latent is active
    kl_per_latent: tuple[float, ...]
    mig: float | None
    agreement: dict[str, Agreement]  # of each criterion and the mean rank: the same for all runs
    compared: str  # with which others UDR compares it, "setting" or "all"
    images: int  # at which it does
    rows: int
    latents: int
    samples: int
    seed: int
    active: float  # the least share of its variance that the mean of an active latent has
    notes: tuple[str, ...] | None  # what a person should know beside these numbers
    origin: Origin

    def record(self) -> dict[str, Any]:
        """Return the line that `tcvae rank` prints."""
        line = start_of_line("rank") | plain(self)
        return line | {"agreement": {name: plain(one) for name, one in self.agreement.items()}}
