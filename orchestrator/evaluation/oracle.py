"""The same optimiser, limits and stock on the true curves: as good as any evidence could make a plan."""

import numpy as np

from data.market.true_curves import true_curves
from orchestrator.evaluation.arms import ArmPlan, Sight, optimised
from orchestrator.evaluation.worlds import World
from orchestrator.evidence.problems import campaign
from orchestrator.evidence.response_curves import evidence
from orchestrator.tools.optimizer import value_at
from schemas.errors import PlanInfeasible
from schemas.optimization import Cell, PointsCurve, Problem
from schemas.tasks import Objective

MULTIPLES = np.concatenate([[0.0], np.geomspace(0.02, 8.0, 60)])
"""Of a cell's reference spend: where the true curves are read off."""


def oracle(world: World, sight: Sight) -> ArmPlan:
    known = evidence(sight.full, sight.keys)
    found = campaign(world.brief, Objective.INCREMENTAL_MARGIN, known)
    brand = world.market.worlds[world.brief.brand_id]
    curves = true_curves(brand, world.brief.start, world.brief.end, MULTIPLES)
    curves = curves.set_index(["retailer_id", "sku_id", "placement_type"])
    days = world.brief.days
    cells = []
    for cell, key in zip(found.problem.cells, sight.keys, strict=True):
        row = curves.loc[(key.retailer_id, key.sku_id, key.placement_type.value)]
        spends = MULTIPLES * row["reference_spend"] * days
        values = np.maximum(row["margin"] * days, 0.0)
        cells.append(cell.model_copy(update={"curve": _points(spends, values)}))
    problem = found.problem.model_copy(update={"cells": _within_stock(found.problem, tuple(cells))})
    try:
        return optimised("oracle", found, known, problem, predicts=False)
    except PlanInfeasible:
        # True returns may sell out what a group's least spend asks for; the shelf then limits the plan in the market.
        options = problem.options.model_copy(update={"stock": ()})
        return optimised("oracle", found, known, problem.model_copy(update={"options": options}), predicts=False)


def _points(spends: np.ndarray, values: np.ndarray) -> PointsCurve:
    return PointsCurve(kind="points", points=tuple(zip(spends.tolist(), values.tolist(), strict=True)))


def _within_stock(problem: Problem, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Curves lowered where the least spend allowed already sells more than there is, as every arm's are."""
    lowered = list(cells)
    rows: dict[tuple[str, str], list[int]] = {(cell.tags["retailer_id"], cell.tags["sku_id"]): [] for cell in cells}
    for number, cell in enumerate(cells):
        rows[cell.tags["retailer_id"], cell.tags["sku_id"]].append(number)
    for cover in problem.options.stock:
        inside = rows[cover.where["retailer_id"], cover.where["sku_id"]]
        forced = sum(value_at(cells[i].curve, cells[i].min) * (cells[i].units_per_value or 0.0) for i in inside)
        if forced > cover.units:
            for i in inside:
                lowered[i] = _scaled(cells[i], (1 - 1e-6) * cover.units / forced)
    return tuple(lowered)


def _scaled(cell: Cell, share: float) -> Cell:
    assert isinstance(cell.curve, PointsCurve)
    spends, values = (np.array(column) for column in zip(*cell.curve.points, strict=True))
    return cell.model_copy(update={"curve": _points(spends, values * share)})
