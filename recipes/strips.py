"""What the pages of figures 1 and 6 share: gaps of two methods, latents named by factors, matching latents."""

import statistics
from collections.abc import Sequence

from answers import OVER_PAIRS, by
from markdown_page import table
from saying import Saying

from tcvae_cli.results import Claim, Line, Verdict, decide_above, is_stand_in, setting_of, shift, superiority

OURS, THEIRS = "beta-tcvae", "beta-vae"
ALIKE = 0.5  # |r| from which two latents are said to share what they tell


def gap_claim(saying: Saying, results: Sequence[Line], factors: Sequence[str]) -> Claim:
    """Test whether our mean gap of some factors (all of them if there are none such) is larger, by ranks over seeds."""
    migs = [one for one in results if one["kind"] == "mig"]
    data_set = next((str(one["data_set"]) for one in migs), None)
    ours, theirs = (
        [mean_gap(one, factors) for one in migs if one.part("settings")["objective"] == name] for name in (OURS, THEIRS)
    )
    if not ours or not theirs:
        return saying.untested(data_set, "the two were not both run.")
    first, second = map(statistics.median, (ours, theirs))
    lead, larger = shift(ours, theirs), superiority(ours, theirs)
    return saying.tested(
        data_set,
        Verdict.STAND_IN if any(map(is_stand_in, results)) else decide_above(lead),
        f"median mutual information gap {first:.3f} (beta-TCVAE) and {second:.3f} (beta-VAE) over "
        f"{scored(results, factors)}; {OVER_PAIRS}, that of ours is {by(lead, 'larger', 'smaller', str)}; P(a run of "
        f"ours is larger) = {larger:.2f}.",
        f"its gap is typically {by(lead, 'larger', 'smaller')}, medians {first:.3f} and {second:.3f}",
        [lead],
        estimate=lead,
        numbers={"superiority": larger},
    )


def scored(results: Sequence[Line], factors: Sequence[str]) -> str:
    """Return the factors that the gap is the mean over."""
    names = next(list(map(str, one["factors"])) for one in results if one["kind"] == "mig")
    return ", ".join([name for name in names if name in factors] or names)


def mean_gap(result: Line, factors: Sequence[str]) -> float:
    """Return the mean gap of some factors of a mig, of all of them if it has none such."""
    gaps = dict(zip(result["factors"], result["gap_per_factor"], strict=True))
    return statistics.fmean([gaps[name] for name in gaps if name in factors] or list(gaps.values()))


def telling_latents(results: Sequence[Line], most: int = 0) -> str:
    """Return a table of the latent that tells most of each factor of each run: of the MOST best-told, 0 for all."""
    rows = []
    for one in results:
        if one["kind"] != "mig":
            continue
        parts = zip(one["factors"], one["winner"], one["mutual_information"], one["factor_entropy"], strict=True)
        told = [(name, latent, nats[latent] / entropy) for name, latent, nats, entropy in parts]
        gaps = dict(zip(one["factors"], one["gap_per_factor"], strict=True))
        kept = sorted(told, key=lambda row: -row[-1])[:most] if most else told
        rows += [(run_name(one), name, f"z{latent}", share, gaps[name]) for name, latent, share in kept]
    return table(("run", "factor", "latent that tells most", "I(z; v) / H(v)", "gap"), rows)


def run_name(result: Line) -> str:
    """Return data set, setting and seed of the run behind a result."""
    settings = result.part("settings")
    return f"{result['data_set']}, {setting_of(settings)}, seed {settings['seed']}"


def matching_latents(results: Sequence[Line]) -> str:
    """Return a table of how many latents of the two methods match, by seed."""
    rows = []
    for one in results:
        if one["kind"] == "match":
            active = [abs(pair["correlation"]) for pair in one["pairs"] if pair["active"]]
            alike = sum(strength >= ALIKE for strength in active)
            best = max(active, default=float("nan"))
            rows.append((one.part("settings")["seed"], len(active), alike, best))
    head = ("seed", "matched pairs, active in both", f"of these with abs(r) of {ALIKE} or more", "largest abs(r)")
    return table(head, rows)


def body(results: Sequence[Line], note: str) -> str:
    """Return both tables and what they show."""
    stand_in = (
        "**Stand-in**: the pictures are rendered heads in colour. They show that the experiment runs, and say nothing "
        "of the paper's data.\n\n"
        if any(map(is_stand_in, results))
        else ""
    )
    return (
        f"{stand_in}{note}\n\nWhich latent tells most of each factor is measured, not judged by eye:\n\n"
        f"{telling_latents(results)}\n\nThe latents of the two methods are matched one to one by the correlation of "
        "their posterior means, over all images here and over 2,000 of them in the picture:\n\n"
        f"{matching_latents(results)}"
    )
