import pandas as pd
import pytest

from orchestrator.tools.creative_generator import CreativeJob, creative_jobs, signed_off, template_copy
from orchestrator.tools.policy_checker import check_copy
from schemas.brands import BRAND_RULES, BrandRules
from schemas.plan import PlanLine
from schemas.tasks import PlacementType

CATALOGUE = pd.DataFrame({"sku_id": ["a", "b", "c", "d"], "product_name": ["Xando A", "Xando B", "Xando C", "Xando D"]})


def line(sku_id: str, placement: PlacementType, planned: int) -> PlanLine:
    return PlanLine(
        retailer_id="retailer_a",
        sku_id=sku_id,
        placement_type=placement,
        current_spend_micros=0,
        planned_spend_micros=planned,
        predicted_value_micros=0,
    )


def test_the_best_funded_skus_are_written_for_with_placements_taking_turns() -> None:
    lines = (
        line("a", PlacementType.SPONSORED_SEARCH, 90),
        line("b", PlacementType.SPONSORED_SEARCH, 80),
        line("c", PlacementType.SPONSORED_DISPLAY, 10),
        line("d", PlacementType.SPONSORED_NATIVE, 5),
    )

    jobs = creative_jobs(lines, CATALOGUE, 3)

    assert [(job.sku_id, job.placement_type.value) for job in jobs] == [
        ("a", "sponsored_search"),
        ("c", "sponsored_display"),
        ("d", "sponsored_native"),
    ]


def test_a_sku_is_written_for_once_and_an_unfunded_one_never() -> None:
    lines = (
        line("a", PlacementType.SPONSORED_SEARCH, 90),
        line("a", PlacementType.SPONSORED_DISPLAY, 80),
        line("b", PlacementType.SPONSORED_SEARCH, 0),
    )

    assert [job.sku_id for job in creative_jobs(lines, CATALOGUE, 3)] == ["a"]


def test_no_copy_is_asked_for_when_the_brief_wants_none() -> None:
    assert creative_jobs((line("a", PlacementType.SPONSORED_SEARCH, 90),), CATALOGUE, 0) == ()


NATIVE = "TITLE: XANDO A\nBODY: {body}\nCTA: Shop now"


@pytest.mark.parametrize(
    ("body", "signed"),
    [
        ("Made with care.", "Made with care. Stay loud."),
        ("Made with care. Stay loud.", "Made with care. Stay loud."),
        ("x" * 115 + ".", "x" * 115 + "."),
    ],
)
def test_the_body_is_signed_off_once_and_only_where_it_fits(body: str, signed: str) -> None:
    text = NATIVE.format(body=body)

    assert signed_off(text, PlacementType.SPONSORED_NATIVE, BRAND_RULES["brand_x"]) == NATIVE.format(body=signed)


def test_copy_without_a_body_or_for_a_brand_without_rules_is_left_alone() -> None:
    display = "HEADLINE: XANDO A\nCTA: Shop now"

    assert signed_off(display, PlacementType.SPONSORED_DISPLAY, BRAND_RULES["brand_x"]) == display
    assert signed_off(NATIVE, PlacementType.SPONSORED_NATIVE, None) == NATIVE


@pytest.mark.parametrize("placement", PlacementType)
@pytest.mark.parametrize("rules", BRAND_RULES.values(), ids=list(BRAND_RULES))
def test_the_template_keeps_every_rule(placement: PlacementType, rules: BrandRules) -> None:
    job = CreativeJob("a", f"{rules.brand_name} Dark Roast Original 6 pack", placement)

    assert check_copy(template_copy(job, rules), placement, rules) == ()
