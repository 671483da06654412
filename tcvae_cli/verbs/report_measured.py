"""Measure a run for its page: on its images, of many on a part, and by what lies beside the run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tcvae_cli.errors import TcvaeError
from tcvae_cli.figures.plots.portrait import Portrait
from tcvae_cli.files.codes import Codes
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.progress import Note, Progress, quiet
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.decoding import active_of, kl_of
from tcvae_cli.verbs.decompose import decompose
from tcvae_cli.verbs.encode import encode, encode_rows
from tcvae_cli.verbs.inputs import posterior_of
from tcvae_cli.verbs.mig import mig
from tcvae_cli.verbs.portraits import carrying, portraits
from tcvae_cli.verbs.report_beside import Known, known_beside
from tcvae_cli.verbs.score import scores
from tcvae_cli.verbs.shared_images import sampled_rows

MOST_ENCODED = 10_000  # images, some 10 s of one core: MIG of so many differed by less than 0.005 from that of 46,080
CHEAP = {"sap-r2": "SAP (R²)", "modularity": "modularity"}  # measures that learn nothing, and take a moment
RELATIVES = {"mig_sup": "MIG-sup", "rmig": "RMIG (nats)", "jemmig": "JEMMIG (nats)"}
BESIDE = "results of all as mig.json and estimate-tc.json beside the run stand in their place"
Found = TypeVar("Found")


@dataclass(frozen=True)
class Measuring:
    """How runs are measured: what counts as active, where, and who is told."""

    active: float
    device: str
    progress: Progress
    note: Note
    most: int = MOST_ENCODED  # images


@dataclass(frozen=True)
class Measured:
    """What is known of a run: without images, what it remembers of its end. BASIS says on how many images."""

    kl: Sequence[float]  # (latent,)
    active: Sequence[int] | None
    terms: Mapping[str, Any]
    gap: Mapping[str, Any] | None = None
    scores: Sequence[tuple[str, float]] = ()
    portrait: Portrait | None = None
    basis: str = ""


def remembered(run: Run, active: float, miss: Note) -> Measured:
    """Return what a run remembers of its end, and what lies beside it; a checkpoint remembers nothing."""
    final, used, known = run.header.final or {}, active_of(run, active), known_beside(run)
    if not final:
        miss("it is a checkpoint, which does not tell how informative its latents are: they stand in their own order")
    own = {name: final[name] for name in ("elbo", "total_correlation") if final.get(name) is not None}
    found = [name for name, there in (("MIG", known.gap), ("the terms of the ELBO", known.terms)) if there]
    return Measured(
        kl=kl_of(run),
        active=None if used is None else [latent for latent, its in enumerate(used) if its],
        terms=known.terms or own,
        gap=known.gap,
        scores=relatives(known.gap),
        basis=f"{' and '.join(found)}: results beside the run." if found else "",
    )


def measured(run: Run, data: DataSet, how: Measuring, miss: Note) -> Measured:
    """Encode the images of a data set, or a part of them, and measure their codes."""
    known = known_beside(run) if data.digest == run.header.data.digest else Known()
    codes, count = codes_of(run, data, how), data.description.rows
    options: Mapping[str, Any] = {"active": how.active, "progress": how.progress}

    def unless_refused(what: str, work: Callable[[], Found]) -> Found | None:
        """Return what some work gives; if it cannot be done, say so."""
        try:
            return work()
        except TcvaeError as error:
            miss(f"{what}: {error.fault}")
            return None

    gap, portrait, beside = known.gap, None, None
    if codes.factor_classes is None:
        miss("its data set has no labels, so there is no MIG")
    else:
        if gap is None:
            found = unless_refused("no MIG", lambda: mig(codes, device=how.device, note=how.note, **options))
            gap = None if found is None else found.record()
        if gap is not None:
            portrait = unless_refused("no curves of latents", lambda: portraits([codes], note=quiet, **options)[0])
            beside = unless_refused("no scores beside MIG", lambda: scores([codes], list(CHEAP), note=quiet, **options))
    terms = known.terms
    if terms is None:
        terms = decompose(codes, device=how.device, progress=how.progress, note=how.note).record()
    part = len(codes.mean) < count
    if part and (known.terms is None or (known.gap is None and gap is not None)):
        how.note(f"MIG and the ELBO are measured on {len(codes.mean):,} of {count:,} images; {BESIDE}")
    return Measured(
        kl=terms.get("kl_per_latent") or [],
        active=carrying(posterior_of(codes), how.active),
        terms=terms,
        gap=gap,
        scores=[*relatives(gap), *((CHEAP[one.measure], float(one.score)) for one in beside or ())],
        portrait=portrait,
        basis=basis_of(known, len(codes.mean), count),
    )


def codes_of(run: Run, data: DataSet, how: Measuring) -> Codes:
    """Return the codes of the images of a data set; of many, those of some that are drawn by seed 0."""
    if data.description.rows <= how.most:
        return encode(run, data, device=how.device, progress=how.progress)
    return encode_rows(run, data, sampled_rows(data, how.most), device=how.device, progress=how.progress)


def relatives(gap: Mapping[str, Any] | None) -> list[tuple[str, float]]:
    """Return what comes with MIG."""
    return [(title, float(gap[name])) for name, title in RELATIVES.items() if gap and gap.get(name) is not None]


def basis_of(known: Known, encoded: int, count: int) -> str:
    """Say on how many images a run is measured, and what a part of them changes; "" for all of them."""
    if encoded == count:
        return ""
    part = f"{encoded:,} of {count:,} images, drawn at random"
    if known.gap and known.terms:
        return f"MIG and the ELBO: results beside the run, of all {count:,} images. All else is of {part}."
    said = f"Measured on {part}: MIG of all images is much the same"
    if known.terms:
        return f"{said}. The ELBO and its terms are those of all, from results beside the run."
    return f"{said}, their index-code MI is higher, and their total correlation lower."
