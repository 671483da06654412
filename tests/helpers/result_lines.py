"""Result lines as the verbs print them, for the tests of figures and pages."""

import itertools
import json
from collections.abc import Iterable
from typing import Any

from tcvae_cli.results.line import Line, parse
from tcvae_cli.results.table import Table


def mig_line(objective: str, beta: float, seed: int, mig: float, /, **changes: Any) -> dict[str, Any]:
    """Return a line of `mig`; SETTINGS and other keys replace or add to what is there."""
    settings = {"objective": objective, "alpha": 1.0, "beta": beta, "estimator": "mws", "batch_size": 2048}
    settings |= {"steps": 100, "seed": seed, "prior": "normal", **changes.pop("settings", {})}
    about = {"data_set": "dsprites", "provenance": "rendered", "data_digest": "sha256:0", "bias": None}
    own = {"kind": "mig", "mig": mig, "estimator": "exact (quadrature)", "samples": None, "seed": None}
    return {**own, **about, "step": settings["steps"], "settings": settings, **changes}


def tc_line(of_mig: dict[str, Any], total_correlation: float, elbo: float | None) -> dict[str, Any]:
    """Return the line of `estimate-tc` of the same run."""
    own = {"kind": "estimate-tc", "estimator": "exact (all images)", "samples": 10_000, "seed": 0}
    numbers = {"total_correlation": total_correlation, "elbo": elbo}
    return {**{key: value for key, value in of_mig.items() if key != "mig"}, **own, **numbers}


def parsed(lines: Iterable[dict[str, Any]]) -> list[Line]:
    """Return lines as they are read from a file."""
    return [parse(json.dumps(one).encode(), f"line {number}") for number, one in enumerate(lines, 1)]


def over_beta(gain: float = 0.1, **changes: Any) -> list[dict[str, Any]]:
    """Return both lines of runs over beta: beta-TCVAE, whose MIG falls with TC, GAIN above beta-VAE at equal ELBO."""
    lines = []
    for beta in (1, 4, 7, 10):
        for seed in range(5):
            noise = 0.004 * (seed * 7 % 5)
            elbo = -100.0 - beta
            ours = mig_line("beta-tcvae", beta, seed, 0.2 + gain + 0.01 * beta + noise, **dict(changes))
            fall = 0.01 * beta if beta < 5 else 0.08 - 0.01 * beta
            plain = mig_line("beta-vae", beta, seed, 0.2 + fall + noise / 2, **dict(changes))
            lines += [ours, tc_line(ours, 2 - 0.15 * beta - noise, elbo)]
            lines += [plain, tc_line(plain, 2 - 0.15 * beta, elbo)]
    return lines


def ablated(key: str, values: dict[Any, float], betas: tuple[float, ...] = (1, 4, 6)) -> list[dict[str, Any]]:
    """Return runs of beta-TCVAE with each value of a setting and this much more MIG."""
    return [
        mig_line("beta-tcvae", beta, seed, 0.05 * beta + gain + 0.02 * ((seed * 7 + place) % 5), settings={key: value})
        for beta in betas
        for place, (value, gain) in enumerate(values.items())
        for seed in range(5)
    ]


def estimated(penalties: dict[str, float], gains: dict[str, float] | None = None) -> list[dict[str, Any]]:
    """Return both lines of runs of beta-TCVAE over beta, by estimator.

    An estimator's KL is 10 - PENALTY * beta, its ELBO as much below -100; MIG is a hundredth of the KL, and its GAIN.
    """
    found = []
    for estimator, penalty in penalties.items():
        for beta, seed in itertools.product((2, 4, 8), range(6)):
            kl = 10 - penalty * beta + 0.01 * (seed * 7 % 5)
            mig = kl / 100 + (gains or {}).get(estimator, 0) + 0.001 * (seed * (beta + len(estimator)) % 5)
            line = mig_line("beta-tcvae", beta, seed, mig, settings={"estimator": estimator})
            terms = {"analytic_kl": kl, "index_code_mi": kl - 2}
            found += [line, {**tc_line(line, kl / 10, kl - 110), **terms}]
    return found


def as_table(lines: Iterable[dict[str, Any]]) -> Table:
    """Return the table of result lines, whose notes nobody reads."""
    return Table(parsed(lines), lambda sentence: None)
