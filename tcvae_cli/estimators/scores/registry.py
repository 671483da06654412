"""The measures by the names they have on the command line."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from tcvae_cli.estimators.scores.dci import dci, dci_lasso, dci_regression
from tcvae_cli.estimators.scores.dci_histogram_trees import dci_histogram_trees
from tcvae_cli.estimators.scores.explicitness import explicitness
from tcvae_cli.estimators.scores.higgins import higgins
from tcvae_cli.estimators.scores.infomec import infomec
from tcvae_cli.estimators.scores.infomec_discrete import infomec_discrete, of_few_values, of_many_values
from tcvae_cli.estimators.scores.irs import irs
from tcvae_cli.estimators.scores.kim_mnih import kim_mnih
from tcvae_cli.estimators.scores.med import med
from tcvae_cli.estimators.scores.modularity import modularity
from tcvae_cli.estimators.scores.omes import omes, without_pairs
from tcvae_cli.estimators.scores.representation import Plan, Representation, Score, split
from tcvae_cli.estimators.scores.sap import sap, sap_r2


@dataclass(frozen=True)
class Measure:
    """How to compute a score, the fewest factors that it can tell apart, and which entries of the plan it uses.

    Most take a factor by its classes, of several images each. One that takes "numbers" takes its values, or without
    them the classes as numbers; one that takes "either" its values if its classes have few images. What a measure
    `refuses` is why it has no value of some latents, and what it `lacks` why it has none of some factors, which have
    these names; nothing where it has one. What it is `unsuited` for is why another measure suits some codes better;
    nothing where none does. The part called `informed_by`, 0 at the least and 1 at the best, says whether latents tell
    factors at all: where they hardly do, the score is made of the shares of what chance leaves, and may be high.
    """

    compute: Callable[[Representation, Plan], Score]
    least_factors: int
    uses: tuple[str, ...]
    takes: Literal["classes", "numbers", "either"] = "classes"
    refuses: Callable[[Representation], str] = lambda given: ""
    lacks: Callable[[Representation, Sequence[str]], str] = lambda given, names: ""
    unsuited: Callable[[Representation], str] = lambda given: ""
    informed_by: str | None = None

    def doubt(self, found: Score) -> str:
        """Return why a score says nothing, though it is a number; "" where it does not."""
        if self.informed_by is None or found.parts[self.informed_by] >= LITTLE:
            return ""
        told = f"{self.informed_by} is {found.parts[self.informed_by]:.2g}"
        return f"{told}: the latents hardly tell the factors, and the score is made of what chance leaves"

    @property
    def splits_images(self) -> bool:
        """Tell whether it learns from images, of which there may be too few, rather than from votes that it draws."""
        return "train" in self.uses and "per_vote" not in self.uses

    def used(self, given: Representation, plan: Plan) -> dict[str, Any]:
        """Return the plan's entries as this measure used them, None where it did not.

        Images to learn from and to test on may be fewer than planned: then their number, or one number per factor where
        labels are missing.
        """
        used = {name: value if name in self.uses else None for name, value in asdict(plan).items()}
        if self.splits_images:
            sizes = [list(map(len, split(given, factor, plan))) for factor in range(given.classes.shape[1])]
            train, test = (list(part) for part in zip(*sizes, strict=True))
            used["train"], used["test"] = (n[0] if len(set(n)) == 1 else n for n in (train, test))
        return used


LITTLE = 0.05  # of what latents could tell of factors
LEARNT = ("train", "test", "seed")
VOTED = ("per_vote", *LEARNT)
MEASURES = {
    "higgins": Measure(higgins, 2, VOTED),
    "kim-mnih": Measure(kim_mnih, 2, VOTED),
    "dci": Measure(dci, 2, LEARNT),
    "dci-histogram-trees": Measure(dci_histogram_trees, 2, LEARNT),
    "dci-lasso": Measure(dci_lasso, 2, LEARNT, takes="numbers", informed_by="informativeness"),
    "dci-regression": Measure(dci_regression, 2, LEARNT, takes="numbers", informed_by="informativeness"),
    "sap": Measure(sap, 1, LEARNT),
    "sap-r2": Measure(sap_r2, 1, (), takes="numbers"),
    "modularity": Measure(modularity, 2, ("bins",)),
    "explicitness": Measure(explicitness, 1, LEARNT),
    "irs": Measure(irs, 1, ()),
    "infomec": Measure(infomec, 2, LEARNT, takes="either", unsuited=of_few_values, informed_by="info_e"),
    "infomec-discrete": Measure(infomec_discrete, 2, LEARNT, refuses=of_many_values, informed_by="info_e"),
    "med": Measure(med, 2, ("bins",)),
    "omes": Measure(omes, 2, (), lacks=without_pairs),
}
