"""What the user says about a test: when it began, how it was assigned, how to measure it."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Experiment:
    """`expected_share`: of units meant to be treated. `block`, `burn_in`: a switchback's, in periods."""

    start: date
    method: str = "auto"
    expected_share: float | None = None
    is_randomised: bool = True
    block: int | None = None
    burn_in: int = 0
