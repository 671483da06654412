"""Appendix: beta-TCVAE trained with each estimator of the total correlation, at equal beta, KL and ELBO."""

import math

import numpy as np
from ablation import (
    NO_DIFFERENCE,
    OBJECTIVE,
    Strata,
    compare,
    in_thousandths,
    listed,
    no_difference,
    quartiles,
    split,
    within_margin,
)
from answers import AT_EACH_BETA, chance
from captions import TRADE_OFF
from markdown_page import table
from over_beta import Runs, difference_at_equal, lacking
from page import on
from pages import by_short_title, make_page
from saying import Saying

from tcvae_cli.results import (
    Claim,
    Estimate,
    Setting,
    Table,
    estimate,
    pair_numbers,
)

PAPER = "A plot of both on dSprites, no number; that they do not differ is how we read it."
WORDS = "Training with minibatch stratified sampling, in place of weighted, makes no significant difference to MIG"
SAYING = Saying(f"{WORDS} on average over beta", PAPER, AT_EACH_BETA)
AT_EQUAL = {
    "analytic_kl": ("KL", Saying(f"{WORDS} at equal KL", PAPER, AT_EACH_BETA)),
    "elbo": ("ELBO", Saying(f"{WORDS} at equal ELBO", PAPER, AT_EACH_BETA)),
}
SAYINGS = (SAYING, *(saying for _, saying in AT_EQUAL.values()))

PAIRS = (("mss", "mws"), ("exact", "mws"))  # what the paper compares, and what it does not train with
BETA = "settings.beta"
NO_RUNS: Runs = np.empty((0, 0, 2))
NUMBERS = {"MIG": "mig", "total correlation": "total_correlation", "index-code MI": "index_code_mi"}


def claims(results: Table) -> list[Claim]:
    """Return MSS against MWS for each data set: at equal beta, at equal KL, and at equal ELBO."""
    found = []
    for data_set, strata in split(results, "estimator").items():
        found.append(no_difference(SAYING, data_set, strata, ("mss", "mws")))
        for x in AT_EQUAL:
            runs = runs_of(results, x, "mig").get(data_set, {})
            found.append(no_difference_at_equal(x, data_set, *(runs.get(one, NO_RUNS) for one in ("mss", "mws"))))
    return found


def no_difference_at_equal(x: str, data_set: str, first: Runs, second: Runs) -> Claim:
    """Test whether the curves of MIG of two estimators over X, KL or ELBO, are within the margin of one another.

    A seed, with its run at every beta, is one repetition; those of the two estimators count as independent, as the runs
    of `no_difference` do.
    """
    name, saying = AT_EQUAL[x]
    if why := lacking(first, second):
        return saying.untested(data_set, why)
    difference = at_equal(first, second)
    if math.isnan(difference.value):
        return saying.untested(data_set, f"the two reach no {name} in common.")
    p = min(1.0, 2 * min(difference.above, difference.below))
    told = (
        f"over the {name} that both reach, the curve of MIG with mss less that with mws is on average {difference}, "
        f"{chance(p)}, of {len(first)} and {len(second)} seeds with a run at every beta"
    )
    return within_margin(saying, data_set, told, difference, p)


def runs_of(results: Table, x: str, y: str) -> dict[str, dict[str, Runs]]:
    """Return two numbers of beta-TCVAE's runs by data set and estimator."""
    pairs = pair_numbers(results, x, y)
    return {
        data_set: {
            estimator_of(setting): pairs.by_seed(key, [setting])[0]
            for setting in pairs.panels[key]
            if setting.objective == OBJECTIVE
        }
        for data_set, key in by_short_title({key: key for key in pairs.panels})
    }


def estimator_of(setting: Setting) -> str:
    """Return the estimator that tells a setting from others; "" if there is but one."""
    return "".join(one.removeprefix("estimator ") for one in setting.differences if one.startswith("estimator "))


def at_equal(first: Runs, second: Runs) -> Estimate:
    """Return the difference of the second number at equal first. Each seed of either is left out as a whole."""
    return estimate(lambda groups: difference_at_equal(*groups), [first, second])


def body(results: Table) -> str:
    """Return quartiles of MIG, what else differs, and the differences of the estimators."""
    parts = [other_betas(results), quartiles(results, "estimator"), means(results), apart(results)]
    return "\n\n".join(filter(None, parts))


def other_betas(results: Table) -> str:
    """Return which estimators were trained at which betas, where that is not the same; "" where it is."""
    told = []
    for data_set, strata in split(results, "estimator").items():
        betas: dict[str, list[float]] = {}
        for beta, by_estimator in sorted(strata.items()):
            for estimator in by_estimator:
                betas.setdefault(estimator, []).append(beta)
        if len({*map(tuple, betas.values())}) > 1:
            each = "; ".join(f"{estimator} at {listed(own)}" for estimator, own in sorted(betas.items()))
            told.append(f"Not all estimators were trained at the same betas{on(data_set)}: {each}.")
    return " ".join(told)


def means(results: Table) -> str:
    """Return a table of the mean KL, ELBO and parts of the KL of each estimator and beta."""
    keys = (*AT_EQUAL, "total_correlation", "index_code_mi")
    found = [runs_of(results, BETA, key) for key in keys]
    rows = [
        (data_set, estimator, f"{beta:g}", len(runs), *(one[data_set][estimator][:, place, 1].mean() for one in found))
        for data_set, by_estimator in found[0].items()
        for estimator, runs in by_estimator.items()
        for place, (beta, _) in enumerate(runs.mean(0).tolist())
    ]
    head = ("data set", "estimator", "beta", "seeds", "mean KL", "mean ELBO", "total correlation", "index-code MI")
    return f"Means in nats, all by the exact mixture of all images, whatever was trained with:\n\n{table(head, rows)}"


def apart(results: Table) -> str:
    """Return a table of how estimators differ at equal beta, KL and ELBO."""
    rows = [*at_equal_beta(results), *over_each(results)]
    told = (
        "How estimators differ, with 90% intervals. At equal beta each run is a repetition. At equal KL or ELBO it is "
        "the mean difference of the curves through the means of their betas, straight in between, over the range that "
        f"both reach; there a seed, with its run at every beta, is one repetition. {NO_DIFFERENCE}"
    )
    return f"{told}\n\n{table(('data set', 'difference', 'at equal', *NUMBERS), rows)}" if rows else ""


def at_equal_beta(results: Table) -> list[tuple[str, ...]]:
    """Return rows of how each pair differs at each beta that both have, and on average."""
    by_number: list[dict[str, Strata]] = [split(results, "estimator", key) for key in NUMBERS.values()]
    rows: list[tuple[str, ...]] = []
    for data_set in by_number[0]:
        for first, second in PAIRS:
            found = [compare(one.get(data_set, {}), first, second).differences() for one in by_number]
            cells = {betas: [one.get(betas, "") for one in found] for betas in found[0]}
            rows += [(data_set, f"{first} less {second}", f"beta {betas}", *own) for betas, own in cells.items()]
    return rows


def over_each(results: Table) -> list[tuple[str, ...]]:
    """Return rows of how each pair differs at equal KL and ELBO."""
    rows: list[tuple[str, ...]] = []
    for x, (name, _) in AT_EQUAL.items():
        of_number = [runs_of(results, x, y) for y in NUMBERS.values()]
        for data_set, by_estimator in of_number[0].items():
            for first, second in PAIRS:
                if {first, second} <= by_estimator.keys():
                    both = [(one[data_set][first], one[data_set][second]) for one in of_number]
                    rows.append((data_set, f"{first} less {second}", name, *(cell(*runs) for runs in both)))
    return rows


def cell(first: Runs, second: Runs) -> str:
    """Return a difference of two estimators at equal KL or ELBO; "none in common" where they have none in common."""
    if not (len(first) and len(second)):
        return "too few runs"
    found = at_equal(first, second)
    return "none in common" if math.isnan(found.value) else in_thousandths(found)


if __name__ == "__main__":
    make_page("Appendix: estimators", body, claims, caption=TRADE_OFF)
