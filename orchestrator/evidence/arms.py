"""Both arms' plans: the same path from evidence to allocation; only what was observed differs."""

from dataclasses import dataclass

from orchestrator.evidence.cells import Evidence, fundable
from orchestrator.evidence.clean_room_arm import seen_in_clean_room
from orchestrator.evidence.curve_views import curve_views
from orchestrator.evidence.full_arm import seen_by_brand
from orchestrator.evidence.observations import CellEstimate, CleanRoomObservation, FullObservation
from orchestrator.evidence.pause_experiment import pause_lift
from orchestrator.evidence.problems import Campaign, campaign
from orchestrator.evidence.response_curves import evidence
from orchestrator.tools.optimizer import optimize, value_at
from schemas.brief import CampaignBrief
from schemas.errors import InputInvalid, PlanInfeasible
from schemas.lift import LiftEstimate
from schemas.optimization import Allocation, Certificate
from schemas.plan import Plan, PlanLine
from schemas.run import CurveView
from schemas.tasks import Arm, Objective
from schemas.units import to_micros


@dataclass(frozen=True)
class ArmPlan:
    """One arm's plan and what it rests on. `predicted_revenue`: currency units over the campaign, as this arm sees it.

    A line's predicted value is in the objective's own terms: margin where the arm knows margins, else revenue.
    """

    arm: Arm
    lines: tuple[PlanLine, ...]
    estimates: tuple[CellEstimate, ...]
    certificate: Certificate
    binding: tuple[str, ...]
    shadow_prices: dict[str, float]
    curves: tuple[CurveView, ...]
    predicted_revenue: float
    lift: LiftEstimate | None
    lift_unavailable: str | None
    notes: tuple[str, ...]


def optimize_with_full_data(brief: CampaignBrief, plan: Plan, observation: FullObservation) -> ArmPlan:
    """Incremental returns, margins and stock from the brand's own data. Raises PlanInfeasible, InputInvalid."""
    keys = fundable(brief, plan, observation.catalogue)
    found = evidence(seen_by_brand(observation, plan.retailers, brief.days), keys)
    lift, missing = None, None
    try:
        lift = pause_lift(observation, plan.retailers)
    except InputInvalid as error:
        missing = f"no lift could be measured: {error}"
    return planned(Arm.FULL, brief, plan.objective, found, lift, missing)


def optimize_with_clean_room(brief: CampaignBrief, plan: Plan, observation: CleanRoomObservation) -> ArmPlan:
    """Attributed returns of released cells, pooled elsewhere. Raises PlanInfeasible, InputInvalid."""
    keys = fundable(brief, plan, observation.catalogue)
    found = evidence(seen_in_clean_room(observation, plan.retailers, brief.budget / brief.days), keys)
    missing = "clean-room answers credit purchases to ads and hold no untreated comparison, so no lift can be measured"
    return planned(Arm.CLEAN_ROOM, brief, plan.objective, found, None, missing)


def planned(
    arm: Arm,
    brief: CampaignBrief,
    objective: Objective,
    known: Evidence,
    lift: LiftEstimate | None = None,
    lift_unavailable: str | None = None,
) -> ArmPlan:
    """From evidence to plan, the same for whatever was seen. Raises PlanInfeasible, InputInvalid."""
    found = campaign(brief, objective, known)
    answer = optimize(found.problem)
    if answer.status == "infeasible":
        raise PlanInfeasible(f"the brief cannot be planned: {'; '.join(answer.conflicts)}", answer.conflicts)
    assert answer.certificate is not None
    spend = [answer.allocation[cell.id] for cell in found.problem.cells]
    return ArmPlan(
        arm=arm,
        lines=_lines(found, answer, known),
        estimates=tuple(cell.estimate for cell in known.cells),
        certificate=answer.certificate,
        binding=answer.binding,
        shadow_prices=answer.shadow_prices,
        curves=curve_views(known, found, spend),
        predicted_revenue=sum(value_at(curve, x) for curve, x in zip(found.revenue, spend, strict=True)),
        lift=lift,
        lift_unavailable=lift_unavailable,
        notes=found.notes,
    )


def _lines(found: Campaign, answer: Allocation, evidence: Evidence) -> tuple[PlanLine, ...]:
    """Whole micros, rounded down so that the lines never add up to more than a limit."""
    lines = []
    for cell, known, current in zip(found.problem.cells, evidence.cells, found.current, strict=True):
        spend = answer.allocation[cell.id]
        lines.append(
            PlanLine(
                retailer_id=known.estimate.key.retailer_id,
                sku_id=known.estimate.key.sku_id,
                placement_type=known.estimate.key.placement_type,
                current_spend_micros=to_micros(current),
                planned_spend_micros=int(spend * 1_000_000),
                predicted_value_micros=to_micros(value_at(cell.curve, spend)),
            )
        )
    return tuple(lines)
