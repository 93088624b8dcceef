"""What a policy of mode `dp` says: how much one person may add, what noise that needs, and what a release costs.

Noise is the discrete Gaussian of Canonne, Kamath and Steinke (arXiv 2004.00010): with scale s it makes a vector of
integer sums, which one person moves by at most d in Euclidean distance, rho-zCDP for rho = d^2 / (2 s^2). Prices add up
(Bun and Steinke, arXiv 1605.02065). Whole numbers of micro-rho keep a ledger free of rounding.
"""

import math
from typing import Self

from pydantic import Field, model_validator

from schemas.base import Frozen
from schemas.clean_room import Grain, Metric

MICRO = 1_000_000
Z_95 = 1.959964
# No household's day is worth more; ten million rows of this size still fit 64 bits.
LARGEST_CLAMP = 10**11


class NoiseTerms(Frozen):
    """`clamps`: the most one row counts, in whole units, money in micros. `skus`: the public list of products whose
    cells are told, by month; a list read from the log would tell which products somebody bought.

    A release is what one build adds; the unit protected is a person's part in one release, of at most
    `rows_per_person` rows.
    """

    rows_per_person: int = Field(ge=1, le=10_000)
    clamps: dict[Metric, int]
    grain: Grain = Grain.WEEK
    skus: tuple[str, ...] = ()
    release_micro_rho: int = Field(ge=1)
    budget_micro_rho: int = Field(ge=1)

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        for metric, clamp in self.clamps.items():
            if not 1 <= clamp <= LARGEST_CLAMP:
                raise ValueError(f"the clamp of {metric} is {clamp}; it must lie between 1 and {LARGEST_CLAMP}")
        if self.budget_micro_rho < self.release_micro_rho:
            raise ValueError("budget_micro_rho must be at least release_micro_rho, or nothing can ever be released")
        if self.part_micro_rho < 1:
            raise ValueError(
                f"release_micro_rho must be at least {len(self.clamps) + 1}, one for each sum and for people"
            )
        if len(set(self.skus)) < len(self.skus):
            raise ValueError("skus names a product twice")
        return self

    @property
    def part_micro_rho(self) -> int:
        """The price of one metric's sums, or of the counts of people: they share a release's price equally."""
        return self.release_micro_rho // (len(self.clamps) + 1)

    @property
    def views(self) -> int:
        """A row is counted once by placement and, where products are told, once more by product."""
        return 2 if self.skus else 1

    def distance(self, metric: Metric) -> float:
        """How far one person moves all sums of a metric: most when every row falls into one cell of each view."""
        return _rounded_up(math.sqrt(self.views) * self.rows_per_person * self.clamps[metric])

    @property
    def people_distance(self) -> float:
        """One person is counted once in at most `rows_per_person` cells of each view."""
        return _rounded_up(math.sqrt(self.views * self.rows_per_person))

    def scale(self, distance: float) -> float:
        """The noise that a part's price buys at this distance."""
        return _rounded_up(distance / math.sqrt(2 * self.part_micro_rho / MICRO)) * (1 + 1e-9)

    def half_width_95(self, metric: Metric, draws: int) -> int:
        """Of the sum of that many noisy cells: such sums are all but normal, with `draws` times the variance."""
        return math.ceil(Z_95 * self.scale(self.distance(metric)) * math.sqrt(draws))


def epsilon(micro_rho: int, delta: float = 1e-6) -> float:
    """The (epsilon, delta) that rho-zCDP implies: rho + 2 sqrt(rho ln(1/delta)), Proposition 1.3 of Bun and Steinke.

    >>> round(epsilon(100_000), 2)
    2.45
    """
    rho = micro_rho / MICRO
    return rho + 2 * math.sqrt(rho * math.log(1 / delta))


def _rounded_up(value: float) -> float:
    return math.nextafter(value, math.inf)
