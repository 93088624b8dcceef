"""What a plan is judged by. Definitions: docs/clean_room_comparison.md."""

from collections.abc import Sequence

import numpy as np

from schemas.plan import PlanLine
from schemas.run import CellAccuracy

SMALLEST_RETURN = 0.25  # below it a relative error says little: an error of 0.1 on a return of 0.05 is not 200 %
MOVED_SHARE = 0.1


def iroas_accuracy(cells: Sequence[CellAccuracy]) -> float:
    """1 - sum of spend shares * min(1, |predicted - actual| / max(|actual|, 0.25)), over all cells with spend."""
    spend = np.array([cell.spend_micros for cell in cells], dtype=float)
    if spend.sum() == 0:
        return 0.0
    predicted = np.array([cell.predicted for cell in cells])
    actual = np.array([cell.actual for cell in cells])
    error = np.minimum(1, np.abs(predicted - actual) / np.maximum(np.abs(actual), SMALLEST_RETURN))
    return float(1 - np.sum(spend / spend.sum() * error))


def skus_actionable(cells: Sequence[CellAccuracy]) -> int:
    """SKUs of which the arm saw at least one cell itself, rather than its pool."""
    return len({cell.sku_id for cell in cells if not cell.withheld})


def skus_moved(lines: Sequence[PlanLine]) -> int:
    """SKUs whose planned spend differs from today's mix by a tenth or more."""
    current: dict[str, int] = {}
    planned: dict[str, int] = {}
    for line in lines:
        current[line.sku_id] = current.get(line.sku_id, 0) + line.current_spend_micros
        planned[line.sku_id] = planned.get(line.sku_id, 0) + line.planned_spend_micros
    return sum(abs(planned[sku_id] - current[sku_id]) >= MOVED_SHARE * max(current[sku_id], 1) for sku_id in current)
