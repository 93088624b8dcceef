"""How long a solve may take."""

import math
import time
from dataclasses import dataclass


class OutOfTime(Exception):
    """The solver was stopped before it had any answer that could be used."""


@dataclass(frozen=True)
class Deadline:
    """`at`: on the clock of `time.perf_counter`."""

    at: float = math.inf

    @classmethod
    def after(cls, seconds: float | None) -> "Deadline":
        return cls() if seconds is None else cls(time.perf_counter() + seconds)

    def seconds_left(self) -> float | None:
        """None without a limit. Raises OutOfTime when there is nothing left."""
        if math.isinf(self.at):
            return None
        left = self.at - time.perf_counter()
        if left <= 0:
            raise OutOfTime
        return left
