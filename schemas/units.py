"""Money is integer micros of the record's currency inside, shares run from 0 to 1."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated

from pydantic import Field

MICROS_PER_UNIT = 1_000_000

Micros = int
Share = Annotated[float, Field(ge=0, le=1)]


def to_micros(amount: Decimal | float | str) -> Micros:
    """Round half to even at the sixth decimal. A float goes through `str` so that 0.1 stays 0.1."""
    exact = amount if isinstance(amount, Decimal) else Decimal(str(amount))
    return int((exact * MICROS_PER_UNIT).to_integral_value(ROUND_HALF_EVEN))


def from_micros(amount_micros: Micros) -> float:
    return amount_micros / MICROS_PER_UNIT
