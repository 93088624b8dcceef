"""A brief and an arm's evidence as an allocation problem, in currency units over the campaign."""

from dataclasses import dataclass

from orchestrator.evidence.cells import CellEvidence, Evidence
from orchestrator.tools.optimizer import value_at
from schemas.brief import CampaignBrief, GroupLimit
from schemas.errors import InputInvalid
from schemas.optimization import Cell, Group, HillCurve, Options, Problem, StockCover
from schemas.tasks import Objective

MIN_VALUE_PER_REVENUE = 1e-6  # keeps units per value finite for a product sold at no margin


@dataclass(frozen=True)
class Campaign:
    """`revenue`: the curve of predicted revenue per cell; `current`: today's mix scaled to the brief's budget."""

    problem: Problem
    revenue: tuple[HillCurve, ...]
    current: tuple[float, ...]
    notes: tuple[str, ...]


def campaign(brief: CampaignBrief, objective: Objective, evidence: Evidence) -> Campaign:
    """Raises InputInvalid for a limit on something the brief does not fund."""
    current = _todays_mix(evidence, brief.budget)
    curves = [_revenue_curve(cell, brief.days) for cell in evidence.cells]
    lows = [_least(brief, amount) for amount in current]
    notes: list[str] = []
    stock: tuple[StockCover, ...] = ()
    if evidence.ad_units is not None:
        curves, stock, short = _within_stock(evidence, curves, lows)
        if short:
            notes.append(f"{short} SKUs have no stock for even the least spend allowed; it brings what stock there is")
    margin_known = all(cell.margin_share is not None for cell in evidence.cells)
    weigh = margin_known and objective is Objective.INCREMENTAL_MARGIN
    floor = brief.margin_floor if margin_known else None
    if brief.margin_floor is not None and not margin_known:
        notes.append("the margin floor cannot be kept: this arm does not know margins")
    cells = tuple(
        _cell(cell, curve, low, amount, weigh, brief)
        for cell, curve, low, amount in zip(evidence.cells, curves, lows, current, strict=True)
    )
    options = Options(max_change_share=brief.max_change_share, margin_floor=floor, stock=stock)
    problem = Problem(budget=brief.budget, cells=cells, groups=_groups(brief, cells), options=options)
    return Campaign(problem, tuple(curves), tuple(current), tuple(notes))


def _todays_mix(evidence: Evidence, budget: float) -> list[float]:
    total = sum(cell.spend for cell in evidence.cells)
    if total <= 0:
        raise InputInvalid("none of the brief's cells had any spend over history, so there is nothing to start from")
    return [budget * cell.spend / total for cell in evidence.cells]


def _revenue_curve(cell: CellEvidence, days: int) -> HillCurve:
    """Spend is paced evenly, so `days` equal days of the daily curve."""
    return HillCurve(kind="hill", top=cell.estimate.mean * cell.scale * days, half=cell.half * days)


def _least(brief: CampaignBrief, current: float) -> float:
    """The change limit, and the experiments' reserve: that share of the budget stays where it is spent today."""
    change = 1 - brief.max_change_share if brief.max_change_share is not None else 0.0
    return current * max(change, brief.experiment_reserve_share)


def _within_stock(
    evidence: Evidence, curves: list[HillCurve], lows: list[float]
) -> tuple[list[HillCurve], tuple[StockCover, ...], int]:
    """Stock rows, and curves lowered where the least spend allowed already sells more than there is.

    The change limit is the brand's own instruction, so it stands, and the predicted value says what it costs.
    """
    assert evidence.ad_units is not None
    members: dict[tuple[str, str], list[int]] = {}
    for i, cell in enumerate(evidence.cells):
        members.setdefault((cell.estimate.key.retailer_id, cell.estimate.key.sku_id), []).append(i)
    lowered, covers, short = list(curves), [], 0
    for (retailer_id, sku_id), inside in members.items():
        units = evidence.ad_units.get((retailer_id, sku_id), 0.0)
        forced = sum(value_at(curves[i], lows[i]) / _price(evidence.cells[i]) for i in inside)
        if forced > units:
            short += 1
            for i in inside:
                lowered[i] = curves[i].model_copy(update={"top": curves[i].top * units / forced})
        where = {"retailer_id": retailer_id, "sku_id": sku_id}
        # A hair above, so that rounding in the curves cannot make the least spend infeasible.
        covers.append(StockCover(name=f"{retailer_id}/{sku_id}", where=where, units=units * (1 + 1e-6) + 1e-6))
    return lowered, tuple(covers), short


def _price(cell: CellEvidence) -> float:
    assert cell.price is not None
    return max(cell.price, 1e-6)


def _cell(
    cell: CellEvidence, revenue: HillCurve, low: float, current: float, weigh: bool, brief: CampaignBrief
) -> Cell:
    key = cell.estimate.key
    per_revenue = max(cell.margin_share or 0.0, MIN_VALUE_PER_REVENUE) if weigh else 1.0
    floor_share = None if cell.margin_share is None else (1.0 if weigh else cell.margin_share)
    return Cell(
        id=key.text,
        curve=revenue.model_copy(update={"top": revenue.top * per_revenue}),
        min=min(low, current),
        current=current,
        margin_share=floor_share,
        units_per_value=None if cell.price is None else 1 / (_price(cell) * per_revenue),
        tags={
            "retailer_id": key.retailer_id,
            "sku_id": key.sku_id,
            "placement_type": key.placement_type.value,
            "category": cell.category,
        },
    )


def _groups(brief: CampaignBrief, cells: tuple[Cell, ...]) -> tuple[Group, ...]:
    groups: list[Group] = []
    for limit in brief.limits:
        _require_known(limit, cells)
        taken = sum(group.name.split(" (")[0] == limit.value for group in groups)
        name = limit.value if not taken else f"{limit.value} ({taken + 1})"
        groups.append(Group(name=name, where={limit.dimension: limit.value}, min=limit.min_spend, max=limit.max_spend))
    return tuple(groups)


def _require_known(limit: GroupLimit, cells: tuple[Cell, ...]) -> None:
    known = sorted({cell.tags[limit.dimension] for cell in cells})
    if limit.value not in known:
        shown = ", ".join(known[:8]) + (" ..." if len(known) > 8 else "")
        raise InputInvalid(
            f"the limit on {limit.dimension} {limit.value!r} names nothing the brief funds; it has {shown}"
        )
