"""Both arms are judged in the same world, by definitions that a hand can check."""

import pytest

from orchestrator.evidence import compare_results, optimize_with_clean_room, optimize_with_full_data
from orchestrator.evidence.metrics import iroas_accuracy, skus_actionable, skus_moved
from orchestrator.evidence.rows import MEASURES, comparison_rows
from schemas.plan import PlanLine
from schemas.run import ArmMetrics, CellAccuracy, Comparison
from schemas.tasks import Arm, PlacementType
from tests.orchestrator.evidence.worlds import BRAND, brief, clean_room_observation, full_observation, plan, world


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    asked = brief()
    market = world()
    full = optimize_with_full_data(asked, plan(asked), full_observation(market))
    clean_room = optimize_with_clean_room(asked, plan(asked), clean_room_observation(market))
    return compare_results(asked, full, clean_room, market)


def cell(spend: int, predicted: float, actual: float, sku_id: str = "s", withheld: bool = False) -> CellAccuracy:
    return CellAccuracy(
        retailer_id="r",
        sku_id=sku_id,
        placement_type="sponsored_search",
        spend_micros=spend,
        predicted=predicted,
        low=0,
        high=1,
        actual=actual,
        withheld=withheld,
    )


def line(sku_id: str, current: int, planned: int) -> PlanLine:
    return PlanLine(
        retailer_id="r",
        sku_id=sku_id,
        placement_type=PlacementType.SPONSORED_SEARCH,
        current_spend_micros=current,
        planned_spend_micros=planned,
        predicted_value_micros=0,
    )


def test_accuracy_is_weighed_by_spend_and_an_error_costs_at_most_its_cell() -> None:
    right, half_off, far_off = cell(6, 2, 2), cell(3, 3, 2), cell(1, 50, 2)

    assert iroas_accuracy([right, half_off, far_off]) == pytest.approx(1 - (0.3 * 0.5 + 0.1 * 1))
    assert iroas_accuracy([cell(1, 0.05, 0.0)]) == pytest.approx(1 - 0.05 / 0.25), "tiny returns are judged at 0.25"
    assert iroas_accuracy([]) == 0


def test_skus_are_counted_once() -> None:
    cells = [cell(1, 1, 1, "s"), cell(1, 1, 1, "s", withheld=True), cell(1, 1, 1, "t", withheld=True)]

    assert skus_actionable(cells) == 1
    assert skus_moved([line("s", 100, 105), line("s", 100, 104), line("t", 100, 120), line("u", 0, 0)]) == 1


def metrics(**changed: float) -> ArmMetrics:
    same = dict.fromkeys(ArmMetrics.model_fields, 1)
    return ArmMetrics.model_validate(same | changed)


def test_a_row_says_which_arm_a_difference_favours_and_ties_favour_none() -> None:
    full = metrics(iroas_accuracy=0.5, wasted_spend_micros=300, predicted_iroas=9)

    rows = {row.metric: row for row in comparison_rows(full, metrics(iroas_accuracy=0.4, wasted_spend_micros=200))}

    assert rows["iroas_accuracy"].better is Arm.FULL
    assert rows["iroas_accuracy"].relative_difference == pytest.approx(0.25)
    assert rows["wasted_spend"].better is Arm.CLEAN_ROOM, "less waste is better, whoever wastes less"
    assert rows["predicted_iroas"].better is None, "a prediction is not an achievement"
    assert rows["realised_iroas"].better is None
    assert comparison_rows(full, metrics(skus_actionable=0))[0].metric == MEASURES[0].metric


def test_every_part_of_the_comparison_is_filled(comparison: Comparison) -> None:
    wanted = {
        "iroas_accuracy",
        "predicted_iroas",
        "realised_iroas",
        "skus_actionable",
        "realised_incremental_margin",
        "stockout_sku_days_avoided",
        "wasted_spend",
    }
    assert wanted <= {row.metric for row in comparison.rows}
    for result, arm in ((comparison.full, Arm.FULL), (comparison.clean_room, Arm.CLEAN_ROOM)):
        assert result.arm is arm
        assert result.lines and result.cells and result.curves and result.binding
        assert 0 <= result.metrics.iroas_accuracy <= 1
        assert result.metrics.planned_spend_micros == sum(line.planned_spend_micros for line in result.lines)
    assert comparison.status_quo.stockout_sku_days_avoided == 0
    assert comparison.status_quo.skus_moved == 0


def test_a_plan_is_realised_by_the_market_and_not_by_its_own_prediction(comparison: Comparison) -> None:
    """Judged by an oracle of its own: the same spend handed to the market here."""
    import pandas as pd

    asked = brief()
    for result in (comparison.full, comparison.clean_room):
        spend = pd.DataFrame(
            [
                {
                    "retailer_id": line.retailer_id,
                    "sku_id": line.sku_id,
                    "placement_type": line.placement_type.value,
                    "spend_micros": line.planned_spend_micros,
                }
                for line in result.lines
            ]
        )
        realised = world().realise(spend, BRAND, asked.start, asked.end)

        assert result.metrics.realised_incremental_margin_micros == realised.incremental_margin_micros
        assert result.metrics.realised_iroas == pytest.approx(
            realised.incremental_revenue_micros / realised.spend_micros
        )
        assert result.metrics.wasted_spend_micros == realised.wasted_spend_micros


def test_the_actual_return_of_a_cell_is_the_ledgers(comparison: Comparison) -> None:
    ledger = world().truth().set_index(["brand_id", "retailer_id", "sku_id", "placement_type"])

    for found in comparison.full.cells[:20]:
        truth = ledger.loc[(BRAND, found.retailer_id, found.sku_id, found.placement_type)]
        assert found.actual == pytest.approx(truth["incremental_revenue_micros"] / truth["spend_micros"])


def test_both_arms_are_scored_on_the_same_cells(comparison: Comparison) -> None:
    full, clean_room = (
        [(cell.retailer_id, cell.sku_id, cell.placement_type, cell.spend_micros, cell.actual) for cell in result.cells]
        for result in (comparison.full, comparison.clean_room)
    )

    assert full == clean_room
