"""Both arms and today's mix, realised in the same world with the same draws."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from data.market import Market, Realised
from orchestrator.evidence.arms import ArmPlan
from orchestrator.evidence.metrics import iroas_accuracy, skus_actionable, skus_moved
from orchestrator.evidence.observations import CellEstimate, CellKey
from orchestrator.evidence.rows import comparison_rows
from schemas.brief import CampaignBrief
from schemas.plan import PlanLine
from schemas.run import ArmMetrics, ArmResult, CellAccuracy, Comparison
from schemas.units import from_micros

BASIS = (
    "One simulated market, where the truth is known: history and the campaign are run again without the spend, all "
    "other draws the same. Returns count the whole brand, so a sale taken from a neighbouring product is no gain. "
    "One world is one draw: differences vary from world to world."
)
KEYS = ["retailer_id", "sku_id", "placement_type"]


@dataclass(frozen=True)
class CellTruth:
    """Over history, in micros."""

    spend: int
    incremental_revenue: int
    attributed_revenue: int


Truth = Mapping[tuple[str, str, str], CellTruth]


def compare_results(brief: CampaignBrief, full: ArmPlan, clean_room: ArmPlan, market: Market) -> Comparison:
    """The truth is asked only here, after both plans are made."""
    truth = _truth(brief, market)
    today = tuple(
        line.model_copy(update={"planned_spend_micros": line.current_spend_micros, "predicted_value_micros": 0})
        for line in full.lines
    )
    status_quo = _realised(brief, today, market)
    full_result = _result(full, truth, _realised(brief, full.lines, market), status_quo)
    clean_room_result = _result(clean_room, truth, _realised(brief, clean_room.lines, market), status_quo)
    return Comparison(
        rows=comparison_rows(full_result.metrics, clean_room_result.metrics),
        full=full_result,
        clean_room=clean_room_result,
        status_quo=_status_quo(today, full.estimates, truth, status_quo),
        basis=BASIS,
    )


def _truth(brief: CampaignBrief, market: Market) -> Truth:
    ledger = market.truth()
    own = ledger[ledger["brand_id"] == brief.brand_id]
    columns = ["spend_micros", "incremental_revenue_micros", "attributed_revenue_micros"]
    keys = own[KEYS].astype(str).itertuples(index=False, name=None)
    values = own[columns].astype("int64").itertuples(index=False, name=None)
    return {(str(a), str(b), str(c)): CellTruth(*amounts) for (a, b, c), amounts in zip(keys, values, strict=True)}


def _realised(brief: CampaignBrief, lines: Sequence[PlanLine], market: Market) -> Realised:
    spend = pd.DataFrame(
        {
            "retailer_id": [line.retailer_id for line in lines],
            "sku_id": [line.sku_id for line in lines],
            "placement_type": [line.placement_type.value for line in lines],
            "spend_micros": [line.planned_spend_micros for line in lines],
        }
    )
    return market.realise(spend, brief.brand_id, brief.start, brief.end)


def _result(arm: ArmPlan, truth: Truth, realised: Realised, status_quo: Realised) -> ArmResult:
    cells = _accuracy(arm.estimates, truth)
    return ArmResult(
        arm=arm.arm,
        lines=arm.lines,
        metrics=_metrics(arm.lines, arm.predicted_revenue, cells, realised, status_quo),
        certificate=arm.certificate,
        binding=arm.binding,
        shadow_prices=arm.shadow_prices,
        curves=arm.curves,
        cells=cells,
        lift=arm.lift,
        lift_unavailable=arm.lift_unavailable,
        notes=arm.notes,
    )


def _status_quo(
    today: tuple[PlanLine, ...], estimates: Sequence[CellEstimate], truth: Truth, realised: Realised
) -> ArmMetrics:
    """Today's mix, believed as the networks report it: the prediction is each cell's raw attributed return."""
    reported = tuple(_as_reported(estimate.key, truth) for estimate in estimates)
    predicted = sum(
        estimate.mean * from_micros(line.planned_spend_micros) for estimate, line in zip(reported, today, strict=True)
    )
    return _metrics(today, predicted, _accuracy(reported, truth), realised, realised)


def _as_reported(key: CellKey, truth: Truth) -> CellEstimate:
    cell = truth.get((key.retailer_id, key.sku_id, key.placement_type.value), CellTruth(0, 0, 0))
    return CellEstimate(key, cell.attributed_revenue / cell.spend if cell.spend else 0.0, 0.0, withheld=False)


def _accuracy(estimates: Sequence[CellEstimate], truth: Truth) -> tuple[CellAccuracy, ...]:
    """Cells with spend over history only: without any there is no return to be right about."""
    found = []
    for estimate in estimates:
        key = estimate.key
        cell = truth.get((key.retailer_id, key.sku_id, key.placement_type.value))
        if cell is None or cell.spend == 0:
            continue
        low, high = estimate.interval
        found.append(
            CellAccuracy(
                retailer_id=key.retailer_id,
                sku_id=key.sku_id,
                placement_type=key.placement_type.value,
                spend_micros=cell.spend,
                predicted=estimate.mean,
                low=low,
                high=high,
                actual=cell.incremental_revenue / cell.spend,
                withheld=estimate.withheld,
            )
        )
    return tuple(found)


def _metrics(
    lines: Sequence[PlanLine],
    predicted_revenue: float,
    cells: tuple[CellAccuracy, ...],
    realised: Realised,
    status_quo: Realised,
) -> ArmMetrics:
    planned = sum(line.planned_spend_micros for line in lines)
    return ArmMetrics(
        iroas_accuracy=iroas_accuracy(cells),
        predicted_iroas=predicted_revenue / from_micros(planned) if planned else 0.0,
        realised_iroas=realised.incremental_revenue_micros / realised.spend_micros if realised.spend_micros else 0.0,
        planned_spend_micros=planned,
        realised_incremental_revenue_micros=realised.incremental_revenue_micros,
        realised_incremental_margin_micros=realised.incremental_margin_micros,
        skus_actionable=skus_actionable(cells),
        skus_moved=skus_moved(lines),
        stockout_sku_days=realised.stockout_sku_days,
        stockout_sku_days_avoided=status_quo.stockout_sku_days - realised.stockout_sku_days,
        wasted_spend_micros=realised.wasted_spend_micros,
    )
