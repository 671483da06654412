"""Result lines: what they say, which belong together, and what they show."""

from typing import TYPE_CHECKING

from tcvae_cli.lazy import importer, public_names

if TYPE_CHECKING:
    from tcvae_cli.results.by_bias import scores_by_bias
    from tcvae_cli.results.claim import Claim, read_claims
    from tcvae_cli.results.curves import read_curves
    from tcvae_cli.results.data_sets import short_titles
    from tcvae_cli.results.line import NEWEST_SCHEMA, Line, read_results
    from tcvae_cli.results.pairs import Points, pair_with_mig
    from tcvae_cli.results.setting import Setting, setting_of, written
    from tcvae_cli.results.statistics import (
        bootstrap,
        detectable,
        pearson,
        rank_test,
        spearman,
        stratified_rank_test,
        superiority,
    )
    from tcvae_cli.results.table import Table, one_estimator
    from tcvae_cli.results.verdict import (
        LEAST_RUNS,
        Estimate,
        Verdict,
        decide,
        estimate,
        is_stand_in,
        surely_above,
        surely_below,
    )

__all__ = [
    "LEAST_RUNS",
    "NEWEST_SCHEMA",
    "Claim",
    "Estimate",
    "Line",
    "Points",
    "Setting",
    "Table",
    "Verdict",
    "bootstrap",
    "decide",
    "detectable",
    "estimate",
    "is_stand_in",
    "one_estimator",
    "pair_with_mig",
    "pearson",
    "rank_test",
    "read_claims",
    "read_curves",
    "read_results",
    "scores_by_bias",
    "setting_of",
    "short_titles",
    "spearman",
    "stratified_rank_test",
    "superiority",
    "surely_above",
    "surely_below",
    "written",
]

NAMES = {  # imported when they are first used
    "by_bias": ["scores_by_bias"],
    "claim": ["Claim", "read_claims"],
    "curves": ["read_curves"],
    "data_sets": ["short_titles"],
    "line": ["NEWEST_SCHEMA", "Line", "read_results"],
    "pairs": ["Points", "pair_with_mig"],
    "setting": ["Setting", "setting_of", "written"],
    "statistics": [
        "bootstrap",
        "detectable",
        "pearson",
        "rank_test",
        "spearman",
        "stratified_rank_test",
        "superiority",
    ],
    "table": ["Table", "one_estimator"],
    "verdict": [
        "LEAST_RUNS",
        "Estimate",
        "Verdict",
        "decide",
        "estimate",
        "is_stand_in",
        "surely_above",
        "surely_below",
    ],
}
__getattr__ = importer(__name__, NAMES)
__dir__ = public_names(NAMES)
