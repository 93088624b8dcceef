"""How long a solve may take."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], float]


class OutOfTime(Exception):
    """The solver was stopped before it had any answer that could be used."""


@dataclass(frozen=True)
class Deadline:
    """`at`: in seconds on `clock`."""

    at: float = math.inf
    clock: Clock = time.perf_counter

    @classmethod
    def after(cls, seconds: float | None, clock: Clock) -> "Deadline":
        return cls() if seconds is None else cls(clock() + seconds, clock)

    def seconds_left(self) -> float | None:
        """None without a limit. Raises OutOfTime when there is nothing left."""
        if math.isinf(self.at):
            return None
        left = self.at - self.clock()
        if left <= 0:
            raise OutOfTime
        return left
