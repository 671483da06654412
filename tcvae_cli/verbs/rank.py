"""Order runs of one data set without labels, by criteria that need none, and tell how far these go along with MIG."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.errors import printable
from tcvae_cli.machine import start_torch
from tcvae_cli.progress import Note, Progress, heard, in_python, silent, warn
from tcvae_cli.results.agreement import mean_ranks, ranks_of
from tcvae_cli.verbs.checks import check_number, check_seed, check_share
from tcvae_cli.verbs.decompose import DEFAULT_SAMPLES
from tcvae_cli.verbs.inputs import AnyPath, data_in
from tcvae_cli.verbs.rank_few import check_enough
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
    check_enough(codes)
    start_torch(device)
    from tcvae_cli.verbs.rank_entrants import check_digests, entrants
    from tcvae_cli.verbs.rank_reading import Reader

    hear, said = heard(note)
    found, sample = entrants(codes, hear), None
    readings: list[Reading] = []
    with data_in(factors, "factors", progress) as labels, data_in(data, "data", progress) as rows:
        check_digests(found, rows)
        reader = Reader(rows, labels, images, seed, active, device)
        with progress("measuring runs", len(found)) as advance:
            for entrant in found:
                reading, sample = reader.read(entrant, sample)
                readings.append(reading)
                advance(1)
    own = own_notes(readings, hear, note)
    return ordered(readings, own, hear, said, seed=seed, active=float(active))


def ordered(
    readings: "Sequence[Reading]",
    own: Sequence[tuple[str, ...]],
    note: Note,
    said: Sequence[str],
    *,
    seed: int,
    active: float,
) -> list[RankedRun]:
    """Return runs in their order. SAID is what NOTE has been told of them all, and will be; OWN are notes of each."""
    from tcvae_cli.verbs.rank_order import (
        agreements_of,
        columns_of,
        effective_latents_of,
        likeness,
        note_of_images,
        note_of_silence,
        used,
    )

    note_of_images(readings, note)
    compared, udr = likeness(readings, note)
    columns = columns_of(readings, udr)
    ranks, mean = mean_ranks({name: columns[name] for name in used(readings, columns, note)})
    note_of_silence(readings, list(ranks), note)
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
            effective_latents=effective_latents_of(one),
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
            notes=(*said, *own[number]) or None,
            origin=one.origin,
        )
        for number, one in enumerate(readings)
    ]
    return sorted(found, key=lambda one: one.place)


def own_notes(readings: "Sequence[Reading]", of_all: Note, note: Note) -> list[tuple[str, ...]]:
    """Return what is to be said of each run and not of all of them, and tell NOTE whose it is.

    OF_ALL is told once of what is the same for all runs, such as labels that some images lack.
    """
    common = [sentence for sentence in readings[0].notes if all(sentence in one.notes for one in readings)]
    for sentence in common:
        of_all(sentence)
    found = [tuple(sentence for sentence in one.notes if sentence not in common) for one in readings]
    for one, sentences in zip(readings, found, strict=True):
        for sentence in sentences:
            note(f"{one.entrant.where}: {sentence}")
    return [tuple(map(in_python, sentences)) for sentences in found]
