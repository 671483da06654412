"""The runs of a sweep at work: on CPUs each in a process of its own, as many at once as there are threads."""

import gc
import itertools
from collections import Counter, deque
from collections.abc import Callable, Sequence

from tcvae_cli.errors import TcvaeError, Terminated, is_for_memory
from tcvae_cli.system import KILL
from tcvae_cli.training.children import Child, Tell, Told, begin, hear, say_instead, stop
from tcvae_cli.training.images import layout_of
from tcvae_cli.training.session import Hold
from tcvae_cli.verbs.sweep_board import Board
from tcvae_cli.verbs.sweep_work import OFTEN, Job, Workshop, do, do_together, find

AGAIN = "run the same command again, which goes on from its checkpoint"


def side_by_side(jobs: Sequence[Job], shop: Workshop, board: Board, most: int, hold: Hold) -> None:
    """Do jobs in processes of their own, at most MOST at once. Terminated when a signal has stopped them."""
    waiting, children = deque(jobs), dict[Child, Job]()
    with hold() as stopping:
        try:
            while children or (waiting and not stopping()):
                if stopping():
                    stop(children)
                while waiting and len(children) < most and not stopping():
                    job = waiting.popleft()
                    board.begin(job)
                    children[begin(work_of(job, shop), children)] = job
                attend(children, board)
        except BaseException:  # a Ctrl-C in Python, which nobody holds
            stop(children)
            while children:
                attend(children, board)
            raise
        if stopping():
            raise Terminated
        for job in board.stopped:
            board.fail(job, TcvaeError("train", "was stopped by a signal to its process", AGAIN))


def work_of(job: Job, shop: Workshop) -> Callable[[Tell, Hold], None]:
    """Return the work of a child."""
    return lambda tell, hold: do(job, shop, tell, hold)


def attend(children: dict[Child, Job], board: Board) -> None:
    """Hear what children have to tell, and take leave of those that have ended."""
    for child, told in hear(list(children), OFTEN):
        job = children[child]
        for one in told:
            board.hear(job, one)
        if child.status is not None:
            del children[child]
            if job.path in board.tracks:  # it has told of no end
                end_early(job, child.status, board)
    board.show()


def end_early(job: Job, status: int, board: Board) -> None:
    """Take down a job whose process has ended without a word: by a signal before its work, killed, or by a fault."""
    if status == 0:
        board.hear(job, {"stopped": True})
    elif status < 0:
        perhaps = ", perhaps because memory ran out" if -status == KILL else ""
        board.fail(job, TcvaeError("train", f"was killed by signal {-status}{perhaps}", AGAIN))
    else:
        board.fail(job, TcvaeError("train", "ended by a fault in tcvae itself", "report what it has printed"))


def in_turn(jobs: Sequence[Job], shop: Workshop, board: Board, hold: Hold) -> None:
    """Do jobs one after the other in this process."""
    for job in jobs:
        board.begin(job)
        do(job, shop, teller(job, board), hold)


def as_stacks(jobs: Sequence[Job], shop: Workshop, board: Board, hold: Hold, most: int | None = None) -> None:
    """Do jobs in this process: those that can be trained as one program together, as many as the memory holds.

    MOST is a bound that was found before.
    """
    from tcvae_cli.training.stacking import most_members

    for group in groups_of(jobs):
        held = 1
        if len(group) > 1 and most != 1:
            try:
                held = most_members(group[0].place.wanted.settings, layout_of(shop.data).input_shape, shop.device)
            except TcvaeError as error:
                for job in group:
                    board.fail(job, error)
                continue
        for together in parts(group, min(held, most or held)):
            if len(together) == 1:
                in_turn(together, shop, board, hold)
            else:
                as_one(together, shop, board, hold)


def parts(jobs: Sequence[Job], most: int) -> list[Sequence[Job]]:
    """Divide jobs into as few parts as have at most MOST each, which are of about one size."""
    count = -(-len(jobs) // most)
    bounds = [len(jobs) * number // count for number in range(count + 1)]
    return [jobs[first:last] for first, last in itertools.pairwise(bounds)]


def as_one(jobs: Sequence[Job], shop: Workshop, board: Board, hold: Hold) -> None:
    """Do jobs as one program; where memory runs out, go on with half of them at a time from what is kept of each."""
    for job in jobs:
        board.begin(job)
    try:
        do_together(jobs, shop, [teller(job, board) for job in jobs], hold)
        return
    except Exception as error:
        if not is_for_memory(error):
            raise
    gc.collect()  # the error is gone, and with it what its frames held
    most = -(-len(jobs) // 2)
    board.note(f"memory does not hold {len(jobs):,} runs at once: they go on {most:,} at a time from their checkpoints")
    left = [job.place for job in jobs if job.path in board.tracks]
    again = [find(place.wanted, place.folder, place.digest, shop.measures) for place in left]
    as_stacks(again, shop, board, hold, most)


def groups_of(jobs: Sequence[Job]) -> list[list[Job]]:
    """Return jobs in groups that can be trained as one program, each alone where it cannot."""
    from tcvae_cli.training.stacking import stack_key

    groups: dict[object, list[Job]] = {}
    for number, job in enumerate(jobs):
        key = stack_key(job.place.wanted.settings, job.step) if job.trains else None
        groups.setdefault(number if key is None else key, []).append(job)
    return list(groups.values())


def teller(job: Job, board: Board) -> Tell:
    """Return how a job tells the board."""

    def tell(told: Told) -> None:
        board.hear(job, told)

    return tell


def explain(stopped: BaseException, board: Board, shop: Workshop) -> None:
    """Let the exception of a signal say what is finished and what is kept, as the folder now has it."""
    places = [job.place for job in board.to_do()]
    states = Counter(find(place.wanted, place.folder, place.digest, shop.measures).state for place in places)
    finished = len(board.jobs) - len(places) + states["finished"]
    said = [f"{finished:,} of {len(board.jobs):,} runs are finished"]
    for state, one, several in (
        ("unmeasured", "is trained and to be measured", "are trained and to be measured"),
        ("cut off", "keeps a checkpoint", "keep a checkpoint"),
    ):
        if count := states[state]:
            said.append(f"{count:,} {one if count == 1 else several}")
    say_instead(stopped, f"{', '.join(said)}; the same command goes on from there")
