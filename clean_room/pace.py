"""Holds a reply back until the time that was drawn for it, so that how long the work took cannot be seen."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    def monotonic(self) -> float: ...

    def sleep(self, seconds: float, /) -> None: ...


class WallClock:
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)


WALL_CLOCK = WallClock()


@dataclass(frozen=True)
class Pace:
    """Without one nobody waits, and latencies are only reported."""

    clock: Clock = WALL_CLOCK

    def started(self) -> Callable[[int], bool]:
        """Call the result with the drawn latency in ms: it waits until then, or if the work took longer until the next
        multiple of it. False for such an overrun: its answer must not leave, since the delay may tell of the data.
        """
        start = self.clock.monotonic()

        def reply_after(latency_ms: int) -> bool:
            drawn, taken = latency_ms / 1_000, self.clock.monotonic() - start
            self.clock.sleep(max(math.ceil(taken / drawn), 1) * drawn - taken)
            return taken <= drawn

        return reply_after
