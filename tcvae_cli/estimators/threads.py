"""The same work for many items, one thread each: torch's own threads would meet at a barrier after every operation."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_threads(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    advance: Callable[[Item], object] = lambda item: None,
    most: int | None = None,
) -> list[Result]:
    """Return work(item) for every item, in their order, on as many threads as torch has, but at most MOST.

    Each works with one thread of torch, so no result depends on how many there are. ADVANCE is told, by the caller's
    thread, of each item that is done.
    """
    threads, items = torch.get_num_threads(), list(items)
    torch.set_num_threads(1)  # new threads take this over
    workers = min(threads, most or threads)
    pool = ThreadPoolExecutor(workers, "tcvae")
    results = []
    try:
        for item, result in zip(items, pool.map(work, items) if workers > 1 else map(work, items), strict=True):
            results.append(result)
            advance(item)
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)
    return results
