"""How often a checkpoint is worth the time it takes."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass
class Thrift:
    """Lets checkpoints be kept when they are due, but not so often that more than a SHARE of the time goes into them.

    On a GPU a thousand steps take no time, and many runs at once have gigabytes of checkpoints. None: keep all of them.
    """

    share: float | None = None
    seconds: float = 0.0  # that the last one took, or the last ones of runs side by side
    ended: float = 0.0  # when it was written

    def allows(self) -> bool:
        """Tell whether it is time."""
        return self.share is None or self.seconds <= self.share * (time.monotonic() - self.ended)

    @contextlib.contextmanager
    def measured(self) -> Iterator[None]:
        """Measure how long it takes to keep one."""
        started = time.monotonic()
        yield
        self.ended = time.monotonic()
        self.seconds = self.ended - started
