"""The page of figure 3: `python recipes/figure3.py PROFILE RESULTS.jsonl`, Markdown on standard output."""

import statistics
import sys

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.methods import mig_by_setting
from tcvae_cli.files.results import Result, read_results

LEAST_RUNS = 3
HIGHEST = "Over random initialisations, beta-TCVAE (beta 6) reaches the highest median MIG of all methods."
BELOW = "FactorVAE with dense layers falls below beta-VAE (beta 4)."
OURS, DENSE, PLAIN = "beta-TCVAE (6)", "FactorVAE (35)", "beta-VAE (4)"

Scores = dict[str, list[float]]  # {setting: MIG of each run}


def highest(scores: Scores) -> str:
    """Whether beta-TCVAE has the highest median."""
    if OURS not in scores or len(scores) < 3 or min(map(len, scores.values())) < LEAST_RUNS:
        return "too few runs"
    middle = {setting: statistics.median(values) for setting, values in scores.items()}
    return "held" if middle.pop(OURS) > max(middle.values()) else "not held"


def below(scores: Scores) -> str:
    """Whether FactorVAE's median is below beta-VAE's."""
    if min(len(scores.get(setting, [])) for setting in (DENSE, PLAIN)) < LEAST_RUNS:
        return "too few runs"
    return "held" if statistics.median(scores[DENSE]) < statistics.median(scores[PLAIN]) else "not held"


def page(profile: str, results: list[Result]) -> str:
    """The page in Markdown, one data set."""
    ((data_set, scores),) = mig_by_setting(results).items()
    seeds = sorted({int(result.part("settings").number("seed")) for result in results})
    rows = [
        f"| {setting} | {len(values)} | {min(values):.3f} | {statistics.median(values):.3f} | {max(values):.3f} |"
        for setting, values in scores.items()
    ]
    claims = [f"* {claim} **{verdict(scores)}**" for claim, verdict in ((HIGHEST, highest), (BELOW, below))]
    return "\n".join(
        (
            "# Figure 3: MIG over initialisations",
            "",
            f"Profile {profile}; data set: {data_set}; seeds {', '.join(map(str, seeds))};",
            f"MIG estimator: {results[0]['estimator']}. A claim takes {LEAST_RUNS} runs of each setting to test.",
            "",
            "The paper's claims, by the medians:",
            "",
            *claims,
            "",
            "| setting | runs | lowest | median MIG | highest |",
            "|---|---:|---:|---:|---:|",
            *rows,
            "",
            "![Box plots of MIG](figure3.png)",
            "",
        )
    )


if __name__ == "__main__":
    try:
        sys.stdout.write(page(sys.argv[1], read_results(sys.argv[2:])))
    except TcvaeError as error:
        sys.exit(f"figure3: {error}")
