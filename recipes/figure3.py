"""The page of figure 3: `python recipes/figure3.py PROFILE RESULTS.jsonl`, Markdown on standard output."""

import statistics
import sys

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.figures import mig_by_setting
from tcvae_cli.files.results import Result, read_results

CLAIM = "Over random initialisations, beta-TCVAE (beta 6) reaches a higher median MIG than VAE and beta-VAE (beta 4)."
OURS, LEAST_RUNS = "beta-TCVAE (6)", 3


def verdict(scores: dict[str, list[float]]) -> str:
    """Whether the claim held for these runs, {setting: MIG of each run}."""
    if len(scores) < 3 or min(map(len, scores.values())) < LEAST_RUNS:
        return "too few runs"
    middle = {setting: statistics.median(values) for setting, values in scores.items()}
    others = [median for setting, median in middle.items() if setting != OURS]
    return "held" if OURS in middle and middle[OURS] > max(others) else "not held"


def page(profile: str, results: list[Result]) -> str:
    """The page in Markdown, one data set."""
    ((data_set, scores),) = mig_by_setting(results).items()
    seeds = sorted({int(result.part("settings").number("seed")) for result in results})
    rows = [
        f"| {setting} | {len(values)} | {min(values):.3f} | {statistics.median(values):.3f} | {max(values):.3f} |"
        for setting, values in scores.items()
    ]
    return "\n".join(
        (
            "# Figure 3: MIG over initialisations",
            "",
            f"Profile {profile}; data set: {data_set}; seeds {', '.join(map(str, seeds))};",
            f"MIG estimator: {results[0]['estimator']}. FactorVAE and InfoGAN are not part of it yet.",
            "",
            f"Claim: {CLAIM}",
            "",
            f"**{verdict(scores)}**" + (f" (fewer than {LEAST_RUNS} a setting)" * (verdict(scores) == "too few runs")),
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
