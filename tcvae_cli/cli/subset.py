"""`tcvae subset`: keep a part of a data set, or bias how often its rows are drawn."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from tcvae_cli.cli.completion import factor_and_sign
from tcvae_cli.cli.data_set import Output, say_written
from tcvae_cli.cli.flags import typed
from tcvae_cli.cli.messages import say_note
from tcvae_cli.cli.progress import progress
from tcvae_cli.errors import UsageError
from tcvae_cli.files.kinds import DATA_END
from tcvae_cli.files.streams import check_output


class Bias(StrEnum):
    """The joint distributions of the paper's figure 5."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


def subset(
    context: typer.Context,
    data: Annotated[str, typer.Argument(metavar="FILE.h5", help="A data set; - is standard input.")] = "-",
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FACTOR=CLASSES",
            autocompletion=factor_and_sign,
            help="Keep these classes of a factor: 1, 0,2, 3..5 or names; repeat for other factors.",
        ),
    ] = None,
    keep_every: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FACTOR=N",
            autocompletion=factor_and_sign,
            help="Keep each N-th class of a factor, from the first on; repeat for other factors.",
        ),
    ] = None,
    sample: Annotated[
        int | None, typer.Option(min=1, metavar="COUNT", help="Draw this number of the images that are left.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Seed by which --sample draws.")] = 0,
    bias: Annotated[
        Bias | None,
        typer.Option(
            help="Write a `probability` for each row, such that two factors are jointly distributed so (figure 5)."
        ),
    ] = None,
    factors: Annotated[
        str | None, typer.Option(metavar="FACTOR,FACTOR", help="The two factors whose joint distribution --bias sets.")
    ] = None,
    output: Output = "-",
) -> None:
    """Keep a part of a data set: fix factors, thin them out, draw at random, or bias how often rows are drawn.

    tcvae subset dsprites.h5 --where shape=1 --keep-every posX=2 --sample 10000 -o few.h5

    tcvae subset faces.h5 --where identity=0 --where lighting=5 --bias D --factors azimuth,elevation -o biased.h5
    """
    for flag, words in (("--where", where or []), ("--keep-every", keep_every or [])):
        for word in words:
            check_pair(flag, word)
    if factors is not None and bias is not None and "," not in factors:
        raise UsageError("--factors", "names only one of two factors", "e.g. --factors azimuth,elevation")
    if typed(context, "seed") and sample is None:
        raise UsageError("--seed", "is used only with --sample", "leave it out, or give --sample")
    check_output(output, DATA_END)
    from tcvae_cli.files.data_sets import open_data_set
    from tcvae_cli.verbs.subset import check_request
    from tcvae_cli.verbs.subset import subset as write

    check_request(where, keep_every, sample, bias, factors)
    with open_data_set(data, progress) as opened:
        names = opened.description.factor_names
        steps = pairs("--keep-every", keep_every, names)
        written = write(
            opened,
            output=output,
            where=pairs("--where", where, names),
            keep_every={name: int(step) for name, step in steps.items()},
            sample=sample,
            seed=seed,
            bias=None if bias is None else bias.value,
            factors=None if factors is None else two_factors(factors, names),
            progress=progress,
            note=say_note,
        )
    say_written(written)


def check_pair(flag: str, word: str) -> None:
    """Refuse a word that is no FACTOR=SOMETHING, whatever factors there are, before any file is opened."""
    name, _, rest = (part.strip() for part in word.partition("="))
    if not (name and rest):
        raise UsageError(flag, f"{word} is not FACTOR=SOMETHING", f"e.g. {flag} shape=1")
    count = word.rpartition("=")[2].strip()
    if flag == "--keep-every" and (not count.isdecimal() or int(count) < 1):
        raise UsageError(flag, f"{count} is not a whole number above 0", "e.g. --keep-every posX=2")


def pairs(flag: str, words: list[str] | None, names: Sequence[str]) -> dict[str, str]:
    """Return what each word FACTOR=SOMETHING says of its factor, each factor once."""
    found: dict[str, str] = {}
    for word in words or []:
        cuts = cuts_of(word, "=")
        name, rest = next((cut for cut in reversed(cuts) if cut[0] in names), cuts[-1 if flag == "--keep-every" else 0])
        if name in found:
            raise UsageError(flag, f"names {name} twice", f"put them together, e.g. {flag} {name}=0,2")
        found[name] = rest
    return found


def two_factors(word: str, names: Sequence[str]) -> tuple[str, str]:
    """Return the two factors of FACTOR,FACTOR."""
    cuts = cuts_of(word, ",")
    both = [cut for cut in cuts if set(cut) <= set(names)]
    if not both and len(cuts) > 1:
        raise UsageError("--factors", f"{word} is not two factors", f"choose two among {', '.join(names)}")
    return (both or cuts)[0]


def cuts_of(word: str, separator: str) -> list[tuple[str, str]]:
    """Return WORD cut in two at each SEPARATOR, which may also stand in the name of a factor."""
    places = [place for place, letter in enumerate(word) if letter == separator]
    return [(word[:place].strip(), word[place + 1 :].strip()) for place in places]
