"""What the networks report per cell and day: the sums of the household log and of what was credited to it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from data.market.assignment import Assignment
from data.market.attribution import Credit, credit
from data.market.blocks import Block
from data.market.draws import Ints
from data.market.exposures import Delivery, Exposures

REPORTED = (
    "impressions",
    "clicks",
    "conversions",
    "units",
    "revenue_micros",
    "revenue_micros_7d",
    "revenue_micros_30d",
    "conversions_7d",
    "conversions_30d",
    "cost_micros",
)


@dataclass(frozen=True)
class Delivered:
    """`sums_D`: each of REPORTED per cell-day, flat over (R, S, P, T). No suffix means the 14-day window."""

    events_D: Ints
    sums_D: dict[str, Ints]

    def over_history(self, name: str, shape_RSP: tuple[int, int, int]) -> Ints:
        return np.asarray(self.sums_D[name].reshape(*shape_RSP, -1).sum(axis=-1))


def credited_blocks(exposures: Exposures, assignment: Assignment) -> Iterator[tuple[Block, Delivery, Credit]]:
    """The log, block by block."""
    purchases = assignment.purchases_of(exposures.blocks)
    for (block, delivery), bought in zip(exposures.deliveries(), purchases, strict=True):
        yield block, delivery, credit(block, delivery, bought)


def delivered(exposures: Exposures, assignment: Assignment) -> Delivered:
    sums_D = {name: np.zeros_like(exposures.events_D) for name in REPORTED}
    for _, delivery, credited in credited_blocks(exposures, assignment):
        for name, values_E in _reported(delivery, credited).items():
            np.add.at(sums_D[name], delivery.cell_day_E, values_E)
    return Delivered(exposures.events_D, sums_D)


def _reported(delivery: Delivery, credited: Credit) -> dict[str, Ints]:
    return {
        "impressions": delivery.impressions_E,
        "clicks": delivery.clicks_E,
        "conversions": credited.orders_E[14],
        "units": credited.units_E[14],
        "revenue_micros": credited.revenue_micros_E[14],
        "revenue_micros_7d": credited.revenue_micros_E[7],
        "revenue_micros_30d": credited.revenue_micros_E[30],
        "conversions_7d": credited.orders_E[7],
        "conversions_30d": credited.orders_E[30],
        "cost_micros": delivery.cost_micros_E,
    }
