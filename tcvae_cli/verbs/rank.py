"""Order runs of one data set without labels, by criteria that need none, and tell how far these go along with MIG."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.errors import printable
from tcvae_cli.machine import start_torch
from tcvae_cli.progress import Note, Progress, heard, silent, warn
from tcvae_cli.results.agreement import mean_ranks, ranks_of
from tcvae_cli.verbs.checks import check_number, check_seed, check_share
from tcvae_cli.verbs.decompose import DEFAULT_SAMPLES
from tcvae_cli.verbs.inputs import AnyPath, data_in
from tcvae_cli.verbs.rank_result import ESTIMATOR, MEAN_RANK, RankedRun

if TYPE_CHECKING:
    from tcvae_cli.files.codes import Codes
    from tcvae_cli.files.data_sets import DataSet
    from tcvae_cli.training.trained import Run
    from tcvae_cli.verbs.rank_reading import Reading

MOST_IMAGES = 10_000_000


def rank(
    codes: "Sequence[Codes | Run | AnyPath]",
    *,
    factors: "DataSet | AnyPath | None" = None,
    data: "DataSet | AnyPath | None" = None,
    images: int = 10_000,
    seed: int = 0,
    active: float = ACTIVE_SHARE,
    device: str = "auto",
    progress: Progress = silent,
    note: Note = warn,
) -> list[RankedRun]:
    """Return runs of one data set by their mean rank of UDR, total correlation and ELBO, the best first.

    codes: codes, runs, paths of either, and folders, whose finished runs are taken. What a sweep has measured of a run
    is read from beside it; other runs are encoded and measured. factors: the data set with the classes, where codes
    have none; with classes, MIG stands beside the ranks. data: another data set to encode runs on than their own.
    images: at how many images at most UDR compares runs, drawn by SEED. active: the share of its variance that the mean
    of an active latent has at least. device: "auto", "cpu" or "cuda". Errors: ArgumentError, and TcvaeError that names
    the file.
    """
    check_number("images", images, 2, MOST_IMAGES)
    seed = check_seed(seed)
    check_share(active)
    start_torch(device)
    from tcvae_cli.verbs.rank_entrants import check_digests, entrants
    from tcvae_cli.verbs.rank_reading import Reader

    hear, said = heard(note)
    hear = once(hear)
    found, sample = entrants(codes, hear), None
    readings: list[Reading] = []
    with data_in(factors, "factors", progress) as labels, data_in(data, "data", progress) as rows:
        check_digests(found, rows)
        reader = Reader(rows, labels, images, seed, active, device, hear)
        with progress("measuring runs", len(found)) as advance:
            for entrant in found:
                reading, sample = reader.read(entrant, sample)
                readings.append(reading)
                advance(1)
    return ordered(readings, hear, said, seed=seed, active=float(active))


def ordered(
    readings: "Sequence[Reading]", note: Note, said: Sequence[str], *, seed: int, active: float
) -> list[RankedRun]:
    """Return runs in their order. SAID is what NOTE has been told, and will be."""
    from tcvae_cli.verbs.rank_order import agreements_of, columns_of, likeness, used

    compared, udr = likeness(readings, note)
    columns = columns_of(readings, udr)
    ranks, mean = mean_ranks({name: columns[name] for name in used(readings, columns, note)})
    agreements = agreements_of(readings, columns | {MEAN_RANK: mean.tolist()}, list(ranks), note)
    places = ranks_of(mean, higher=False)
    found = [
        RankedRun(
            codes=printable(one.entrant.where),
            estimator=ESTIMATOR,
            place=float(places[number]),
            mean_rank=float(mean[number]),
            ranks={name: float(own[number]) for name, own in ranks.items()},
            udr=udr[number],
            total_correlation=one.terms.total_correlation,
            standard_error=one.terms.standard_error,
            elbo=one.terms.elbo,
            active_latents=one.active_latents,
            effective_latents=columns["effective_latents"][number],
            kl_per_latent=one.terms.kl_per_latent,
            mig=one.mig,
            agreement=agreements,
            compared=compared,
            images=len(one.ranks),
            rows=one.rows,
            latents=len(one.terms.kl_per_latent),
            samples=DEFAULT_SAMPLES,
            seed=seed,
            active=active,
            notes=tuple(said) or None,
            origin=one.origin,
        )
        for number, one in enumerate(readings)
    ]
    return sorted(found, key=lambda one: one.place)


def once(note: Note) -> Note:
    """Return a note that passes each sentence on once, however many runs it is about."""
    told: set[str] = set()

    def tell(sentence: str) -> None:
        """Pass on a sentence that is new."""
        if sentence not in told:
            told.add(sentence)
            note(sentence)

    return tell
