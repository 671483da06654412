"""A sentence of the paper, and what becomes of it on a data set."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from answers import EACH, answered
from page import on

from tcvae_cli.results import Claim, Estimate, Verdict, decide_above, runs_needed


@dataclass(frozen=True)
class Saying:
    """What a page tests: in our WORDS, without a full stop, and what the PAPER has, with its number if there is one.

    EACH says of what the numbers of runs are: AT_EACH_BETA where the groups that are compared are those of a beta.
    """

    words: str
    paper: str
    each: str = EACH

    def untested(self, data_set: str | None, why: str) -> Claim:
        """Return the claim about a data set where there are no runs to test it."""
        return self.tested(data_set, Verdict.TOO_FEW, why, why=why[:1].upper() + why[1:])

    def decided_by(
        self, found: Estimate, data_set: str | None, statistic: str, size: str = "", **numbers: Any
    ) -> Claim:
        """Return the claim that FOUND lies above its level, of which alone it consists."""
        return self.tested(data_set, decide_above(found), statistic, size, [found], estimate=found, **numbers)

    def tested(
        self,
        data_set: str | None,
        verdict: Verdict,
        statistic: str,
        size: str = "",
        parts: Sequence[Estimate] = (),
        needed: int | None = None,
        why: str = "",
        **numbers: Any,
    ) -> Claim:
        """Return the claim about a data set, with its answer.

        SIZE is how large the effect is, in words. PARTS are what must all be above their levels for it to hold: from
        them comes how many runs would do, unless NEEDED says it. WHY is a sentence on what keeps the claim from a test,
        where that is no lack of runs: then no number of them would do. NUMBERS are the further fields of a Claim.
        """
        if why:
            verdict, parts, needed = Verdict.TOO_FEW, (), None
        if verdict != Verdict.TOO_FEW:
            needed = None
        elif parts:
            needed = runs_needed(*parts)
        place = on(data_set) if data_set else ""
        claim = Claim(f"{self.words}{place}.", statistic, verdict, data_set, needed=needed, paper=self.paper, **numbers)
        return answered(claim, size, why, self.each)
