"""Which factor a latent is named by: one rule of the page of a run, of walks and of matrices of information."""

from collections.abc import Sequence

LEAST_TOLD = 0.05  # of a factor's entropy, to say that a latent is about it, and to print the number


def factor_told(factors: Sequence[str], shares: Sequence[Sequence[float]], latent: int) -> str:
    """Return the factor that a LATENT tells most of, "" if it tells less than a twentieth of any.

    shares: I(z; v) / H(v), (factor, latent).
    """
    best = max(range(len(factors)), key=lambda factor: shares[factor][latent], default=None)
    return str(factors[best]) if best is not None and shares[best][latent] >= LEAST_TOLD else ""
