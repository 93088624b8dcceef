import pandas as pd

from orchestrator.tools.creative_generator import creative_jobs
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
