"""Figures are functions of a record."""

import pytest

from dash_app.figures import accuracy_figure, allocation_figure, credit_figure, curves_figure, lift_figure
from dash_app.figures.curves import value_at
from dash_app.tabs.measure import coverage, credit_bars, median_error
from dash_app.theme import Scheme
from schemas.tasks import Arm
from tests.dash_app.records import make_arm, make_lift, make_record

FULL, CLEAN_ROOM = make_arm(Arm.FULL), make_arm(Arm.CLEAN_ROOM)


def test_the_bars_add_up_to_the_spend_of_the_lines() -> None:
    figure = allocation_figure(FULL.lines, "USD", "light")

    today, planned = (sum(trace.y) for trace in figure.data)
    assert today == sum(line.current_spend_micros for line in FULL.lines) / 1e6
    assert planned == sum(line.planned_spend_micros for line in FULL.lines) / 1e6
    assert len(figure.data[0].y) == 6


def test_the_two_arms_have_different_bars() -> None:
    full, clean_room = (allocation_figure(arm.lines, "USD", "light") for arm in (FULL, CLEAN_ROOM))

    assert list(full.data[1].y) != list(clean_room.data[1].y)


def test_the_dots_lie_on_their_curve_at_todays_and_the_planned_spend() -> None:
    curve = FULL.curves[0]
    figure = curves_figure([curve], "USD", "light")

    dots = {trace.name: (trace.x[0], trace.y[0]) for trace in figure.data if trace.mode == "markers"}
    assert dots == {
        "Today": (curve.current_spend, value_at(curve, curve.current_spend)),
        "Planned": (curve.planned_spend, value_at(curve, curve.planned_spend)),
    }


def test_a_spend_outside_the_curve_reads_its_end() -> None:
    curve = FULL.curves[0]

    assert value_at(curve, -5) == curve.points[0].value
    assert value_at(curve, 1e9) == curve.points[-1].value


def test_a_withheld_cell_is_drawn_apart_from_the_observed_ones() -> None:
    figure = accuracy_figure(CLEAN_ROOM.cells, "light")

    sizes = {trace.name: len(trace.x) for trace in figure.data}
    assert sizes["Withheld: pool mean"] == 6
    assert sizes["Cell observed"] == 6


def test_the_line_of_perfect_prediction_has_a_slope_of_one() -> None:
    line = accuracy_figure(FULL.cells, "light").data[0]

    assert list(line.x) == list(line.y)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_figure_takes_the_scheme_and_leaves_the_ground_to_its_card(scheme: Scheme) -> None:
    drawn = [
        allocation_figure(FULL.lines, "USD", scheme),
        curves_figure(FULL.curves, "USD", scheme),
        accuracy_figure(FULL.cells, scheme),
        credit_figure(credit_bars(make_record(), FULL), scheme),
        lift_figure(make_lift(), scheme),
    ]

    for figure in drawn:
        assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)"
        assert figure.layout.font.color == ("#212529" if scheme == "light" else "#e9ecef")


def test_figures_without_data_are_empty_and_no_error() -> None:
    assert len(allocation_figure([], "USD", "light").data) == 2
    assert len(curves_figure([], "USD", "light").data) == 0
    assert len(accuracy_figure([], "light").data) == 1


def test_coverage_counts_the_cells_whose_truth_lies_in_the_interval() -> None:
    inside = FULL.cells[0]
    outside = inside.model_copy(update={"actual": inside.high + 1})

    assert coverage([inside, outside]) == 0.5
    assert coverage([]) is None


def test_the_median_error_is_the_middle_distance() -> None:
    cell = FULL.cells[0].model_copy(update={"predicted": 2.0})
    cells = [cell.model_copy(update={"actual": actual}) for actual in (2.0, 1.5, 4.0)]

    assert median_error(cells) == 0.5


def test_the_credit_of_the_reports_is_attributed_revenue_per_spend() -> None:
    bars = dict(credit_bars(make_record(), FULL))

    assert bars["Credited by the reports"] == 4.5
    assert bars["Caused by today's mix"] == 1.8
    assert bars["Caused by the plan"] == 2.5
