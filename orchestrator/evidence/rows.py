"""The comparison as a table: one row per metric, and which arm the difference favours."""

from dataclasses import dataclass

from schemas.run import ArmMetrics, ComparisonRow
from schemas.tasks import Arm


@dataclass(frozen=True)
class Measure:
    """`prefers`: +1 where more is better, -1 where less is, 0 where neither is: a prediction is not an achievement."""

    metric: str
    label: str
    unit: str
    prefers: int


MEASURES = (
    Measure("iroas_accuracy", "Accuracy of incremental ROAS by cell", "share", 1),
    Measure("predicted_iroas", "Incremental ROAS the arm predicts", "ratio", 0),
    Measure("realised_iroas", "Incremental ROAS realised", "ratio", 1),
    Measure("prediction_error", "Gap between predicted and realised incremental ROAS", "ratio", -1),
    Measure("realised_incremental_margin", "Incremental margin realised, before spend", "money", 1),
    Measure("realised_incremental_revenue", "Incremental revenue realised", "money", 1),
    Measure("planned_spend", "Spend planned", "money", 0),
    Measure("skus_actionable", "SKUs seen on their own", "count", 1),
    Measure("skus_moved", "SKUs whose spend moves by a tenth or more", "count", 0),
    Measure("stockout_sku_days_avoided", "SKU-days out of stock avoided against today's mix", "count", 1),
    Measure("wasted_spend", "Spend on SKUs that were out of stock", "money", -1),
)


def comparison_rows(full: ArmMetrics, clean_room: ArmMetrics) -> tuple[ComparisonRow, ...]:
    return tuple(_row(measure, _value(measure, full), _value(measure, clean_room)) for measure in MEASURES)


def _value(measure: Measure, metrics: ArmMetrics) -> float:
    """Money in micros."""
    if measure.metric == "prediction_error":
        return abs(metrics.predicted_iroas - metrics.realised_iroas)
    name = f"{measure.metric}_micros" if measure.unit == "money" else measure.metric
    return float(getattr(metrics, name))


def _row(measure: Measure, full: float, clean_room: float) -> ComparisonRow:
    difference = full - clean_room
    favours_full = difference * measure.prefers
    better = None if favours_full == 0 else Arm.FULL if favours_full > 0 else Arm.CLEAN_ROOM
    return ComparisonRow(
        metric=measure.metric,
        label=measure.label,
        unit=measure.unit,
        full=full,
        clean_room=clean_room,
        absolute_difference=difference,
        relative_difference=difference / abs(clean_room) if clean_room else None,
        better=better,
    )
