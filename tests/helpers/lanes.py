"""Work in a few lanes, as there are two cores nearly everywhere."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

Lane = TypeVar("Lane")
Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(lanes: Sequence[Lane], case: Callable[[Lane, Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return CASE(lane, item) of all items in their order; each goes to the first lane that is free."""
    free: SimpleQueue[Lane] = SimpleQueue()
    for lane in lanes:
        free.put(lane)

    def take(item: Item) -> Result:
        lane = free.get()
        try:
            return case(lane, item)
        finally:
            free.put(lane)

    with ThreadPoolExecutor(len(lanes)) as pool:
        return list(pool.map(take, items))
