"""Measure: how good the predictions were, what advertising caused, and why reports credit it with more."""

from collections.abc import Sequence
from statistics import median
from typing import Any

import dash_mantine_components as dmc

from dash_app.components import author, card, figure, grid, kpi, kpi_row, not_reached, notice, other_mode, table
from dash_app.figures import accuracy_figure, credit_figure, lift_figure
from dash_app.formatting import ABSENT, ARM_NAMES, count, interval, ratio, relative, share, words
from dash_app.run_view import RunView
from dash_app.state import Tab
from dash_app.theme import Scheme
from schemas.lift import LiftEstimate
from schemas.run import ArmResult, CellAccuracy, RunRecord
from schemas.tasks import Task

_SCATTER_HINT = (
    "One mark is one SKU in one placement at one retailer, with its 95% interval; "
    "the truth is the simulated market's own ledger."
)


def draw(view: RunView, scheme: Scheme) -> list[Any]:
    comparison, result = view.record.comparison, view.result
    if comparison is None or result is None:
        return [not_reached("measurement", view.record.failure)]
    return [
        _kpis(result),
        grid(
            card(
                "Predicted and actual incremental ROAS",
                figure(accuracy_figure(result.cells, scheme), "Predicted against actual incremental ROAS per cell"),
                hint=f"{ARM_NAMES[view.arm]}. {_SCATTER_HINT}",
                span=7,
            ),
            card("Lift of the last experiment", *_lift(result.lift, result.lift_unavailable, scheme), span=5),
            card("Attribution and incrementality", *_credit(view.record, result, scheme)),
            card("In words", *_words(view)),
        ),
    ]


def coverage(cells: Sequence[CellAccuracy]) -> float | None:
    """The share of cells whose actual value lies in the predicted interval; null without cells."""
    return sum(cell.low <= cell.actual <= cell.high for cell in cells) / len(cells) if cells else None


def median_error(cells: Sequence[CellAccuracy]) -> float | None:
    """The median distance of prediction and truth, in ROAS points; null without cells."""
    return median(abs(cell.predicted - cell.actual) for cell in cells) if cells else None


def _kpis(result: ArmResult) -> dmc.SimpleGrid:
    covered, error = coverage(result.cells), median_error(result.cells)
    withheld = sum(cell.withheld for cell in result.cells)
    return kpi_row(
        kpi(
            "iROAS accuracy",
            share(result.metrics.iroas_accuracy),
            "one less the relative error per cell, weighted by spend",
        ),
        kpi("Predicted iROAS", ratio(result.metrics.predicted_iroas), "of the plan, before it ran"),
        kpi("Realised iROAS", ratio(result.metrics.realised_iroas), "of the plan, in the simulated market"),
        kpi("Median error", ABSENT if error is None else ratio(error), "per cell, up or down"),
        kpi(
            "Interval coverage",
            ABSENT if covered is None else share(covered),
            f"95% promised; {count(withheld)} cells withheld",
        ),
    )


def _lift(lift: LiftEstimate | None, unavailable: str | None, scheme: Scheme) -> list[Any]:
    if lift is None:
        return [
            notice(
                unavailable or "this arm has no untreated comparison",
                title="No lift estimate in this arm",
                colour="yellow",
            )
        ]
    low, high = lift.lift_relative.ci95
    facts = [
        dmc.Text(relative(lift.lift_relative.estimate), size="xl", fw=700, className="figures"),
        dmc.Text(
            f"95% interval {relative(low)} to {relative(high)}; {_p_value(lift.p_value)}",
            size="sm",
            className="figures",
        ),
        figure(
            lift_figure(lift, scheme),
            f"Lift {relative(lift.lift_relative.estimate)}, {relative(low)} to {relative(high)}",
        ),
    ]
    if lift.iroas is not None:
        roas = f"Incremental ROAS {ratio(lift.iroas.estimate)} ({interval(*lift.iroas.ci95, 'ratio')})"
        facts.append(dmc.Text(roas, size="sm", className="figures"))
    return [
        *facts,
        dmc.Text(f"{words(lift.method)}; {lift.estimand}", size="sm", className="hint", my="xs"),
        dmc.Text(lift.reading, size="sm", mb="xs"),
        table(
            ("Check", "Result"),
            [(words(name), _check(value)) for name, value in lift.checks.items()],
            caption="Checks",
            scroll_height=170,
        ),
    ]


def _p_value(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def _check(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "passes" if value else "fails"
    return value if isinstance(value, str) else f"{value:,.3g}"


def credit_bars(record: RunRecord, result: ArmResult) -> list[tuple[str, float]]:
    """(label, return per unit of spend): what reports credit, what that spend caused, what the plan brings."""
    assert record.comparison is not None
    bars = [
        ("Caused by today's mix", record.comparison.status_quo.realised_iroas),
        ("Caused by the plan", result.metrics.realised_iroas),
    ]
    data = record.data
    if data is not None and data.spend_micros > 0:
        bars.insert(0, ("Credited by the reports", data.attributed_revenue_micros / data.spend_micros))
    return bars


def _credit(record: RunRecord, result: ArmResult, scheme: Scheme) -> list[Any]:
    assert record.comparison is not None
    bars = credit_bars(record, result)
    caused = record.comparison.status_quo.realised_iroas
    credited = bars[0][1]
    in_numbers = (
        f" Here they credit {ratio(credited)} per unit of spend, and {ratio(caused)} is caused: "
        f"{share(caused / credited)} of the credit."
        if len(bars) == 3 and credited > 0
        else ""
    )
    return [
        figure(credit_figure(bars, scheme), ", ".join(f"{label} {ratio(value)}" for label, value in bars)),
        dmc.Text(
            "Reports credit every purchase that follows an ad, also of shoppers who would have bought anyway. "
            "Incremental ROAS counts only what would not have been sold without the ad." + in_numbers,
            className="figures",
        ),
    ]


def _words(view: RunView) -> list[Any]:
    step = view.step(Task.MEASURE)
    if step is None:
        return [other_mode(Tab.MEASURE, view.clean_room)]
    return [
        dmc.Text(str(step.result.get("words", ""))),
        dmc.Text(str(step.result.get("figures", "")), className="figures", mt=4),
        author(step),
    ]
