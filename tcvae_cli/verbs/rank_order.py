"""The criteria of runs that were read: their numbers, which of them make the order, and how they go along with MIG."""

import math
from collections import Counter
from collections.abc import Sequence

import torch

from tcvae_cli.estimators.activity import effective_latents
from tcvae_cli.estimators.scores.udr import udr
from tcvae_cli.progress import Note
from tcvae_cli.results.agreement import CRITERIA, agreement, preferred
from tcvae_cli.results.estimates import LEAST_RUNS
from tcvae_cli.verbs.rank_reading import Reading
from tcvae_cli.verbs.rank_result import MEAN_RANK, Agreement

Columns = dict[str, Sequence[float]]  # a number of each run, by the name of the criterion
OF_THE_ORDER = ("mean-rank", False)  # its estimator, and that a higher mean rank is no better one


def likeness(readings: Sequence[Reading], note: Note) -> tuple[str, list[float]]:
    """Return with which others UDR compares each run, those of its "setting", as published, or "all", and its UDR.

    It is all where a run is alone in its setting, of which NOTE is told, or does not tell its settings.
    """
    ranks, settings = [one.ranks for one in readings], [one.entrant.setting for one in readings]
    alone = sum(count == 1 for count in Counter(settings).values())
    if alone or None in settings:
        if alone:
            have = "one setting has" if alone == 1 else f"{alone:,} settings have"
            note(f"{have} a single run: UDR compares all runs with each other, not those of a setting")
        return "all", udr(ranks)[0]
    return "setting", udr(ranks, settings)[0]


def columns_of(readings: Sequence[Reading], own_udr: Sequence[float]) -> Columns:
    """Return the numbers that runs can be chosen by, without those that some lack."""
    columns: Columns = {
        "udr": own_udr,
        "total_correlation": [one.terms.total_correlation for one in readings],
        "active_latents": [float(len(one.active_latents)) for one in readings],
    }
    for name, given in (
        ("effective_latents", [effective_latents_of(one) for one in readings]),
        ("elbo", [one.terms.elbo for one in readings]),
    ):
        if len(known := [number for number in given if number is not None]) == len(readings):
            columns[name] = known
    return columns


def effective_latents_of(reading: Reading) -> float | None:
    """Return how many latents share the KL; None where no latent is active, and what is shared is noise."""
    return effective_latents(torch.tensor(reading.terms.kl_per_latent)) if reading.active_latents else None


def used(readings: Sequence[Reading], columns: Columns, note: Note) -> list[str]:
    """Return the criteria that make the order: those that say which number is better, if all numbers compare."""
    likelihoods = {one.origin.settings.get("likelihood") for one in readings if one.origin.settings}
    why = "not all runs have one" if "elbo" not in columns else "the runs have different likelihoods"
    aside = {"elbo"} if "elbo" not in columns or len(likelihoods) > 1 else set()
    if aside:
        note(f"the ELBO is left out of the mean rank: {why}")
    return [one.name for one in CRITERIA if one.higher is not None and one.name not in aside]


def note_of_silence(readings: Sequence[Reading], ordering: Sequence[str], note: Note) -> None:
    """Tell NOTE of the runs without an active latent, which say nothing, and so are independent all the same."""
    silent = sum(not one.active_latents for one in readings)
    if silent == len(readings):
        left = "the order is only that of the ELBO" if "elbo" in ordering else "the order says nothing"
        note(f"no run has an active latent: {left}")
    elif silent:
        have = "run has" if silent == 1 else "runs have"
        note(f"{silent:,} of {len(readings):,} {have} no active latent: a low total correlation is no merit there")


def note_of_images(readings: Sequence[Reading], note: Note) -> None:
    """Tell NOTE where runs are taken to be of the same images as they are of as many, and nothing else says so."""
    if not all(one.entrant.digest for one in readings) and not all(one.labelled for one in readings):
        note(
            "all runs are of as many images; that these are the same could not be checked, since not all runs tell"
            " their data set, and not all have labels"
        )


def agreements_of(
    readings: Sequence[Reading], columns: Columns, ordering: Sequence[str], note: Note
) -> dict[str, Agreement]:
    """Return how each criterion goes along with MIG, and their mean rank; NOTE is told why some of that is missing."""
    migs = [one.mig for one in readings if one.mig is not None]
    known = len(migs) == len(readings)
    if migs and not known:
        note(f"no correlation with MIG, which {len(readings) - len(migs):,} of {len(readings):,} runs lack")
    seeds = [one.entrant.seed for one in readings]
    repetitions = len(set(seeds))
    if known and len(readings) < LEAST_RUNS:
        note(f"fewer than {LEAST_RUNS} runs: no correlation with MIG")
    elif known and repetitions < LEAST_RUNS:
        note(f"fewer than {LEAST_RUNS} seeds, and runs of one seed are one repetition: no interval of a correlation")
    ways = {one.name: (one.estimator, one.higher) for one in CRITERIA if one.name in columns}
    found = {}
    for name, (estimator, higher) in (ways | {MEAN_RANK: OF_THE_ORDER}).items():
        one = agreement(preferred(columns[name], higher), migs, seeds) if known else None
        found[name] = Agreement(
            estimator=estimator,
            higher=higher,
            used=name in ordering,
            correlation=None if one is None or math.isnan(one.value) else one.value,
            interval=(one.low, one.high) if one is not None and one.low < one.high else None,
            repetitions=repetitions,
        )
    return found
