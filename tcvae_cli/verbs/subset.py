"""Keep a part of a data set, or bias how often its rows are drawn."""

import os
from collections.abc import Mapping
from contextlib import ExitStack

from tcvae_cli.datasets.subsets import Bias, Choice, Classes, part_asked_for
from tcvae_cli.errors import ArgumentError, wrong_kind
from tcvae_cli.files.data_sets import DataSet, open_data_set
from tcvae_cli.files.kinds import DATA_END
from tcvae_cli.files.ledger import note_input, one_call
from tcvae_cli.files.streams import check_output, path_in
from tcvae_cli.progress import Note, Progress, silent, warn
from tcvae_cli.verbs.checks import check_number, check_seed
from tcvae_cli.verbs.inputs import data_path
from tcvae_cli.verbs.written import Written, write_source


@one_call()
def subset(
    data: DataSet | str | os.PathLike[str],
    *,
    output: str | os.PathLike[str],
    where: Mapping[str, Classes] | None = None,
    keep_every: Mapping[str, int] | None = None,
    sample: int | None = None,
    seed: int = 0,
    bias: str | None = None,
    factors: tuple[str, str] | None = None,
    progress: Progress = silent,
    note: Note = warn,
) -> Written:
    """Write a part of a data set to OUTPUT.

    WHERE keeps some classes of factors (`{"shape": 1, "scale": [0, 2], "posX": "3..5"}`, or their names), KEEP_EVERY
    each N-th class, and SAMPLE is the number of images to draw with SEED. BIAS (A, B, C or D) gives each row a
    probability, so that two FACTORS are jointly distributed as in the paper's figure 5. Rows keep their order, and
    factors the classes that are left, numbered anew. Errors: ArgumentError for what the data set does not have;
    TcvaeError from reading it.
    """
    check_kinds(where, keep_every, factors)
    check_request(where, keep_every, sample, bias, factors)
    seed = check_seed(seed)
    wanted = None if bias is None or factors is None else Bias(bias, *factors)
    choice = Choice(where or {}, keep_every or {}, sample, seed, wanted)
    check_output(path_in(output, "output"), DATA_END)
    if isinstance(data, DataSet) and data.path != "-":
        note_input(data.path)  # which this call will read, though another has opened it
    with ExitStack() as stack:
        if not isinstance(data, DataSet):
            data = stack.enter_context(open_data_set(data_path(data, "data"), progress))
        opened = data
        return write_source(lambda: part_asked_for(opened, choice), output, "subset", progress, note)


def check_kinds(where: object, keep_every: object, factors: object) -> None:
    """Refuse what is no mapping of factors, or no two of them."""
    for name, asked in (("where", where), ("keep_every", keep_every)):
        if asked is not None and not isinstance(asked, Mapping):
            raise wrong_kind(name, asked, "give a dict with the name of each factor")
    if factors is not None and (not isinstance(factors, tuple | list) or len(factors) != 2):
        raise ArgumentError("factors", f"is {factors!r}", "give the names of two factors in a tuple")


def check_request(where: object, keep_every: object, sample: int | None, bias: str | None, factors: object) -> None:
    """Refuse a request for nothing, and a bias without its factors, before any file is opened."""
    if (bias is None) != (factors is None):
        raise ArgumentError("bias", "and {factors} go together", "give a bias and two factors")
    if sample is not None:
        check_number("sample", sample, 1)
    if not (where or keep_every or sample or bias):
        raise ArgumentError("subset", "nothing is asked for", "give {where}, {keep_every}, {sample} or {bias}")
