"""Each arm's plan in one world: from what it may see, by the path every run takes, to spend per cell."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from orchestrator.evaluation.visibility import Part, Parts, arm_name, seen_with
from orchestrator.evaluation.worlds import World
from orchestrator.evidence.cells import Evidence, fundable
from orchestrator.evidence.observations import CellEstimate, CellKey
from orchestrator.evidence.problems import Campaign, campaign
from orchestrator.evidence.response_curves import evidence
from orchestrator.evidence.seen import Seen
from orchestrator.tools.optimizer import optimize, value_at
from orchestrator.tools.optimizer.baselines import BOX_SHARE, best_in_box, equal_split, linear_roas, slsqp, status_quo
from schemas.errors import PlanInfeasible
from schemas.optimization import Problem
from schemas.plan import Plan
from schemas.tasks import Objective
from schemas.units import MICROS_PER_UNIT


@dataclass(frozen=True)
class ArmPlan:
    """`spend`: retailer_id, sku_id, placement_type, spend_micros. `estimates` and the predicted revenue are None where
    an arm predicts nothing, `believed_margin` where it knows no margins. `gap` is certified, `seconds` the solver's."""

    name: str
    spend: pd.DataFrame
    estimates: tuple[CellEstimate, ...] | None = None
    predicted_revenue: float | None = None
    believed_margin: np.ndarray | None = None
    gap: float | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Sight:
    """What the two sides see in one world, gathered once; `clean_room` is None where nothing was released."""

    keys: tuple[CellKey, ...]
    clean_room: Seen | None
    full: Seen


def gather(world: World) -> Sight:
    return Sight(fundable(world.brief, _whole_plan(world), world.products), world.clean_room_seen(), world.full_seen())


def arm_with(parts: Parts, world: World, sight: Sight, name: str = "") -> ArmPlan:
    """The arm that sees the clean room's answers and `parts` of the brand's own data.

    Where the clean room tells nothing, the arm without the brand's own days keeps today's mix and expects nothing.
    """
    if sight.clean_room is None:
        if Part.GRAIN not in parts:
            return _told_nothing(world, sight, name or arm_name(parts))
        return arm_seeing(seen_with(parts, sight.full, sight.full), world, sight.keys, name or arm_name(parts))
    seen = seen_with(parts, sight.clean_room, sight.full)
    return arm_seeing(seen, world, sight.keys, name or arm_name(parts))


def arm_seeing(seen: Seen, world: World, keys: tuple[CellKey, ...], name: str) -> ArmPlan:
    known = evidence(seen, keys)
    found = campaign(world.brief, Objective.INCREMENTAL_MARGIN, known)
    return optimised(name, found, known, found.problem)


def baselines(world: World, sight: Sight) -> tuple[ArmPlan, ...]:
    """What a team does without curves of its own, and other ways to optimise the full arm's."""
    known = evidence(sight.full, sight.keys)
    found = campaign(world.brief, Objective.INCREMENTAL_MARGIN, known)
    believed = _as_reported(sight.full, known)
    reported = campaign(world.brief, Objective.INCREMENTAL_REVENUE, believed)
    # Stock is shared out for the least spend that a change limit allows, so the narrow box is a brief of its own.
    narrow = world.brief.model_copy(update={"max_change_share": BOX_SHARE})
    boxed = campaign(narrow, Objective.INCREMENTAL_MARGIN, known)
    returns = {cell.estimate.key.text: cell.estimate.mean for cell in believed.cells}
    return (
        planned("status_quo", found, known, status_quo(found.problem).allocation, predicts=False),
        planned("equal_split", found, known, equal_split(found.problem).allocation, predicts=False),
        planned("attributed_lp", reported, believed, linear_roas(reported.problem, returns).allocation),
        planned("box_30", boxed, known, best_in_box(boxed.problem).allocation),
    )


def slsqp_arm(world: World, sight: Sight) -> ArmPlan:
    """The full arm's problem as PyMC-Marketing solves it; slow, so only a few worlds run it."""
    known = evidence(sight.full, sight.keys)
    found = campaign(world.brief, Objective.INCREMENTAL_MARGIN, known)
    return planned("slsqp", found, known, slsqp(found.problem).allocation)


def _whole_plan(world: World) -> Plan:
    brief = world.brief
    return Plan(
        objective=brief.objective,
        pacing=brief.pacing,
        budget_micros=brief.budget_micros,
        currency=brief.currency,
        start=brief.start,
        end=brief.end,
        retailers=brief.retailers,
        placements=brief.placements,
        lead_placement=brief.placements[0],
        categories=brief.categories,
    )


def _told_nothing(world: World, sight: Sight, name: str) -> ArmPlan:
    today = next(plan for plan in baselines(world, sight) if plan.name == "status_quo")
    nothing = tuple(CellEstimate(key, 0.0, 0.0, withheld=True) for key in sight.keys)
    return replace(today, name=name, estimates=nothing, predicted_revenue=0.0)


def _as_reported(seen: Seen, known: Evidence) -> Evidence:
    """Each cell's raw attributed return, believed."""
    returns = np.divide(seen.revenue, seen.cost, where=seen.told, out=np.zeros_like(seen.cost))
    reported = dict(zip(seen.keys, returns, strict=True))
    cells = tuple(
        replace(
            cell,
            estimate=CellEstimate(cell.estimate.key, float(reported[cell.estimate.key]), 0.0, cell.estimate.withheld),
            margin_share=None,
        )
        for cell in known.cells
    )
    return Evidence(cells, known.history_days, None)


def optimised(name: str, found: Campaign, known: Evidence, problem: Problem, predicts: bool = True) -> ArmPlan:
    """Raises PlanInfeasible."""
    answer = optimize(problem)
    if answer.status != "optimal" or answer.certificate is None:
        raise PlanInfeasible(f"{name}: {answer.status}: {'; '.join(answer.conflicts)}", answer.conflicts)
    plan = planned(name, found, known, answer.allocation, predicts)
    return replace(plan, gap=answer.certificate.gap, seconds=answer.certificate.seconds)


def planned(
    name: str, found: Campaign, known: Evidence, allocation: Mapping[str, float], predicts: bool = True
) -> ArmPlan:
    spend = [allocation[cell.id] for cell in found.problem.cells]
    margins = [cell.margin_share for cell in known.cells]
    predicted = sum(value_at(curve, x) for curve, x in zip(found.revenue, spend, strict=True))
    return ArmPlan(
        name=name,
        spend=_spend_frame([cell.estimate.key for cell in known.cells], spend),
        estimates=tuple(cell.estimate for cell in known.cells) if predicts else None,
        predicted_revenue=predicted if predicts else None,
        believed_margin=None if None in margins else np.array(margins, dtype=float),
    )


def _spend_frame(keys: Iterable[CellKey], planned: Iterable[float]) -> pd.DataFrame:
    rows: list[Mapping[str, object]] = [
        {
            "retailer_id": key.retailer_id,
            "sku_id": key.sku_id,
            "placement_type": key.placement_type.value,
            "spend_micros": int(amount * MICROS_PER_UNIT),
        }
        for key, amount in zip(keys, planned, strict=True)
    ]
    return pd.DataFrame(rows)
