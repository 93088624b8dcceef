"""Rules over a finished plan: each is broken alone, and only it must speak. No model is asked."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.manager import AdapterManager
from orchestrator.agents.governance import GovernanceAgent, GovernanceCase
from orchestrator.chat_client import ChatClient
from orchestrator.federation import LoRAFederation
from schemas.brief import CampaignBrief, GroupLimit, read_brief
from schemas.governance import Verdict
from schemas.plan import PlanLine
from schemas.tasks import Arm, PlacementType, Task
from tests.dash_app.records import make_arm, make_drafts

UNIT = 1_000_000
BRIEF = read_brief(Path(__file__).parents[2] / "data" / "briefs" / "spring_launch.json").model_copy(
    update={"budget": 300.0, "limits": ()}
)
CLEARED = tuple(draft for draft in make_drafts() if not draft.withheld)


def line(retailer_id: str = "retailer_a", spend: int = 100, sku_id: str = "a") -> PlanLine:
    return PlanLine(
        retailer_id=retailer_id,
        sku_id=sku_id,
        placement_type=PlacementType.SPONSORED_SEARCH,
        current_spend_micros=0,
        planned_spend_micros=spend * UNIT,
        predicted_value_micros=0,
    )


def case(*lines: PlanLine, brief: CampaignBrief = BRIEF, arm: Arm = Arm.FULL) -> GovernanceCase:
    result = make_arm(arm).model_copy(update={"lines": lines or (line(),)})
    return GovernanceCase(brief, result, CLEARED, {"a": "coffee", "b": "snacks"})


def verdict(asked: GovernanceCase) -> Verdict:
    federation = LoRAFederation(ChatClient("http://127.0.0.1:9/v1", "key", 5.0), AdapterManager())
    federation.compose(Task.GOVERN, None, "brand_x")
    return GovernanceAgent("governance", federation, {}).execute(asked)


def rules(asked: GovernanceCase) -> list[str]:
    return [finding.rule for finding in verdict(asked).findings]


def limited(limit: GroupLimit) -> CampaignBrief:
    return BRIEF.model_copy(update={"limits": (limit,)})


def test_a_plan_that_keeps_every_rule_is_approved() -> None:
    found = verdict(case())

    assert found.approved
    assert found.findings == ()
    assert "approved" in found.reading


def test_a_plan_over_the_budget_is_blocked_with_the_excess() -> None:
    found = verdict(case(line(spend=200), line(spend=150, sku_id="b")))

    assert not found.approved
    assert [(finding.rule, finding.evidence) for finding in found.findings] == [
        ("within_budget", "over budget by 50.00")
    ]


def test_a_plan_of_exactly_the_budget_is_not_over_it() -> None:
    assert rules(case(line(spend=300))) == []


def test_money_at_a_retailer_the_brief_does_not_name_is_blocked() -> None:
    found = verdict(case(line("retailer_z")))

    assert not found.approved
    assert "retailer_z" in found.findings[0].evidence


def test_a_line_without_money_is_nobodys_business() -> None:
    assert rules(case(line(), line("retailer_z", spend=0))) == []


def test_money_in_a_placement_the_brief_left_out_is_blocked() -> None:
    narrow = BRIEF.model_copy(update={"placements": (PlacementType.SPONSORED_NATIVE,)})

    assert rules(case(brief=narrow)) == ["only_agreed_places"]


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (GroupLimit(dimension="retailer_id", value="retailer_a", min_spend=150), "below its minimum of 150.00"),
        (GroupLimit(dimension="category", value="coffee", max_spend=90), "above its maximum of 90.00"),
        (GroupLimit(dimension="sku_id", value="a", max_spend=99), "above its maximum of 99.00"),
    ],
)
def test_a_broken_limit_is_blocked_with_what_the_group_gets(limit: GroupLimit, said: str) -> None:
    found = verdict(case(brief=limited(limit)))

    assert not found.approved
    assert [finding.rule for finding in found.findings] == ["limits_held"]
    assert f"gets 100.00, {said}" in found.findings[0].evidence


def test_a_limit_that_is_just_met_holds() -> None:
    limit = GroupLimit(dimension="retailer_id", value="retailer_a", min_spend=100, max_spend=100)

    assert rules(case(brief=limited(limit))) == []


def test_withheld_copy_is_a_matter_to_look_at_and_blocks_nothing() -> None:
    found = verdict(replace(case(), drafts=make_drafts()))

    assert [finding.rule for finding in found.findings] == ["copy_is_cleared"]
    assert found.approved


def test_a_plan_without_a_measured_effect_says_so() -> None:
    assert rules(case(arm=Arm.CLEAN_ROOM)) == ["evidence_is_causal"]
