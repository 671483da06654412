"""What the yes and no of table 1 leave out, in sentences."""

import math
from collections.abc import Sequence

from metrics import METRICS, by_metric
from properties import MOVED, blurred_in, by_degrees, unbiased

from tcvae_cli.results import Line


def share(one: float, other: float) -> str:
    """Return by what share of the larger the smaller of two scores is below it."""
    low, high = sorted((one, other))
    return f"{(high - low) / high:.0%}" if high > 0 and not math.isnan(low) else ""


def in_shares(results: Sequence[Line]) -> str:
    """Return what was tried for "unbiased", and what a rule for changes themselves hides where a score is small."""
    found = {test.metric: test for test in unbiased(results)}
    if len(found) < len(METRICS) or any(math.isnan(test.change) for test in found.values()):
        return ""
    votes, samples = (tried(blurred_in(results), key) for key in ("per_vote", "samples"))
    told = ", ".join(f"{METRICS[name][0]} {share(test.before, test.after)}" for name, test in found.items())
    return (
        f'"Unbiased" is by the change itself, not by its share of the score: MIG is {found["mig"].after:.3f} of these '
        f"codes, so that hardly any estimate of it could be off by {MOVED}. In shares of the larger score the changes "
        f"are nearer to one another: {told}. L was {votes}; S was {samples}."
    )


def tried(results: Sequence[Line], key: str) -> str:
    """Return the numbers under KEY in words."""
    return ", ".join(
        f"{number:,.0f}" for number in sorted({n for own in by_metric(results, key).values() for n in own})
    )


def remarks(results: Sequence[Line]) -> str:
    """Return what the paper's words do not say, in numbers."""
    like, unlike = by_degrees(results, "alike").get(45, {}), by_degrees(results, "unlike")
    noticed = {
        name: [degrees for degrees, here in unlike.items() if unlike[0.0].get(name, 0) - here.get(name, 0) > MOVED]
        for name in METRICS
        if 0.0 in unlike
    }
    lines = [f"{METRICS[name][0]} falls at {degrees_of(angles) or 'none'}" for name, angles in noticed.items()]
    return (
        f"Of the turns {degrees_of([degrees for degrees in unlike if degrees])}: {'; '.join(lines)}. The metric of "
        "Kim & Mnih asks only which latent varies least: a small preference is enough for it. Where both factors are "
        "spread alike, a turn by 45 degrees brings the metric of Higgins et al. to "
        f"{like.get('higgins', math.nan):.3f}: what it cannot see is a mixture of factors of unlike spread, as above. "
        f"{without_noise(results)} The codes with noise, and the unlike spreads, were chosen to show what the "
        "paper's table says; the codes without show where it does not."
    )


def without_noise(results: Sequence[Line]) -> str:
    """Return what the least L does to codes that are perfect."""
    perfect = [result for result in results if result.part("settings")["codes"] == "alike"]
    fewest = {name: by_votes[min(by_votes)][0] for name, by_votes in by_metric(perfect, "per_vote").items()}
    told = " and ".join(f"{METRICS[name][0]} {score:.3f}" for name, score in fewest.items())
    return f"The dependence on L is that of imperfect codes: on perfect ones the least L gives {told or 'nothing'}."


def degrees_of(angles: Sequence[float]) -> str:
    """Return angles in words."""
    return ", ".join(f"{degrees:g}°" for degrees in angles)
