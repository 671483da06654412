"""Walk the matching latents of two runs, as arrays."""

from collections.abc import Sequence

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.errors import TcvaeError
from tcvae_cli.estimators.matching import Pair, correlations, matched
from tcvae_cli.figures.plots.strips import MatchedWalks, Strip, StripPair
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.files.streams import display_name
from tcvae_cli.progress import Progress, silent
from tcvae_cli.results.data_sets import data_set_in_words
from tcvae_cli.results.line import CURE, Line, Results
from tcvae_cli.results.repeats import measured_on
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.checks import check_number, check_share
from tcvae_cli.verbs.decoding import (
    Extent,
    evenly_spaced,
    run_setting,
    run_title,
    start_name,
    start_of,
    walk_latents,
)
from tcvae_cli.verbs.encode import check_images, open_images_of
from tcvae_cli.verbs.inputs import AnyPath, lines_in, run_in
from tcvae_cli.verbs.latents_told import most_told
from tcvae_cli.verbs.sampled_codes import Sample, sample_of, sampled_codes
from tcvae_cli.verbs.shared_images import Reading, read_images

SHARED = 2_000  # images that two runs are compared on


def match_walks(
    run: Run | AnyPath,
    other: Run | AnyPath,
    *,
    image: int | None = None,
    data: DataSet | AnyPath | None = None,
    mig: Results | AnyPath | None = None,
    pairs: int = 10,
    extent: Extent = (-2, 2),
    frames: int = 9,
    active: float = ACTIVE_SHARE,
    device: str = "auto",
    progress: Progress = silent,
) -> MatchedWalks:
    """Match the latents of two runs one to one, and decode the walk of each beside that of its match.

    Latents are matched by the correlation of their posterior means over 2,000 images of DATA (else of the data set of
    RUN), such that the sum of absolute correlations is the largest; where one is negative OTHER walks backwards. The
    PAIRS most informative ones are kept, of those in which both latents are active: the mean has more than the share
    ACTIVE of the latent's variance. With results of `mig` among them that of RUN, only its latents that tell most of a
    factor are kept, and named by it; else each is named by the factor that it tells most of, by those images. Walks
    start from row IMAGE of the data set, without one from the middle of the prior. `figures.strips` draws this.
    """
    check_number("frames", frames, 2, 21)
    values = evenly_spaced(extent, frames)
    check_share(active)
    check_number("pairs", pairs, 1)
    first, second = run_in(run, device), run_in(other, device, "other")
    names = None if mig is None else factors_told(first, lines_in(mig))
    with open_images_of(first, data, progress) as rows:
        check_images(second, rows)
        sample, described = sample_of(rows, SHARED), rows.description
        starts = [start_of(its, image, rows).code for its in (first, second)]
    read, other_read = read_images(first, sample.images), read_images(second, sample.images)
    shown = told(first, sample) if names is None else names
    found = []
    for pair in informative_pairs(read, other_read, active, names)[:pairs]:
        sign = -1 if pair.correlation < 0 else 1
        upper = walk_latents(first, starts[0], [pair.latent], values)[0]
        lower = walk_latents(second, starts[1], [pair.other], values * sign)[0]
        found.append(
            StripPair(
                Strip(pair.latent, float(read.kl[pair.latent]), upper),
                Strip(pair.other, float(other_read.kl[pair.other]), lower),
                pair.correlation,
                shown.get(pair.latent, ""),
            )
        )
    data_set = data_set_in_words(described.name, described.provenance, described.rows)
    return MatchedWalks(
        pairs=tuple(found),
        runs=(run_title(first), run_title(second)),
        settings=(run_setting(first), run_setting(second)),
        values=values.numpy(),
        note=f"{start_name(first, image)}, matched over {len(sample.images):,} images · {data_set}",
    )


def told(run: Run, sample: Sample) -> dict[int, str]:
    """Return {latent: the factor that it tells most of} as far as a sample of images tells."""
    codes = sampled_codes(run, sample)
    return dict(enumerate((most_told(codes) if codes is not None else None) or ()))


def informative_pairs(first: Reading, second: Reading, active: float, only: dict[int, str] | None = None) -> list[Pair]:
    """Return the matching latents that are active in both, the largest KL of both together first.

    With ONLY, those of them that are its latents in FIRST.
    """
    carrying, others = first.share > active, second.share > active
    pairs = [
        pair
        for pair in matched(correlations(first.mean, second.mean), carrying, others)
        if carrying[pair.latent] and others[pair.other] and (only is None or pair.latent in only)
    ]
    return sorted(pairs, key=lambda pair: -float(first.kl[pair.latent] + second.kl[pair.other]))


def factors_told(run: Run, results: Sequence[Line]) -> dict[int, str]:
    """Return {latent: the factors that it tells most of} from the mig of the run among RESULTS."""
    header = run.header
    migs = [line for line in results if line["kind"] == "mig"]
    its = measured_on(migs, header.settings, header.data.digest, header.step)
    if not its:
        where = results[0].where.partition(", line ")[0] if results else "mig"
        fault = f"has no result of mig for {display_name(run.stored.path)}"
        raise TcvaeError(where, fault, "make one by tcvae encode RUN | tcvae mig")
    winners: dict[int, list[str]] = {}
    for line in its:
        factors, winner = line["factors"], line["winner"]
        if not (isinstance(factors, list) and isinstance(winner, list) and len(factors) == len(winner)):
            raise TcvaeError(line.where, "'winner' is not a latent for each factor", CURE)
        for name, latent in zip(factors, winner, strict=True):
            winners.setdefault(latent, []).append(str(name))
    return {latent: ", ".join(dict.fromkeys(names)) for latent, names in winners.items()}
