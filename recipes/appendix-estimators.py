"""Appendix: beta-TCVAE trained with each estimator of the total correlation, at equal beta, KL and ELBO."""

import math
from collections.abc import Callable

import numpy as np
from ablation import MARGIN, OBJECTIVE, no_difference, quartiles, split
from answers import chance, in_brief
from markdown_page import table
from over_beta import Runs, difference_at_equal, lacking
from pages import by_short_title, make_page
from saying import Saying

from tcvae_cli.results import (
    Claim,
    Estimate,
    Setting,
    Table,
    decide_within,
    estimate,
    pair_numbers,
    runs_needed_within,
)

PAPER = "A plot of both on dSprites, no number; that they do not differ is how we read it."
WORDS = "Training with minibatch stratified sampling, in place of weighted, makes no significant difference to MIG"
SAYING = Saying(WORDS, PAPER)
AT_EQUAL = {
    "analytic_kl": ("KL", Saying(f"{WORDS} at equal KL", PAPER)),
    "elbo": ("ELBO", Saying(f"{WORDS} at equal ELBO", PAPER)),
}
SAYINGS = (SAYING, *(saying for _, saying in AT_EQUAL.values()))

PAIRS = (("mss", "mws"), ("exact", "mws"))  # what the paper compares, and what it does not train with
BETA = "settings.beta"
EQUAL = {"beta": BETA, **{name: x for x, (name, _) in AT_EQUAL.items()}}
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
    """Test whether the curves of MIG of two estimators over X, KL or ELBO, are within MARGIN of one another.

    A seed, with its run at every beta, is one repetition; those of the two estimators count as independent, as the runs
    of `no_difference` do.
    """
    name, saying = AT_EQUAL[x]
    if why := lacking(first, second):
        return saying.untested(data_set, why)
    difference = estimated_difference(difference_at_equal, first, second)
    if math.isnan(difference.value):
        return saying.untested(data_set, f"the two reach no {name} in common.")
    p = min(1.0, 2 * min(difference.above, difference.below))
    return saying.tested(
        data_set,
        decide_within(difference, MARGIN, p),
        f"over the {name} that both reach, the curve of MIG with mss less that with mws is on average {difference}, "
        f"{chance(p)}, of {len(first)} and {len(second)} seeds with a run at every beta (held if the interval lies "
        f"within {MARGIN:g} of 0, not held if P is at most 0.05).",
        f"a difference of {in_brief(difference)}",
        needed=runs_needed_within(difference, MARGIN),
        estimate=difference,
        numbers={"chance": p},
    )


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


def estimated_difference(statistic: Callable[[Runs, Runs], float], first: Runs, second: Runs) -> Estimate:
    """Return STATISTIC(first, second), of which each seed of either is left out as a whole."""
    return estimate(lambda groups: statistic(*groups), [first, second])


def difference_at_each(first: Runs, second: Runs) -> float:
    """Return the mean second number of FIRST less that of SECOND over the values of the first that both have."""
    own, other = (dict(runs.mean(0).tolist()) for runs in (first, second))
    common = own.keys() & other.keys()
    return float(np.mean([own[x] - other[x] for x in sorted(common)])) if common else math.nan


def body(results: Table) -> str:
    """Return quartiles of MIG, what else differs, and the differences of the estimators."""
    return "\n\n".join([quartiles(results, "estimator"), means(results), differences(results)])


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


def differences(results: Table) -> str:
    """Return a table of how estimators differ at equal beta, KL and ELBO."""
    rows = []
    for equal, x in EQUAL.items():
        of_number = [runs_of(results, x, y) for y in NUMBERS.values()]
        for data_set, by_estimator in of_number[0].items():
            for first, second in PAIRS:
                if {first, second} <= by_estimator.keys():
                    both = [(one[data_set][first], one[data_set][second]) for one in of_number]
                    rows.append((data_set, f"{first} less {second}", equal, *(cell(x, *runs) for runs in both)))
    told = (
        "How estimators differ, with 90% intervals. At equal beta it is the mean over the betas that both have; at "
        "equal KL or ELBO it is that of the curves through the means of their betas, straight in between, over the "
        "range that both reach. A seed, with its run at every beta, is one repetition."
    )
    return f"{told}\n\n{table(('data set', 'difference', 'at equal', *NUMBERS), rows)}" if rows else ""


def cell(x: str, first: Runs, second: Runs) -> str:
    """Return a difference of two estimators at equal X in brief; "none in common" where the two have no X in common."""
    if not (len(first) and len(second)):
        return "too few runs"
    found = estimated_difference(difference_at_each if x == BETA else difference_at_equal, first, second)
    return "none in common" if math.isnan(found.value) else in_brief(found)


if __name__ == "__main__":
    make_page("Appendix: estimators", body, claims)
