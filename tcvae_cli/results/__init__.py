"""Result lines: what they say, which belong together, and what they show."""

from typing import TYPE_CHECKING

from tcvae_cli.lazy import importer, public_names

if TYPE_CHECKING:
    from tcvae_cli.results.by_bias import scores_by_bias
    from tcvae_cli.results.claim import Claim, read_claims
    from tcvae_cli.results.clusters import Clusters, two_clusters
    from tcvae_cli.results.curves import read_curves
    from tcvae_cli.results.data_sets import data_set_in_words, short_titles
    from tcvae_cli.results.estimates import FISHER, LEAST_RUNS, Estimate, estimate
    from tcvae_cli.results.line import NEWEST_SCHEMA, Line, read_results
    from tcvae_cli.results.pairs import (
        Points,
        correlation_over_runs,
        estimated_correlation,
        pair_numbers,
        pair_with_mig,
    )
    from tcvae_cli.results.published_numbers import PublishedNumber, published
    from tcvae_cli.results.ranks import paired_shift, rank_test, shift, stratified_rank_test, superiority
    from tcvae_cli.results.setting import Setting, setting_of, written
    from tcvae_cli.results.shares import median_estimate, share
    from tcvae_cli.results.statistics import pearson, spearman
    from tcvae_cli.results.table import Table, one_estimator
    from tcvae_cli.results.verdict import (
        Verdict,
        decide_above,
        decide_below,
        decide_within,
        is_stand_in,
        runs_needed,
        runs_needed_within,
    )

__all__ = [
    "FISHER",
    "LEAST_RUNS",
    "NEWEST_SCHEMA",
    "Claim",
    "Clusters",
    "Estimate",
    "Line",
    "Points",
    "PublishedNumber",
    "Setting",
    "Table",
    "Verdict",
    "correlation_over_runs",
    "data_set_in_words",
    "decide_above",
    "decide_below",
    "decide_within",
    "estimate",
    "estimated_correlation",
    "is_stand_in",
    "median_estimate",
    "one_estimator",
    "pair_numbers",
    "pair_with_mig",
    "paired_shift",
    "pearson",
    "published",
    "rank_test",
    "read_claims",
    "read_curves",
    "read_results",
    "runs_needed",
    "runs_needed_within",
    "scores_by_bias",
    "setting_of",
    "share",
    "shift",
    "short_titles",
    "spearman",
    "stratified_rank_test",
    "superiority",
    "two_clusters",
    "written",
]

NAMES = {  # imported when they are first used
    "by_bias": ["scores_by_bias"],
    "claim": ["Claim", "read_claims"],
    "clusters": ["Clusters", "two_clusters"],
    "curves": ["read_curves"],
    "data_sets": ["data_set_in_words", "short_titles"],
    "estimates": ["FISHER", "LEAST_RUNS", "Estimate", "estimate"],
    "line": ["NEWEST_SCHEMA", "Line", "read_results"],
    "pairs": ["Points", "correlation_over_runs", "estimated_correlation", "pair_numbers", "pair_with_mig"],
    "published_numbers": ["PublishedNumber", "published"],
    "ranks": ["paired_shift", "rank_test", "shift", "stratified_rank_test", "superiority"],
    "setting": ["Setting", "setting_of", "written"],
    "shares": ["median_estimate", "share"],
    "statistics": ["pearson", "spearman"],
    "table": ["Table", "one_estimator"],
    "verdict": [
        "Verdict",
        "decide_above",
        "decide_below",
        "decide_within",
        "is_stand_in",
        "runs_needed",
        "runs_needed_within",
    ],
}
__getattr__ = importer(__name__, NAMES)
__dir__ = public_names(NAMES)
