"""All answers at once: every typed question as an equation over placement x day x SKU cells, solved by programs.

Dinur and Nissim, "Revealing information while preserving privacy", PODS 2003. For each small cell a linear program
finds the least and the most it can hold; where both round to the same whole number, the cell is recovered.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor, log2
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import linprog

from tests.clean_room.attacks.asking import asked_rows, day, every_question
from tests.clean_room.attacks.doors import Door, Engine
from tests.clean_room.attacks.learnt import Learnt
from tests.clean_room.worlds import MONDAY, PLACEMENTS, with_ids

DAYS, SKUS = 4, ("sku-1", "sku-2")
SMALL = 100
CELLS = pd.MultiIndex.from_product([PLACEMENTS, range(DAYS), SKUS], names=["placement_type", "day", "sku_id"])


@dataclass(frozen=True)
class Equation:
    """The cells of an answer's row and their sum; an undated sum over a part of the days may be less."""

    cells: npt.NDArray[np.float64]
    amount: float
    is_undated_part: bool


def market(seed: int = 3) -> pd.DataFrame:
    """Uneven cells of two SKUs in four days: some of hundreds of households, many of a few dozen."""
    random = np.random.default_rng(seed)
    weights = np.array([random.lognormal(0, 1.3) for _ in CELLS])
    cells = random.choice(len(CELLS), 2_800, p=weights / weights.sum())
    placements, days, skus = zip(*(CELLS[cell] for cell in cells), strict=True)
    conversions = random.integers(1, 6, len(cells))
    return with_ids(
        pd.DataFrame(
            {
                "date": [MONDAY + timedelta(days=number) for number in days],
                "retailer_id": "retailer_a",
                "brand_id": "brand_x",
                "sku_id": skus,
                "placement_type": placements,
                "customer_id": [f"household-{number}" for number in random.integers(0, 3_000, len(cells))],
                "impressions": 5,
                "clicks": 1,
                "conversions": conversions,
                "revenue_micros": conversions * 2_000_000,
                "cost_micros": 100_000,
            }
        )
    )


def reconstruct(engine: Engine) -> Learnt:
    log = market()
    equations = equations_from(engine.open(log))
    bounds = intervals(equations)

    cells = log.assign(day=[(when - MONDAY).days for when in log["date"]]).groupby(list(CELLS.names))
    truth = cells["conversions"].sum().reindex(CELLS, fill_value=0)
    people = cells["customer_id"].nunique().reindex(CELLS, fill_value=0)
    before = log2(log["conversions"].sum() + 1)
    small = [number for number, some in enumerate(people) if 0 < some < SMALL]
    exact = sum(bounds[number] == (truth.iloc[number], truth.iloc[number]) for number in small)
    bits = sum(before - log2(bounds[number][1] - bounds[number][0] + 1) for number in small)
    rank = np.linalg.matrix_rank(np.array([one.cells for one in equations])) if equations else 0
    detail = f"rank {rank} of {len(CELLS)}, {bits / len(small) / before:.0%} of the bits"
    return Learnt(len(small), exact, bits, detail, is_useful=bool(equations))


def equations_from(door: Door) -> list[Equation]:
    return [
        Equation(_cells_of(row, question), float(row["conversions"]), _is_undated_part(question))
        for question in every_question(DAYS - 1, every_period=True)
        for row in asked_rows(door, question, metric="conversions")
    ]


def _is_undated_part(question: dict[str, Any]) -> bool:
    return "date" not in question["keys"] and question["days"] != (day(0), day(DAYS - 1))


def _cells_of(row: dict[str, Any], question: dict[str, Any]) -> npt.NDArray[np.float64]:
    first, last = ((bound - MONDAY).days for bound in question["days"])
    if "date" in row and question["grain"] == "day":
        first = last = (date.fromisoformat(row["date"]) - MONDAY).days
    placements = (row["placement_type"],) if "placement_type" in row else question["placements"]
    skus = (row["sku_id"],) if "sku_id" in row else SKUS
    inside = [cell[0] in placements and first <= cell[1] <= last and cell[2] in skus for cell in CELLS]
    return np.array(inside, dtype=np.float64)


def intervals(equations: list[Equation]) -> list[tuple[int, int]]:
    """The least and the most whole conversions of each cell, taking undated parts as exact where that is consistent."""
    for parts_are_exact in (True, False):
        exact = [one for one in equations if parts_are_exact or not one.is_undated_part]
        at_least = [] if parts_are_exact else [one for one in equations if one.is_undated_part]
        found = [_interval(cell, exact, at_least) for cell in range(len(CELLS))]
        if None not in found:
            return [interval for interval in found if interval is not None]
    raise AssertionError("the answers contradict each other")


def _interval(cell: int, exact: list[Equation], at_least: list[Equation]) -> tuple[int, int] | None:
    aim = np.zeros(len(CELLS))
    aim[cell] = 1.0
    ends = []
    for sign in (1, -1):
        solved = linprog(
            sign * aim,
            A_eq=np.array([one.cells for one in exact]) if exact else None,
            b_eq=[one.amount for one in exact] if exact else None,
            A_ub=-np.array([one.cells for one in at_least]) if at_least else None,
            b_ub=[-one.amount for one in at_least] if at_least else None,
            bounds=(0, max(one.amount for one in (*exact, *at_least))),
            method="highs",
        )
        if not solved.success:
            return None
        ends.append(sign * solved.fun)
    return ceil(ends[0] - 1e-6), floor(ends[1] + 1e-6)
