"""Holds a reply back until the time that was drawn for it, so that how long the work took cannot be seen."""

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
        """Call the result with the drawn latency in ms: it waits that long after the start, and is False when the work
        took longer. An overrun tells something about the data, so such a reply must not leave."""
        start = self.clock.monotonic()

        def reply_after(latency_ms: int) -> bool:
            left = latency_ms / 1_000 - (self.clock.monotonic() - start)
            if left > 0:
                self.clock.sleep(left)
            return left >= 0

        return reply_after
