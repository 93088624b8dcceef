"""What an arm's plan and estimates were worth in a world: one number per metric. Definitions: `evidence/metrics.py`."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from data.market import Realised
from orchestrator.evaluation.arms import ArmPlan
from orchestrator.evaluation.worlds import World
from orchestrator.evidence import metrics
from orchestrator.evidence.observations import CellEstimate
from schemas.run import CellAccuracy
from schemas.units import MICROS_PER_UNIT

KEYS = ["retailer_id", "sku_id", "placement_type"]
Scores = dict[str, float]


def realised(world: World, plan: ArmPlan) -> Realised:
    brief = world.brief
    return world.market.realise(plan.spend, brief.brand_id, brief.start, brief.end)


def profit(outcome: Realised) -> float:
    """Incremental margin net of the spend that brought it, in currency units."""
    return (outcome.incremental_margin_micros - outcome.spend_micros) / MICROS_PER_UNIT


def scores(world: World, plans: Iterable[ArmPlan]) -> dict[str, Scores]:
    """By arm. `status_quo` and `oracle` must be among the plans: the others are placed between them."""
    outcomes = {plan.name: (plan, realised(world, plan)) for plan in plans}
    today_plan, today = outcomes["status_quo"]
    best = outcomes["oracle"][1]
    return {
        name: _of_plan(plan, outcome, today_plan, today, best) | _of_estimates(world, plan)
        for name, (plan, outcome) in outcomes.items()
    }


def _of_plan(plan: ArmPlan, outcome: Realised, today_plan: ArmPlan, today: Realised, best: Realised) -> Scores:
    spend = outcome.spend_micros
    margin = outcome.incremental_margin_micros / MICROS_PER_UNIT
    best_margin = best.incremental_margin_micros / MICROS_PER_UNIT
    found = {
        "spend": spend / MICROS_PER_UNIT,
        "realised_iroas": outcome.incremental_revenue_micros / spend if spend else 0.0,
        "realised_margin": margin,
        "realised_revenue": outcome.incremental_revenue_micros / MICROS_PER_UNIT,
        "realised_profit": profit(outcome),
        "headroom_captured": metrics.headroom_captured(profit(outcome), profit(today), profit(best)),
        "regret": metrics.regret(margin, best_margin),
        "skus_optimised": float(_skus_optimised(plan, outcome, today_plan, today)),
        "stockouts_avoided": metrics.stockouts_avoided(outcome.stockout_sku_days, today.stockout_sku_days),
        "wasted_spend": outcome.wasted_spend_micros / MICROS_PER_UNIT,
        "solver_seconds": plan.seconds,
    }
    if plan.gap is not None:
        found["certified_gap"] = plan.gap
    if plan.predicted_revenue is not None and spend:
        found["predicted_iroas"] = plan.predicted_revenue / (spend / MICROS_PER_UNIT)
        found["optimism"] = found["predicted_iroas"] - found["realised_iroas"]
    return found


def _skus_optimised(plan: ArmPlan, outcome: Realised, today_plan: ArmPlan, today: Realised) -> int:
    planned, current = (of.spend.groupby("sku_id")["spend_micros"].sum() for of in (plan, today_plan))
    moved = (planned / current.clip(lower=1) - 1).to_dict()
    margins = [of.skus.groupby("sku_id")["incremental_margin_micros"].sum() for of in (outcome, today)]
    return metrics.skus_optimised(moved, (margins[0] - margins[1]).to_dict())


def _of_estimates(world: World, plan: ArmPlan) -> Scores:
    if plan.estimates is None:
        return {}
    cells, margins, believed = _accuracy(world.truth, plan.estimates, plan.believed_margin)
    return {
        "iroas_accuracy": metrics.iroas_accuracy(cells),
        "rank_correlation": metrics.rank_correlation(cells),
        "right_decisions": metrics.right_decisions(cells, believed, margins),
        "bias": metrics.bias(cells),
        "interval_coverage": metrics.coverage(cells),
        "skus_actionable": float(metrics.skus_actionable(cells)),
    }


def _accuracy(
    truth: pd.DataFrame, estimates: tuple[CellEstimate, ...], believed: np.ndarray | None
) -> tuple[tuple[CellAccuracy, ...], np.ndarray, np.ndarray]:
    """Cells with spend over history, their true and their believed margin shares (1 where an arm knows none)."""
    by_cell = truth.set_index(KEYS)
    spend, revenue, margin = (
        by_cell[name].to_dict() for name in ("spend_micros", "incremental_revenue_micros", "incremental_margin_micros")
    )
    cells, margins, beliefs = [], [], []
    for number, estimate in enumerate(estimates):
        key = estimate.key
        at = key.retailer_id, key.sku_id, key.placement_type.value
        if not spend.get(at, 0):
            continue
        low, high = estimate.interval
        cells.append(
            CellAccuracy(
                retailer_id=at[0],
                sku_id=at[1],
                placement_type=at[2],
                spend_micros=spend[at],
                predicted=estimate.mean,
                low=low,
                high=high,
                actual=revenue[at] / spend[at],
                withheld=estimate.withheld,
            )
        )
        margins.append(margin[at] / revenue[at] if revenue[at] else 0.0)
        beliefs.append(1.0 if believed is None else believed[number])
    return tuple(cells), np.array(margins), np.array(beliefs)
