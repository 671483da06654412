"""Sweep: train and measure many runs, as many side by side as the machine holds, and go on where it was cut off."""

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tcvae_cli.errors import ArgumentError, TcvaeError, Terminated
from tcvae_cli.files.ledger import one_command
from tcvae_cli.files.streams import path_in
from tcvae_cli.machine import memory_budget, start_torch, threads
from tcvae_cli.progress import Note, Progress, quiet, silent, warn
from tcvae_cli.system import forks_safely
from tcvae_cli.verbs.checks import check_number, words_in
from tcvae_cli.verbs.inputs import data_path
from tcvae_cli.verbs.sweep_grammar import values_in
from tcvae_cli.verbs.sweep_measures import check_known, chosen
from tcvae_cli.verbs.train import given, interrupted

if TYPE_CHECKING:
    from tcvae_cli.files.data_sets import DataSet
    from tcvae_cli.training.session import Hold
    from tcvae_cli.verbs.sweep_board import Board, Standing
    from tcvae_cli.verbs.sweep_work import Job, Workshop

SHARE = re.compile(r"(\d{1,6})/(\d{1,6})", re.ASCII)
Values = Any  # of a setting: one, several, or a text such as "1,2,4" or "0..9"


@dataclass(frozen=True)
class SweptRun:
    """What a sweep made of a run, finished or failed, or found in a dry run: also new, cut off or unmeasured."""

    path: str  # in the folder
    state: str
    step: int  # that is trained already
    group: int | None  # of runs that are trained as one program, counted from 1; None of a run by itself
    replaces: str | None  # what stood in its place, and as what it is kept
    settings: dict[str, Any]

    @classmethod
    def of(cls, job: "Job", state: str, group: int | None = None) -> "SweptRun":
        """Return what became of a job."""
        step = job.place.wanted.settings.steps if state == "finished" else job.step
        return cls(job.path, state, step, group, job.replaces, job.place.wanted.settings.header())

    def record(self) -> dict[str, Any]:
        """Return it as one JSON object, which a sweep reads as the settings of a run."""
        return {"kind": "sweep", **vars(self)}


@dataclass(frozen=True)
class Swept:
    """The runs of a sweep in their order, and the errors of those that failed, by their paths."""

    folder: str
    runs: tuple[SweptRun, ...]
    failures: dict[str, TcvaeError]

    def records(self) -> list[dict[str, Any]]:
        """Return the runs as JSON objects."""
        return [run.record() for run in self.runs]


def sweep(
    data: "DataSet | str | os.PathLike[str]",
    *,
    objective: Values = None,
    beta: Values = None,
    alpha: Values = None,
    gamma: Values = None,
    beta_anneal: Values = None,
    lambda_anneal: Values = None,
    capacity: Values = None,
    capacity_anneal: Values = None,
    lambda_od: Values = None,
    lambda_d: Values = None,
    estimator: Values = None,
    posterior: Values = None,
    prior: Values = None,
    likelihood: Values = None,
    architecture: Values = None,
    latents: Values = None,
    batch_size: Values = None,
    learning_rate: Values = None,
    epochs: Values = None,
    steps: Values = None,
    seed: Values = None,
    precision: Values = None,
    from_: "str | os.PathLike[str] | Sequence[str | Mapping[str, Any]] | None" = None,
    measure: Sequence[str] | str | None = None,
    share: str | None = None,
    dry_run: bool = False,
    memory: str | int | None = None,
    device: str = "auto",
    checkpoint_every: int = 1000,
    output: str | os.PathLike[str],
    stacked: bool = False,
    on_report: "Callable[[Standing], object] | None" = None,
    hold: "Hold | None" = None,
    progress: Progress = silent,
    say: Note = quiet,
    detail: Note = quiet,
    note: Note = warn,
) -> Swept:
    """Train and measure runs on a data set in the folder OUTPUT, and return what became of each.

    The settings are those of `train`, each one value, several, or a text such as "1,2,4" or "0..9"; the runs are their
    product. from_: instead of it a list of runs, as paths or mappings of settings, or the name of a file with one a
    line; the settings given are then those of all runs whose line says nothing else. A run of settings lives at
    OBJECTIVE/flag_value/.../seed_N/run.safetensors, its results beside it, and all results in results.jsonl.

    measure: names of measures, by default mig and estimate-tc, without factors the latter only. share: "3/8" is every
    eighth run from the third on. dry_run: only tell what there is to do. memory, device, checkpoint_every: as `train`
    takes them. What is finished, by the settings and the data set in its header, is skipped, and what was cut off goes
    on from its checkpoint. On CPUs there are as many processes as threads may be used (TCVAE_THREADS), with one thread
    each; on macOS and Windows there is one at a time, with all of them. On CUDA, and with `stacked`, runs that can be
    are trained as one program, as many as the memory holds.

    on_report: called with a Standing as the sweep goes on. say: told of each run that is finished. note: of each that
    fails, which stops no other. hold, progress, detail: as `train` takes them. Ctrl-C lets all runs keep a checkpoint.
    ArgumentError for what cannot be asked for; TcvaeError for files.
    """
    settings = given(
        objective=objective,
        beta=beta,
        alpha=alpha,
        gamma=gamma,
        beta_anneal=beta_anneal,
        lambda_anneal=lambda_anneal,
        capacity=capacity,
        capacity_anneal=capacity_anneal,
        lambda_od=lambda_od,
        lambda_d=lambda_d,
        estimator=estimator,
        posterior=posterior,
        prior=prior,
        likelihood=likelihood,
        architecture=architecture,
        latents=latents,
        batch_size=batch_size,
        learning_rate=learning_rate,
        epochs=epochs,
        steps=steps,
        seed=seed,
        precision=precision,
    )
    lists = {name: values_in(name, values) for name, values in settings.items()}
    if from_ is not None:
        check_defaults(lists)
    part, folder = share_in(share), path_in(output, "output", "name a folder")
    if folder == "-":
        raise ArgumentError("output", "is standard output, which is no folder", "name a folder")
    check_number("checkpoint_every", checkpoint_every, 1)
    check_known(() if measure is None else words_in("measure", measure))
    check_data(data)
    torch_device = start_torch(device)
    from tcvae_cli.files.data_sets import DataSet, open_data_set
    from tcvae_cli.training.request import Request
    from tcvae_cli.verbs.sweep_board import Board
    from tcvae_cli.verbs.sweep_folder import Results
    from tcvae_cli.verbs.sweep_list import wanted_runs
    from tcvae_cli.verbs.sweep_work import Workshop, find

    opening = contextlib.nullcontext(data) if isinstance(data, DataSet) else open_data_set(data, progress)
    with one_command(), opening as opened:
        measures = chosen(measure, opened)
        budget = memory_of_each(opened, memory)
        request = Request(asked={}, device=torch_device, memory=budget)
        wanted = wanted_runs(opened, request, lists, from_, note)
        if part is not None:
            wanted = wanted[part[0] - 1 :: part[1]]
        results = Results(folder, part)
        if dry_run:
            results.check()
            jobs = [find(one, folder, opened.digest, measures) for one in wanted]
            announce(Board(jobs, say, detail, note))
            groups = numbers_of_groups(jobs) if stacked or torch_device.type == "cuda" else {}
            return Swept(folder, tuple(SweptRun.of(job, job.state, groups.get(job.path)) for job in jobs), {})
        with results.at_work():
            jobs = [find(one, folder, opened.digest, measures) for one in wanted]
            results.add([line for job in jobs for name in measures if (line := job.place.line(name))])
            board = Board(jobs, say, detail, note, on_report)
            shop = Workshop(
                data=opened,
                device=torch_device,
                memory=budget,
                measures=measures,
                results=results,
                checkpoint_every=checkpoint_every,
                stacked=stacked or torch_device.type == "cuda",
            )
            do_all(shop, board, hold, progress)
    states = dict.fromkeys(board.failures, "failed")
    runs = (SweptRun.of(job, states.get(job.path, "finished")) for job in jobs)
    return Swept(folder, tuple(runs), board.failures)


def memory_of_each(data: "DataSet", memory: str | int | None) -> int:
    """Return the bytes that a run may use for images, as `train` would have it.

    Where they stay on disk, each process reads them for itself, and what is free is divided among all at once.
    """
    from tcvae_cli.training.images import rows_shuffled_together

    budget = memory_budget(memory)
    if memory is None and rows_shuffled_together(data, budget) is not None:
        return max(1, budget // threads())
    return budget


def numbers_of_groups(jobs: "Sequence[Job]") -> dict[str, int]:
    """Return by their paths the numbers of the groups in which jobs are trained as one program."""
    from tcvae_cli.verbs.sweep_run import groups_of

    groups = [group for group in groups_of([job for job in jobs if job.trains]) if len(group) > 1]
    return {job.path: number for number, group in enumerate(groups, 1) for job in group}


def announce(board: "Board") -> None:
    """Say what there is to do, and what that sets aside."""
    board.say(board.plan())
    for sentence in board.displaced():
        board.note(sentence)


def do_all(shop: "Workshop", board: "Board", hold: "Hold | None", progress: Progress) -> None:
    """Do what there is to do, in the way that the device asks for. A signal says what is kept."""
    from tcvae_cli.training.ctrl_c import can_wait, hold_ctrl_c
    from tcvae_cli.training.session import hold_nothing
    from tcvae_cli.verbs.sweep_run import as_stacks, explain, in_turn, side_by_side

    todo = board.to_do()
    announce(board)
    if not todo:
        return
    held = hold or (hold_ctrl_c if can_wait() else hold_nothing)
    try:
        if shop.stacked:
            as_stacks(todo, shop.loaded(progress), board, held)
        elif forks_safely():
            with one_thread():
                side_by_side(todo, shop.loaded(progress), board, threads(), held)
        else:
            in_turn(todo, shop.loaded(progress), board, held)
        board.say(board.summary(shop.results.path))
    except (KeyboardInterrupt, Terminated) as stopped:
        explain(stopped, board, shop)
        if isinstance(stopped, Terminated) and held is hold_ctrl_c:
            raise interrupted(stopped) from None
        raise


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Let torch have one thread inside: what a process forks must not wait for threads that it alone has."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def check_defaults(lists: Mapping[str, Sequence[Any]]) -> None:
    """Raise ArgumentError for several values of a setting beside a list of runs."""
    for name, values in lists.items():
        if len(values) > 1:
            fault = f"has {len(values):,} values, but the runs are those of {{from_}}"
            raise ArgumentError(name, fault, "give one, for the runs that say nothing else")


def share_in(share: str | None) -> tuple[int, int] | None:
    """Return (3, 8) for "3/8". ArgumentError for what is no share."""
    if share is None:
        return None
    found = SHARE.fullmatch(share) if isinstance(share, str) else None
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise ArgumentError("share", f"is {share!r}", "give 3/8 for the third of eight, from 1/8 to 8/8")
    return int(found[1]), int(found[2])


def check_data(data: "DataSet | str | os.PathLike[str]") -> None:
    """Raise ArgumentError for a data set that comes through a pipe: its runs could not find it again."""
    if data_path(data if isinstance(data, str | os.PathLike) else data.path, "data") == "-":
        raise ArgumentError("data", "is standard input, where no run finds it again", "name a file")
