"""A small run record written by hand: two retailers, three placements, two SKUs; round numbers, not measured ones."""

from datetime import UTC, date, datetime
from typing import Any

from schemas.brief import CampaignBrief, GroupLimit
from schemas.clean_room import ALLOWED_FIELDS, BLOCKED_FIELDS, RefusalCode
from schemas.creative import CreativeDraft, PolicyFinding
from schemas.governance import Finding, Severity, Verdict
from schemas.lift import Estimate, LiftEstimate, LiftRow, MethodClass
from schemas.optimization import Certificate
from schemas.plan import Plan, PlanLine
from schemas.run import (
    ArmMetrics,
    ArmResult,
    CellAccuracy,
    CleanRoomQuery,
    Comparison,
    ComparisonRow,
    CurvePoint,
    CurveView,
    DataProfile,
    FieldAccess,
    FileMapping,
    RunRecord,
    StepRecord,
    Tokens,
)
from schemas.tasks import Arm, Objective, Pacing, PlacementType, Task

RETAILERS = ("retailer_a", "retailer_b")
SKUS = ("XAN-001", "XAN-002")
MICROS = 1_000_000

BRIEF = CampaignBrief(
    name="Spring launch",
    brand_id="brand_x",
    text="Grow profit, not just sales.",
    budget=6000,
    start=date(2026, 4, 6),
    end=date(2026, 5, 3),
    retailers=RETAILERS,
    max_change_share=0.5,
    limits=tuple(GroupLimit(dimension="retailer_id", value=name, min_spend=1500) for name in RETAILERS),
)


def make_record(run_id: str = "20260405T100000-aaaaaa", *, clean_room: bool = False, **changes: Any) -> RunRecord:
    record = RunRecord(
        run_id=run_id,
        created_at=datetime(2026, 4, 5, 10, tzinfo=UTC),
        seconds=41.5,
        clean_room=clean_room,
        model_url="http://127.0.0.1:9/v1",
        brief=BRIEF,
        data=make_profile(),
        plan=make_plan(),
        drafts=make_drafts(),
        verdict=Verdict(
            findings=(
                Finding(rule="copy_is_cleared", severity=Severity.REVIEW, evidence="copy withheld for Xando Oats"),
            ),
            checked=("within_budget", "copy_is_cleared"),
            reading="The plan is approved with remarks.",
        ),
        steps=tuple(make_step(task, clean_room) for task in Task),
        comparison=make_comparison(),
    )
    return record.model_copy(update=changes)


def make_step(task: Task, clean_room: bool) -> StepRecord:
    composition = "industry_retail_media" if clean_room else "industry_retail_media+manufacturer_brand_x"
    is_template = task is Task.MEASURE
    return StepRecord(
        task=task,
        agent=task.value,
        composition=composition,
        answered_by=None if is_template else f"{composition}@0123456789ab",
        tokens=Tokens(prompt=120, completion=24),
        seconds=2.5,
        result={
            "words": f"{task.value} in {'clean-room' if clean_room else 'full'} words",
            "figures": "Figures by code.",
        },
        fallback="no model server at http://127.0.0.1:9/v1" if is_template else None,
    )


def make_plan() -> Plan:
    return Plan(
        objective=Objective.INCREMENTAL_MARGIN,
        pacing=Pacing.FRONT_LOADED,
        budget_micros=6000 * MICROS,
        currency="USD",
        start=date(2026, 4, 6),
        end=date(2026, 5, 3),
        retailers=RETAILERS,
        placements=tuple(PlacementType),
        lead_placement=PlacementType.SPONSORED_SEARCH,
        rationale="Budget, dates and limits are the brief's own.",
    )


def make_drafts() -> tuple[CreativeDraft, ...]:
    shared = {"sku_id": "XAN-001", "written_by": "industry_retail_media@0123456789ab", "revisions": 0}
    return (
        CreativeDraft(
            product_name="Xando Roast",
            placement_type=PlacementType.SPONSORED_DISPLAY,
            text="HEADLINE: XANDO Roast, wide awake\nCTA: Shop now",
            findings=(),
            withheld=False,
            **shared,  # type: ignore[arg-type]
        ),
        CreativeDraft(
            product_name="Xando Oats",
            placement_type=PlacementType.SPONSORED_SEARCH,
            text="TITLE: The best oats, guaranteed",
            findings=(PolicyFinding(rule="banned_claim", evidence="best"),),
            withheld=True,
            **{**shared, "revisions": 2},  # type: ignore[arg-type]
        ),
    )


def make_profile() -> DataProfile:
    return DataProfile(
        files=(
            FileMapping(
                file="retailer_a__amazon_ads_v3.csv",
                network="amazon_ads_v3",
                retailer_id="retailer_a",
                rows=900,
                rejected=4,
                fields={
                    "advertisedSku": {"field": "sku_id", "confidence": 1.0, "by": "schema"},
                    "cost": {"field": "cost", "confidence": 0.5, "by": "model"},
                },
            ),
        ),
        rows=1800,
        rejected=4,
        skus=2,
        first_day="2026-01-05",
        last_day="2026-04-04",
        currency="USD",
        spend_micros=20_000 * MICROS,
        attributed_revenue_micros=90_000 * MICROS,
        field_access=tuple(
            FieldAccess(retailer_id=retailer, field=field, access=access)
            for retailer in RETAILERS
            for access, fields in (("allowed", ALLOWED_FIELDS), ("blocked", BLOCKED_FIELDS))
            for field in fields
        ),
        clean_room_queries=(
            CleanRoomQuery(
                request=make_request("retailer_a", ["date", "placement_type"]), status="ok", rows=36, latency_ms=420
            ),
            CleanRoomQuery(
                request=make_request("retailer_b", ["date", "sku_id"]),
                status="refused",
                code=RefusalCode.FIELD_NOT_PERMITTED,
            ),
        ),
        preview=(
            {
                "date": "2026-01-05",
                "retailer_id": "retailer_a",
                "sku_id": "XAN-001",
                "placement_type": "sponsored_search",
                "impressions": "120",
                "clicks": "4",
                "conversions": "1",
                "revenue": "4990000",
                "cost": "1200000",
            },
        ),
    )  # fmt: skip


def make_request(retailer_id: str, group_by: list[str]) -> dict[str, Any]:
    period = {"start": "2026-01-05", "end": "2026-04-04", "grain": "week"}
    return {"retailer_id": retailer_id, "metrics": ["revenue", "cost"], "group_by": group_by, "period": period}


def make_comparison() -> Comparison:
    full, clean_room = make_arm(Arm.FULL), make_arm(Arm.CLEAN_ROOM)
    return Comparison(
        rows=(
            ComparisonRow(
                metric="realised_iroas", label="Realised iROAS", unit="ratio", full=2.5, clean_room=2.0,
                absolute_difference=0.5, relative_difference=0.25, better=Arm.FULL,
            ),
            ComparisonRow(
                metric="wasted_spend", label="Wasted spend", unit="money", full=900.0 * MICROS,
                clean_room=800.0 * MICROS, absolute_difference=100.0 * MICROS, relative_difference=0.125,
                better=Arm.CLEAN_ROOM,
            ),
            ComparisonRow(
                metric="skus_actionable", label="SKUs actionable", unit="count", full=2, clean_room=2,
                absolute_difference=0, relative_difference=0.0, better=None,
            ),
        ),
        full=full,
        clean_room=clean_room,
        status_quo=make_metrics(1.8, 4000),
        basis="Truth: the simulated market; one world.",
    )  # fmt: skip


def make_metrics(iroas: float, margin: int) -> ArmMetrics:
    return ArmMetrics(
        iroas_accuracy=0.8,
        predicted_iroas=iroas * 1.1,
        realised_iroas=iroas,
        planned_spend_micros=6000 * MICROS,
        realised_incremental_revenue_micros=int(6000 * iroas) * MICROS,
        realised_incremental_margin_micros=margin * MICROS,
        skus_actionable=2,
        skus_moved=2,
        stockout_sku_days=12,
        stockout_sku_days_avoided=3,
        wasted_spend_micros=900 * MICROS,
    )


def make_arm(arm: Arm) -> ArmResult:
    is_full = arm is Arm.FULL
    keys = [(retailer, sku, kind) for retailer in RETAILERS for sku in SKUS for kind in PlacementType]
    return ArmResult(
        arm=arm,
        lines=tuple(
            PlanLine(
                retailer_id=retailer,
                sku_id=sku,
                placement_type=kind,
                current_spend_micros=500 * MICROS,
                planned_spend_micros=(400 + 40 * place if is_full else 500) * MICROS,
                predicted_value_micros=1000 * MICROS,
            )
            for place, (retailer, sku, kind) in enumerate(keys)
        ),
        metrics=make_metrics(2.5, 5000) if is_full else make_metrics(2.0, 4500),
        certificate=Certificate(gap=0.0002, bound=12_345.6, seconds=0.04, solver="HiGHS"),
        binding=("budget", "stock cover XAN-001") if is_full else ("budget",),
        shadow_prices={"budget": 1.31, "retailer_b at least": -0.2},
        curves=tuple(
            CurveView(
                name=f"{kind.value} at {retailer}",
                points=tuple(
                    CurvePoint(spend=x, value=3000 * x / (x + 800), low=2400 * x / (x + 800), high=3600 * x / (x + 800))
                    for x in (0.0, 250.0, 500.0, 1000.0, 2000.0)
                ),
                current_spend=1000,
                planned_spend=1300 if is_full else 1000,
            )
            for retailer in RETAILERS
            for kind in PlacementType
        ),
        cells=tuple(
            CellAccuracy(
                retailer_id=retailer,
                sku_id=sku,
                placement_type=kind.value,
                spend_micros=500 * MICROS,
                predicted=2.0 + 0.1 * place,
                low=1.5 + 0.1 * place,
                high=2.5 + 0.1 * place,
                actual=2.0 + (0.1 if is_full else 0.3) * place,
                withheld=not is_full and place % 2 == 0,
            )
            for place, (retailer, sku, kind) in enumerate(keys)
        ),
        lift=make_lift() if is_full else None,
        lift_unavailable=None if is_full else "a clean room without exposure flags has no untreated comparison",
    )


def make_lift() -> LiftEstimate:
    return LiftEstimate(
        method="did",
        method_class=MethodClass.EXPERIMENTS,
        estimand="effect of ads on the units that kept them",
        lift_relative=Estimate(estimate=0.12, ci95=(0.05, 0.19)),
        lift_absolute=Estimate(estimate=1.4, ci95=(0.6, 2.2)),
        p_value=0.001,
        iroas=Estimate(estimate=2.1, ci95=(0.9, 3.3)),
        table=(
            LiftRow(row="treated", units=80, mean_before=11.0, mean_after=13.0, change=2.0),
            LiftRow(row="untreated", units=40, mean_before=11.0, mean_after=11.6, change=0.6),
            LiftRow(row="effect", units=120, mean_before=None, mean_after=None, change=1.4, ci95=(0.6, 2.2)),
        ),
        checks={"units": 120.0, "pre_trend": True, "balance": "fine"},
        limits=("Untreated, both arms would have changed alike.",),
        reading="Sales were higher where ads ran.",
    )
