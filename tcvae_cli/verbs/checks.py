"""What every verb refuses of its arguments, wherever they come from."""

from collections.abc import Iterable

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.errors import ArgumentError


def check_number(name: str, value: float, least: float, most: float | None = None) -> None:
    """Raise ArgumentError unless VALUE is at least LEAST, and at most MOST where there is a MOST."""
    if value >= least and (most is None or value <= most):
        return
    allowed = f"a number from {least:,} to {most:,}" if most is not None else f"{least:,} or more"
    raise ArgumentError(name, f"is {value:,}", f"give {allowed}")


def check_seed(seed: int) -> None:
    """Raise ArgumentError unless SEED is one that every generator takes."""
    check_number("seed", seed, 0, 2**31)


def check_word(name: str, value: str, known: Iterable[str]) -> None:
    """Raise ArgumentError unless VALUE is one of the KNOWN words."""
    if value not in known:
        raise ArgumentError(name, f"is {value!r}", f"choose among {', '.join(known)}")


def check_share(active: float) -> None:
    """Raise ArgumentError unless ACTIVE, the least share of an active latent, is from 0 to 1 without 1."""
    if not 0 <= active < 1:
        raise ArgumentError("active", f"is {active:g}", f"give a share from 0 to below 1, such as {ACTIVE_SHARE}")
