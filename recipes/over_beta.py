"""What pages on curves over beta share: the runs of one seed at every beta, which are one repetition."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tcvae_cli.results import Estimate, estimate

Runs = NDArray[np.float64]  # (seeds, betas, 2) of one method: two numbers, such as ELBO and MIG


def lacking(*methods: Runs) -> str:
    """Return what keeps runs of methods from a test; "" if nothing does."""
    if min(runs.shape[1] for runs in methods) < 2:
        return "fewer than two betas were run."
    return "" if all(map(len, methods)) else "no seed was run at every beta."


def estimate_of_both(statistic: Callable[[Runs, Runs], float], ours: Runs, plain: Runs) -> Estimate:
    """Return STATISTIC(ours, plain) of the same seeds, of which each is left out as a whole."""
    betas = ours.shape[1]
    return estimate(
        lambda groups: statistic(groups[0][:, :betas], groups[0][:, betas:]),
        [np.concatenate([ours, plain], axis=1)],
    )


def difference_at_equal(ours: Runs, plain: Runs) -> float:
    """Return the mean second number of OURS less that of PLAIN over their common range of the first, NaN without one.

    A curve goes through the means of its betas in order of the first number, straight in between.
    """
    curves = [np.array(sorted(runs.mean(0).tolist())).T for runs in (ours, plain)]
    low, high = common_range(ours, plain)
    if low >= high:
        return float("nan")
    places = np.linspace(low, high, 201)
    first, second = (np.interp(places, x, y) for x, y in curves)
    return float((first - second).mean())


def common_range(*methods: Runs) -> tuple[float, float]:
    """Return from where to where the means of the first number go that every method reaches."""
    means = [runs[..., 0].mean(0) for runs in methods]
    return max(map(np.min, means)), min(map(np.max, means))


def counting(runs: Runs, low: float, high: float) -> list[bool]:
    """Return of each beta whether the curve between LOW and HIGH depends on it: it lies there, or next to it."""
    means = runs[..., 0].mean(0)
    first, last = means[means <= low].max(initial=-np.inf), means[means >= high].min(initial=np.inf)
    return [bool(first <= mean <= last) for mean in means]
