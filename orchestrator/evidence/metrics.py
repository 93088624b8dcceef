"""What a plan is judged by. Definitions: docs/clean_room_comparison.md."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import stats

from orchestrator.evidence.arrays import Floats
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


def rank_correlation(cells: Sequence[CellAccuracy]) -> float:
    """Spearman's, of predicted and actual returns over cells; 0 where either is the same for all."""
    predicted, actual = ([getattr(cell, name) for cell in cells] for name in ("predicted", "actual"))
    if len(cells) < 2 or len(set(predicted)) < 2 or len(set(actual)) < 2:
        return 0.0
    return float(stats.spearmanr(predicted, actual).statistic)


def right_decisions(cells: Sequence[CellAccuracy], believed_margin: Floats, true_margin: Floats) -> float:
    """Share of spend on cells that an arm would rightly fund or cut: above or below break-even, predicted and true.

    A cell breaks even where return x margin share is 1. `believed_margin`, `true_margin`: (cells,) margin shares.
    """
    spend = np.array([cell.spend_micros for cell in cells], dtype=float)
    if spend.sum() == 0:
        return 0.0
    funds = np.array([cell.predicted for cell in cells]) * believed_margin >= 1
    earns = np.array([cell.actual for cell in cells]) * true_margin >= 1
    return float(spend[funds == earns].sum() / spend.sum())


def bias(cells: Sequence[CellAccuracy]) -> float:
    """Spend-weighted mean of predicted less actual return."""
    spend = np.array([cell.spend_micros for cell in cells], dtype=float)
    gaps = np.array([cell.predicted - cell.actual for cell in cells])
    return float(np.average(gaps, weights=spend)) if spend.sum() else 0.0


def coverage(cells: Sequence[CellAccuracy]) -> float:
    """Share of cells whose 95 % interval holds the actual return."""
    return float(np.mean([cell.low <= cell.actual <= cell.high for cell in cells])) if cells else 0.0


def skus_optimised(moved_share: Mapping[str, float], margin_change: Mapping[str, float]) -> int:
    """SKUs whose spend moved by a tenth or more and whose true incremental margin did not fall.

    `moved_share`: planned spend over today's, less 1. `margin_change`: incremental margin of the plan less today's.
    """
    return sum(abs(share) >= MOVED_SHARE and margin_change[sku_id] >= 0 for sku_id, share in moved_share.items())


def headroom_captured(plan: float, status_quo: float, oracle: float) -> float:
    """(plan - status quo) / (oracle - status quo) of true incremental margin net of spend; below 0 where the plan is
    worse than today's mix, and 0 where there is no headroom."""
    return (plan - status_quo) / (oracle - status_quo) if oracle > status_quo else 0.0


def regret(plan: float, oracle: float) -> float:
    """1 - plan / oracle."""
    return 1 - plan / oracle if oracle > 0 else 0.0


def stockouts_avoided(plan_days: int, status_quo_days: int) -> float:
    """1 - out-of-stock SKU-days under the plan / under today's mix; 0 where today's mix has none."""
    return 1 - plan_days / status_quo_days if status_quo_days else 0.0
