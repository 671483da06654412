"""What a measurement of the mutual information gap finds."""

from dataclasses import dataclass
from typing import Any

from tcvae_cli.arrays import Array, read_only
from tcvae_cli.verbs.record import Origin, plain, start_of_line


@dataclass(frozen=True, eq=False)
class MigResult:
    """The mutual information gap and what it is made of, in nats; K factors, D latents (docs/measures.md)."""

    estimator: str  # exact, monte-carlo or histogram
    mig: float
    factors: tuple[str, ...]
    standard_error: float | None  # monte-carlo
    quadrature_error: float | None  # exact, with a tolerance
    gap_per_factor: Array  # (K,)
    winner: Array  # the most informative latent of each factor: (K,)
    runner_up: Array | None  # the second: (K,); None where there is one latent only
    factor_entropy: Array  # H(v_k): (K,)
    marginal_entropy: Array  # H(z_j): (D,), or (K, D) where some labels are missing
    conditional_entropy: Array  # H(z_j|v_k): (K, D)
    mutual_information: Array  # I(z_j; v_k): (K, D)
    mig_sup: float
    rmig: float
    jemmig: float | None  # None where float64 does not hold its bins
    active_latents: tuple[int, ...]
    ceiling: tuple[float, ...] | None  # the largest gap of each factor that any code of these images can have
    rows: int
    rows_used: tuple[int, ...]  # the images that each factor was measured on: those with a label of it
    latents: int
    samples: int | None
    bins: int | None
    factor_bins: int | None
    seed: int | None
    active: float  # the least share of its variance that the mean of an active latent has
    notes: tuple[str, ...] | None  # what a person should know beside these numbers
    origin: Origin

    def __post_init__(self) -> None:
        read_only(self)

    def record(self) -> dict[str, Any]:
        """Return the line that `tcvae mig` prints."""
        return start_of_line("mig") | plain(self)
