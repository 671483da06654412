"""The measures by the names they have on the command line."""

from collections.abc import Callable
from dataclasses import dataclass

from tcvae_cli.estimators.scores.dci import dci, dci_lasso
from tcvae_cli.estimators.scores.explicitness import explicitness
from tcvae_cli.estimators.scores.higgins import higgins
from tcvae_cli.estimators.scores.infomec import infomec
from tcvae_cli.estimators.scores.irs import irs
from tcvae_cli.estimators.scores.kim_mnih import kim_mnih
from tcvae_cli.estimators.scores.modularity import modularity
from tcvae_cli.estimators.scores.representation import Plan, Representation, Score
from tcvae_cli.estimators.scores.sap import sap, sap_r2


@dataclass(frozen=True)
class Measure:
    """How to compute a score, what it is called in full, the fewest factors it can tell apart, the plan it uses."""

    compute: Callable[[Representation, Plan], Score]
    estimator: str
    least_factors: int
    uses: tuple[str, ...]


LEARNT = ("train", "test", "seed")
VOTED = ("per_vote", *LEARNT)
MEASURES = {
    "higgins": Measure(higgins, "accuracy, logistic regression on mean differences", 2, VOTED),
    "kim-mnih": Measure(kim_mnih, "accuracy, majority vote of least variance", 2, VOTED),
    "dci": Measure(dci, "disentanglement, gradient-boosted trees", 2, LEARNT),
    "dci-lasso": Measure(dci_lasso, "disentanglement, lasso", 2, LEARNT),
    "sap": Measure(sap, "gap in accuracy, linear SVM", 1, LEARNT),
    "sap-r2": Measure(sap_r2, "gap in R^2, linear regression", 1, ()),
    "modularity": Measure(modularity, "binned means", 2, ("bins",)),
    "explicitness": Measure(explicitness, "ROC area, logistic regression", 1, LEARNT),
    "irs": Measure(irs, "0.99 quantile of deviations", 1, ()),
    "infomec": Measure(infomec, "InfoM, three nearest neighbours", 2, LEARNT),
}
