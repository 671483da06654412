"""The measures by the names they have on the command line."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from tcvae_cli.estimators.scores.dci import dci, dci_lasso
from tcvae_cli.estimators.scores.explicitness import explicitness
from tcvae_cli.estimators.scores.higgins import higgins
from tcvae_cli.estimators.scores.infomec import infomec
from tcvae_cli.estimators.scores.irs import irs
from tcvae_cli.estimators.scores.kim_mnih import kim_mnih
from tcvae_cli.estimators.scores.modularity import modularity
from tcvae_cli.estimators.scores.representation import Plan, Representation, Score, split
from tcvae_cli.estimators.scores.sap import sap, sap_r2


@dataclass(frozen=True)
class Measure:
    """How to compute a score, what it is called in full, the fewest factors it can tell apart, the plan it uses."""

    compute: Callable[[Representation, Plan], Score]
    estimator: str
    least_factors: int
    uses: tuple[str, ...]

    def used(self, given: Representation, plan: Plan) -> dict[str, Any]:
        """The plan's entries as this measure used them, null where it did not.

        Images to learn from and to test on may be fewer than planned: then their number, or a number a factor where
        labels are missing.
        """
        used = {name: value if name in self.uses else None for name, value in asdict(plan).items()}
        if self.uses == LEARNT:
            sizes = [list(map(len, split(given, factor, plan))) for factor in range(given.classes.shape[1])]
            train, test = (list(part) for part in zip(*sizes, strict=True))
            used["train"], used["test"] = (n[0] if len(set(n)) == 1 else n for n in (train, test))
        return used


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
    "irs": Measure(irs, "0.99 quantile over the largest deviation", 1, ()),
    "infomec": Measure(infomec, "InfoM, ten nearest neighbours", 2, LEARNT),
}
