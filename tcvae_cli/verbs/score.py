"""Score codes as the literature does beside MIG: docs/measures.md defines each measure."""

import contextlib
import importlib.util
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.errors import ArgumentError, TcvaeError, wrong_kind
from tcvae_cli.machine import start_torch
from tcvae_cli.progress import Note, Progress, heard, in_python, once, silent, warn
from tcvae_cli.results.estimators import MEASURES as ESTIMATORS
from tcvae_cli.text import choice_of
from tcvae_cli.verbs.checks import check_number, check_seed, check_share, words_in
from tcvae_cli.verbs.factors import Labels, check_bins, choose_factors
from tcvae_cli.verbs.inputs import AnyPath, check_several, codes_in, data_in, posterior_to_score
from tcvae_cli.verbs.record import origin_of
from tcvae_cli.verbs.score_result import Effort, ScoreResult
from tcvae_cli.verbs.udr import UDR, udr_of_each

if TYPE_CHECKING:
    from tcvae_cli.estimators.scores.registry import Measure
    from tcvae_cli.estimators.scores.representation import Representation
    from tcvae_cli.files.codes import Codes
    from tcvae_cli.files.data_sets import DataSet

NAMES = tuple(ESTIMATORS)
MOST_DRAWN = 10**10  # images in all votes of a measure: about an hour
MOST_ENTRIES = {"per_vote": 100_000, "train": 1_000_000, "test": 1_000_000, "bins": 1_000_000}


def score(
    codes: "Codes | AnyPath",
    measure: str,
    *,
    factors: "DataSet | AnyPath | None" = None,
    factor: Sequence[str] | str | None = None,
    per_vote: int = 64,
    train: int = 10_000,
    test: int = 5_000,
    bins: int = 20,
    factor_bins: int | None = None,
    seed: int = 0,
    active: float = ACTIVE_SHARE,
    progress: Progress = silent,
    note: Note = warn,
) -> ScoreResult:
    """Return the score of some codes by one measure, such as "dci"; `scores` takes several of both.

    factors, factor, factor_bins: the data set with the classes, the names of the factors to use, and into how many bins
    to cut them, as `mig` takes them; per_vote, train, test, bins, seed: see Effort. Errors: ArgumentError, and
    TcvaeError that names the file.
    """
    if not isinstance(measure, str):
        raise wrong_kind("measure", measure, "give the name of one; scores takes several")
    return scores(
        [codes],
        [measure],
        factors=factors,
        factor=factor,
        effort=Effort(per_vote, train, test, bins, seed),
        factor_bins=factor_bins,
        active=active,
        progress=progress,
        note=note,
    )[0]


def scores(
    codes: "Sequence[Codes | AnyPath]",
    measures: Sequence[str] | str | None = None,
    *,
    factors: "DataSet | AnyPath | None" = None,
    factor: Sequence[str] | str | None = None,
    effort: Effort = Effort(),
    factor_bins: int | None = None,
    active: float = ACTIVE_SHARE,
    progress: Progress = silent,
    note: Note = warn,
) -> list[ScoreResult]:
    """Return a score for each measure of each of the codes, then for "udr" one for each of the codes.

    measures: names, or one; None stands for all that apply, and NOTE is told of those that do not. factor_bins: as in
    `mig`. One file of codes at a time is in memory, with "udr" all of them.
    """
    check_several(codes)
    chosen = chosen_measures(None if measures is None else words_in("measures", measures), len(codes))
    known, note = registry(), once(note)
    check_effort(chosen, effort)
    check_bins(factor_bins)
    check_share(active)
    start_torch("cpu")
    results: list[ScoreResult] = []
    learnt = [name for name in chosen if name != UDR]
    if measures is None and UDR not in chosen:
        note(f"{UDR} is left out: it compares the codes of several runs")

    def learn_from(one: "Codes", data: "DataSet | None") -> None:
        """Add the scores of one file."""
        labels = choose_factors(one, data, factor, factor_bins)
        hear, of_codes = heard(note)
        given = represented(one, labels, active, hear)
        lost = refusals(labels, given, learnt, bool(factor))
        refuse_or_note(lost, measures is None, note)
        rest = [name for name in learnt if name not in lost]
        for sentence in (sentence for name in rest for sentence in labels.notes(known[name].takes)):
            note(sentence)
        with progress("scoring", len(rest)) as advance:
            for result in learn(one, labels, given, rest, effort, active, of_codes, note):
                results.append(result)
                advance(1, result.measure)

    with data_in(factors, "factors", progress) as data:
        # Without UDR one file at a time is in memory.
        together = [codes_in(one, means_alone=True) for one in codes] if UDR in chosen else []
        for one in (together or codes) if learnt else []:
            learn_from(codes_in(one, means_alone=True), data)
    return results + (udr_of_each(together, active, note) if together else [])


def chosen_measures(measures: Sequence[str] | None, codes: int) -> list[str]:
    """Return the measures asked for in the order of NAMES, all but "udr" of a single file where MEASURES is None."""
    if measures is None:
        return [name for name in NAMES if name != UDR or codes > 1]
    for name in sorted(set(measures).difference(NAMES)):
        raise ArgumentError("measure", f"there is no measure {name!r}", choice_of(name, NAMES))
    if UDR in measures and codes < 2:
        raise ArgumentError("measure", "udr compares runs with each other", "name the codes of two runs or more")
    return [name for name in NAMES if name in measures]


def registry() -> "dict[str, Measure]":
    """Return the measures that learn, by name. TcvaeError without scikit-learn."""
    if importlib.util.find_spec("sklearn") is None:  # importing it takes seconds, and not all measures do
        raise TcvaeError("score", "needs scikit-learn", "pip install 'tcvae[scores]'")
    from tcvae_cli.estimators.scores.registry import MEASURES

    return MEASURES


def entries_used(measures: Sequence[str]) -> set[str]:
    """Return which entries of an Effort any of some measures uses."""
    known = registry()
    return {entry for name in measures if name != UDR for entry in known[name].uses}


def check_effort(measures: Sequence[str], effort: Effort) -> None:
    """Raise ArgumentError for an effort that makes no sense, or none that a person would wait for."""
    for name, most in MOST_ENTRIES.items():
        check_number(name, getattr(effort, name), 2 if name == "bins" else 1, most)
    check_seed(effort.seed)
    if "kim-mnih" in measures and effort.per_vote < 2:
        raise ArgumentError("per_vote", "one image has no variance, which kim-mnih compares", "give 2 or more")
    drawn = effort.per_vote * (effort.train + effort.test)
    if "per_vote" in entries_used(measures) and drawn > MOST_DRAWN:
        fault = f"{effort.per_vote:,} in each of {effort.train + effort.test:,} votes are {drawn:,} images"
        cure = f"ask for {MOST_DRAWN:,} at most, by fewer {{train}} and {{test}} votes too"
        raise ArgumentError("per_vote", fault, cure)


def represented(codes: "Codes", labels: Labels, active: float, note: Note) -> "Representation":
    """Return what the measures look at of some codes. TcvaeError for a single image."""
    from tcvae_cli.estimators.scores.representation import represent

    probability = posterior_to_score(codes, note).probability.numpy()
    given = represent(codes.mean, codes.log_std, labels.classes, probability, active, labels.values)
    if len(given.means) < 2:
        raise TcvaeError(codes.where, "has one image, and scores need two", "encode more")
    return given


def refusals(
    labels: Labels, given: "Representation", measures: Sequence[str], named: bool
) -> dict[str, tuple[str, TcvaeError]]:
    """Return why some codes and labels do not allow some of the measures, as a sentence ends and as an error.

    Too few factors are an ArgumentError if they were NAMED, else all that there are.
    """
    found: dict[str, tuple[str, TcvaeError]] = {}
    for name in measures:
        measure = registry()[name]
        if len(labels.names) < measure.least_factors:
            found[name] = ("there is one factor only, and nothing to tell it from", error_of_one(name, labels, named))
        elif fault := measure.refuses(given):
            found[name] = (fault, TcvaeError(labels.where, fault, f"leave {name} out"))
        elif single := labels.single_images(measure.takes):
            found[name] = (f"{single.fault}; {single.cure}", single)
        elif fault := measure.lacks(given, labels.names):
            found[name] = (fault, TcvaeError(labels.where, fault, f"leave {name} out"))
    return found


def error_of_one(name: str, labels: Labels, named: bool) -> TcvaeError:
    """Return the error for a measure of two factors or more where one is NAMED, or there is no other."""
    if named:
        return ArgumentError("factor", f"{name} tells factors apart, so one is not enough", "name two or more")
    fault = f"scores one factor only, and {name} tells factors apart"
    return TcvaeError(labels.where, fault, f"leave {name} out")


def refuse_or_note(lost: dict[str, tuple[str, TcvaeError]], unasked: bool, note: Note) -> None:
    """Raise the first error of the measures that are LOST; where nobody asked for them, note each reason once."""
    if not unasked:
        for _, error in lost.values():
            raise error
    for reason in dict.fromkeys(reason for reason, _ in lost.values()):
        names = [name for name, (its, _) in lost.items() if its == reason]
        note(f"{', '.join(names)} {'are' if len(names) > 1 else 'is'} left out: {reason}")


def learn(
    codes: "Codes",
    labels: Labels,
    given: "Representation",
    measures: Sequence[str],
    effort: Effort,
    active: float,
    of_codes: Sequence[str],
    note: Note,
) -> Iterator[ScoreResult]:
    """Yield the result of each measure of one file; OF_CODES are notes that stand beside each."""
    from tcvae_cli.estimators.scores.representation import Plan

    plan = Plan(**asdict(effort))
    for name in measures:
        measure = registry()[name]
        hear, said = heard(note)
        if unsuited := measure.unsuited(given):
            hear(unsuited)
        with one_line_warnings(name, hear):
            found = measure.compute(given, plan)
        if doubt := measure.doubt(found):
            hear(f"{name}: {doubt}")
        yield ScoreResult(
            path=codes.where,
            measure=name,
            estimator=ESTIMATORS[name][0],
            score=found.score,
            parts=found.parts,
            rows=len(codes.mean),
            rows_used=labels.rows_used,
            latents=codes.mean.shape[1],
            factors=labels.names,
            active_latents=tuple(given.active.tolist()),
            **measure.used(given, plan),
            factor_bins=labels.bins,
            by_value=labels.by_value(measure.takes) or None,
            active=float(active),
            notes=(*map(in_python, labels.notes(measure.takes)), *of_codes, *said) or None,
            origin=origin_of(codes),
        )


@contextlib.contextmanager
def one_line_warnings(name: str, note: Note) -> Iterator[None]:
    """Note what scikit-learn warns of in one line each, once, instead of a paragraph with paths of its own."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for line in dict.fromkeys(str(warning.message).partition("\n")[0] for warning in caught):
        note(f"{name}: scikit-learn says: {line}")
