"""What each arm may see, gathered once for both: the brand's own data, and the clean room's answers."""

from datetime import date, timedelta
from typing import Any

import pandas as pd

from orchestrator.evidence import CleanRoomObservation, FullObservation
from orchestrator.workbench import Workbench
from schemas.clean_room import Dimension, Grain, Metric, RefusalCode
from schemas.run import CleanRoomQuery

MARGIN = timedelta(days=7)


def full_observation(bench: Workbench) -> FullObservation:
    warehouse = bench.warehouse
    return FullObservation(
        delivery=warehouse.delivery(),
        private_feed=warehouse.private_feed(),
        outlook=warehouse.outlook(),
        catalogue=_own_products(bench),
    )


def clean_room_observation(bench: Workbench) -> CleanRoomObservation:
    rows: list[dict[str, Any]] = []
    for retailer_id in bench.brief.retailers:
        for request in clean_room_requests(retailer_id, bench.history):
            rows += _ask(bench, request)
    first, last = bench.history
    return CleanRoomObservation(
        rows=tuple(rows),
        catalogue=_own_products(bench),
        cells=_own_budgets(bench),
        history_days=(last - first).days + 1,
    )


def _own_products(bench: Workbench) -> pd.DataFrame:
    catalogue = bench.warehouse.catalogue()
    return catalogue[catalogue["brand_id"] == bench.brief.brand_id].reset_index(drop=True)


def _own_budgets(bench: Workbench) -> pd.DataFrame:
    """What the brand set itself is no secret to it: spend per cell over history, without any outcome."""
    cells = ["retailer_id", "sku_id", "placement_type"]
    return bench.warehouse.delivery().groupby(cells, as_index=False)["cost"].sum()


def clean_room_requests(
    retailer_id: str, history: tuple[date, date], dated: Grain | None = None
) -> list[dict[str, Any]]:
    """Placements, and SKUs in them, over the whole history: the longer the period, the more cells reach the threshold.
    With `dated`, by such periods, as far as the retailer tells each.

    The period is a week wider at both ends than the delivery the brand has: pooled cells count only when they lie
    inside wholly. A retailer that does not permit SKUs refuses, and that is recorded too.
    """
    first, last = (day + side * MARGIN for day, side in zip(history, (-1, 1), strict=True))
    placements = [*([Dimension.DATE.value] if dated else []), Dimension.PLACEMENT_TYPE.value]
    grain = dated or Grain.MONTH
    return [
        {
            "retailer_id": retailer_id,
            "metrics": [metric.value for metric in Metric],
            "group_by": group_by,
            "period": {"start": first.isoformat(), "end": last.isoformat(), "grain": grain.value},
        }
        for group_by in (placements, [*placements, Dimension.SKU_ID.value])
    ]


def _ask(bench: Workbench, request: dict[str, Any]) -> list[dict[str, Any]]:
    answer = bench.clean_room.query(request)
    rows = list(answer.get("rows", ()))
    code = answer.get("code")
    bench.queries.append(
        CleanRoomQuery(
            request=request,
            status=answer["status"],
            code=RefusalCode(code) if code else None,
            rows=len(rows),
            latency_ms=answer.get("latency_ms", 0),
        )
    )
    return [{"retailer_id": request["retailer_id"], **row} for row in rows]
