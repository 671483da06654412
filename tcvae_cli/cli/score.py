"""`tcvae score`: codes and factors to the measures of disentanglement beside MIG."""

import contextlib
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tcvae_cli.cli.factors import choose_factors, made_by, open_factors
from tcvae_cli.cli.flags import Format, typed
from tcvae_cli.cli.messages import say
from tcvae_cli.cli.posterior import posterior_of
from tcvae_cli.cli.progress import progress
from tcvae_cli.cli.tables import print_results
from tcvae_cli.errors import TcvaeError, UsageError
from tcvae_cli.files.streams import display_name
from tcvae_cli.machine import start_torch

if TYPE_CHECKING:
    from tcvae_cli.estimators.scores.representation import Plan
    from tcvae_cli.files.codes import Codes

UDR = "udr"
NAMES = (
    *("higgins", "kim-mnih", "dci", "dci-lasso", "sap", "sap-r2", "modularity", "explicitness", "irs", "infomec"),
    UDR,
)
MOST_DRAWN = 10**10  # images in all votes of a measure: about an hour
FLAGS = {"per_vote": "--per-vote", "train": "--train", "test": "--test", "bins": "--bins", "seed": "--seed"}


def score(
    context: typer.Context,
    codes: Annotated[
        list[str] | None, typer.Argument(metavar="CODES", help="Output of tcvae encode; - is standard input.")
    ] = None,
    measure: Annotated[
        list[str] | None, typer.Option(metavar="NAME,...", help=f"Of {', '.join(NAMES)} (udr: of several CODES).")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every measure.")] = False,
    factors: Annotated[
        str | None, typer.Option(metavar="FILE.h5", help="Take the factor classes from this data set.")
    ] = None,
    factor: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Score this factor (repeat for more). \\[default: the data's]"),
    ] = None,
    per_vote: Annotated[
        int, typer.Option(min=1, max=100_000, help="L: images, or pairs, a vote (higgins, kim-mnih).")
    ] = 64,
    train: Annotated[int, typer.Option(min=1, max=1_000_000, help="Votes or images to learn from.")] = 10_000,
    test: Annotated[int, typer.Option(min=1, max=1_000_000, help="Votes or images to score on.")] = 5_000,
    bins: Annotated[int, typer.Option(min=2, max=1_000_000, help="Of the means (modularity).")] = 20,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Of all that is drawn.")] = 0,
    format: Annotated[Format | None, typer.Option(help="\\[default: table on a terminal, else json]")] = None,  # noqa: A002
) -> None:
    """Measure codes as the literature does beside MIG; docs/measures.md defines each measure.

    tcvae encode run.safetensors | tcvae score --measure higgins,kim-mnih,sap

    tcvae score codes.safetensors --all --format table

    A result for each measure of each file. Needs scikit-learn: pip install 'tcvae-cli\\[scores]'
    """
    paths = codes or ["-"]
    chosen = chosen_measures(measure, every, len(paths))
    start_torch("cpu")
    from tcvae_cli.files.codes import read_codes

    try:
        from tcvae_cli.estimators.scores.registry import MEASURES
        from tcvae_cli.estimators.scores.representation import Plan
    except ModuleNotFoundError:
        raise TcvaeError("score", "needs scikit-learn", "pip install 'tcvae-cli[scores]'") from None
    if "kim-mnih" in chosen and per_vote < 2:
        raise UsageError("--per-vote", "one image has no variance, which kim-mnih compares", "give 2 or more")
    used = {name for one in chosen if one != UDR for name in MEASURES[one].uses}
    for name, flag in FLAGS.items():
        if typed(context, name) and name not in used:
            raise UsageError(flag, f"is not used by {', '.join(chosen)}", "leave it out")
    drawn = per_vote * (train + test)
    if "per_vote" in used and drawn > MOST_DRAWN:
        fault = f"{per_vote:,} in each of {train + test:,} votes are {drawn:,} images"
        raise UsageError("--per-vote", fault, f"ask for {MOST_DRAWN:,} at most, by fewer --train and --test votes too")
    records, of = [], []
    with open_factors(factors, paths) as data:
        read = [read_codes(path) for path in paths]
        for one in read if chosen != [UDR] else []:
            names, classes = choose_factors(one, data, factor)
            here = [name for name in chosen if name != UDR and enough_factors(name, len(names), every)]
            records += learnt(one, names, classes, here, Plan(per_vote, train, test, bins, seed))
            of += [one.where] * len(here)
    if UDR in chosen:
        records += ranked(read)
        of += map(display_name, paths)
    print_results(records, format, lambda: table(records, of if len(paths) > 1 else None))


def chosen_measures(named: list[str] | None, every: bool, files: int) -> list[str]:
    """The measures asked for, in the order of NAMES; --all leaves out udr for a single file."""
    wanted = {name.strip() for text in named or [] for name in text.split(",")}
    if bool(wanted) == every:
        raise UsageError("--measure", "names no measure" if not every else "contradicts --all", "give one of the two")
    for name in sorted(wanted.difference(NAMES)):
        raise UsageError("--measure", f"there is no measure {name!r}", f"choose among {', '.join(NAMES)}")
    if UDR in wanted and files < 2:
        raise UsageError("--measure", "udr compares runs with each other", "name the codes of two runs or more")
    return [name for name in NAMES if name in wanted or (every and (name != UDR or files > 1))]


def enough_factors(name: str, factors: int, every: bool) -> bool:
    """Whether a measure is defined for so many factors. UsageError where it was asked for by name."""
    from tcvae_cli.estimators.scores.registry import MEASURES

    if factors >= MEASURES[name].least_factors:
        return True
    if not every:
        raise UsageError("--factor", f"{name} tells factors apart, so one is not enough", "name two or more")
    say(f"{name} is left out: it tells factors apart, and there is one only")
    return False


def learnt(
    codes: "Codes", names: tuple[str, ...], classes: Any, chosen: list[str], plan: "Plan"
) -> list[dict[str, object]]:
    """A record for each of the measures of one file."""
    from tcvae_cli.estimators.scores.registry import MEASURES
    from tcvae_cli.estimators.scores.representation import represent

    given = represent(codes.mean, codes.log_std, classes, posterior_of(codes).probability.numpy())
    if len(given.means) < 2:
        raise TcvaeError(codes.where, "has one image, and scores need two", "encode more")
    records = []
    with progress("scoring", total=len(chosen)) as advance:
        for name in chosen:
            measure = MEASURES[name]
            with one_line_warnings(name):
                found = measure.compute(given, plan)
            about = {"factors": list(names), "active_latents": given.active.tolist(), **measure.used(given, plan)}
            records.append(record_of(codes, name, measure.estimator, found.score, {**found.parts, **about}))
            advance(1, name)
    return records


@contextlib.contextmanager
def one_line_warnings(name: str) -> Iterator[None]:
    """Say what scikit-learn warns of in a line each, once, instead of a paragraph with paths of its own."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for line in dict.fromkeys(str(warning.message).partition("\n")[0] for warning in caught):
        say(f"{name}: scikit-learn says: {line}")


def ranked(read: "list[Codes]") -> list[dict[str, object]]:
    """UDR: a record for each file, from its likeness to the others."""
    from tcvae_cli.estimators.activity import active_latents
    from tcvae_cli.estimators.scores.udr import rank_codes, udr

    digests = {codes.data.digest for codes in read}
    if len(digests) > 1 or len({len(codes.mean) for codes in read}) > 1:
        raise TcvaeError("udr", "the codes are not of the same images", "encode one data set with every run")
    given = [posterior_of(codes) for codes in read]
    active = [active_latents(one.mean, one.log_std, one.probability) for one in given]
    ranks = [rank_codes(one.mean[:, kept]) for one, kept in zip(given, active, strict=True)]
    scores, likeness = udr(ranks)
    about = {"factors": None, **dict.fromkeys(FLAGS)}
    return [
        record_of(codes, UDR, "median likeness, Spearman", value, {"likeness": row, "active_latents": kept, **about})
        for codes, value, row, kept in zip(
            read, scores, likeness, (kept.nonzero().squeeze(1).tolist() for kept in active), strict=True
        )
    ]


def record_of(codes: "Codes", name: str, estimator: str, value: float, parts: dict[str, Any]) -> dict[str, object]:
    """A result: the score, then what made it; `parts` gathers what only this measure says."""
    common = ("factors", "active_latents", *FLAGS)
    return {
        "kind": "score",
        "measure": name,
        "estimator": estimator,
        "score": value,
        "parts": {key: part for key, part in parts.items() if key not in common},
        "rows": len(codes.mean),
        "latents": codes.mean.shape[1],
        **{key: parts[key] for key in common},
        **made_by(codes),
    }


def table(records: list[dict[str, Any]], of: list[str] | None) -> object:
    """The results for people: a row a measure; of several files, with the file OF each."""
    from rich.table import Table

    grid = Table(title="Scores", title_justify="left")
    for name in (*(["codes"] if of else []), "measure", "score", "", "by"):
        grid.add_column(name, justify="right" if name == "score" else "left")
    for place, record in enumerate(records):
        parts = ", ".join(
            f"{key.replace('_', ' ')} {part:.3f}" for key, part in record["parts"].items() if isinstance(part, float)
        )
        cells = [of[place]] if of else []
        grid.add_row(*cells, record["measure"], f"{record['score']:.4f}", parts, record["estimator"])
    return grid
