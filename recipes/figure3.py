"""Figure 3: MIG over initialisations, as box plots."""

import statistics
from collections.abc import Sequence

from pages import Claim, make_page, table, verdict

from tcvae_cli.estimators.statistics import superiority
from tcvae_cli.files.methods import mig_by_setting
from tcvae_cli.files.results import Result

OURS, DENSE, PLAIN = "beta-TCVAE (6)", "FactorVAE (35)", "beta-VAE (4)"

Scores = dict[str, list[float]]  # {setting: MIG of each run}


def claims(results: Sequence[Result]) -> list[Claim]:
    """The two claims, for each data set."""
    return [
        claim
        for data_set, scores in mig_by_setting(results).items()
        for claim in (highest(data_set, scores), *([below(data_set, scores)] if DENSE in scores else []))
    ]


def highest(data_set: str, scores: Scores) -> Claim:
    """Whether beta-TCVAE has the highest median."""
    others = {setting: statistics.median(values) for setting, values in scores.items() if setting != OURS}
    own = statistics.median(scores[OURS]) if OURS in scores else float("nan")
    best = max(others, key=lambda setting: others[setting], default="")
    counts = [len(values) for values in scores.values()] if OURS in scores and len(scores) > 2 else []
    beats = superiority(scores[OURS], scores[best]) if OURS in scores and best else float("nan")
    return Claim(
        f"Over random initialisations, beta-TCVAE (beta 6) reaches the highest median MIG of all methods ({data_set}).",
        f"median {own:.3f} against {others.get(best, float('nan')):.3f} of {best or 'no other'}, the best other; "
        f"P(a run of ours is larger) = {beats:.2f}.",
        verdict(bool(others) and own > others[best], counts),
    )


def below(data_set: str, scores: Scores) -> Claim:
    """Whether FactorVAE's median is below beta-VAE's."""
    dense, plain = scores.get(DENSE, []), scores.get(PLAIN, [])
    first, second = (statistics.median(some) if some else float("nan") for some in (dense, plain))
    return Claim(
        f"FactorVAE with dense layers falls below beta-VAE (beta 4) ({data_set}).",
        f"medians {first:.3f} and {second:.3f}.",
        verdict(first < second, [len(dense), len(plain)]),
    )


def body(results: Sequence[Result]) -> str:
    """Quartiles of each setting."""
    rows = [
        (data_set, setting, len(values), values[0], statistics.median(values), values[-1])
        for data_set, scores in mig_by_setting(results).items()
        for setting, values in scores.items()
    ]
    estimator = next(str(result["estimator"]) for result in results if result["kind"] == "mig")
    return f"MIG: {estimator}.\n\n" + table(
        ("data set", "setting", "runs", "lowest MIG", "median MIG", "highest MIG"), rows
    )


if __name__ == "__main__":
    make_page("Figure 3: MIG over initialisations", claims, body)
