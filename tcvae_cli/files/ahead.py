"""Work done ahead by a pool, its results in order, its memory bounded."""

import collections
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

from tcvae_cli import interrupts

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(pool: Executor, function: Callable[[Item], Result], items: Iterable[Item], ahead: int) -> Iterator[Result]:
    """Yield FUNCTION of each of ITEMS in their order, at most AHEAD of them begun before they are asked for.

    Unlike `pool.map`, which takes all items at once, whatever memory they need. At the end the pool takes no more, and
    its own thread cancels what was not begun: cancelled by another, while a process of the pool dies, it would end that
    thread with a traceback.
    """
    waiting: collections.deque[Future[Result]] = collections.deque()
    try:
        for item in items:
            with interrupts.at_once():  # a pool starts its threads and processes here
                waiting.append(pool.submit(function, item))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
