"""Optimize: where the money moves, what the curves say, what binds, and what the private layer was worth."""

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dash_app.components import author, card, change, figure, grid, kpi, kpi_row, lines, not_reached, other_mode, table
from dash_app.figures import allocation_figure, curves_figure
from dash_app.formatting import ARM_NAMES, amount, by_unit, count, difference, gap, money, ratio, relative, seconds
from dash_app.run_view import RunView
from dash_app.state import Tab
from dash_app.theme import Scheme
from schemas.run import ArmMetrics, ArmResult, Comparison, ComparisonRow
from schemas.tasks import Arm, Task


def draw(view: RunView, scheme: Scheme) -> list[Any]:
    comparison, result = view.record.comparison, view.result
    if comparison is None or result is None:
        return [not_reached("plan of spend", view.record.failure)]
    return [
        _kpis(result.metrics, comparison.status_quo, view.currency),
        grid(
            card(
                "Spend before and after",
                figure(allocation_figure(result.lines, view.currency, scheme), "Spend today and planned per group"),
                hint=f"{ARM_NAMES[view.arm]} plan, summed over SKUs.",
                span=8,
            ),
            card("What holds the plan", *_constraints(result, view), span=4),
            card(
                "What the private layer was worth",
                _comparison_table(comparison, view),
                hint=f"{_COMPARISON_HINT} {comparison.basis}",
            ),
            card(
                "Response curves",
                figure(
                    curves_figure(result.curves, view.currency, scheme),
                    "Response curves with today's and planned spend",
                ),
                hint=_CURVES_HINT[view.arm],
            ),
            card("In words", *_words(view)),
        ),
    ]


_COMPARISON_HINT = "Both arms: same budget, constraints, solver and draws; only what they may see differs."

_CURVES_HINT = {
    Arm.FULL: "Incremental return as this arm estimates it. The slope at the diamond is what the next unit brings.",
    Arm.CLEAN_ROOM: "Return as this arm sees it: released sums of attributed revenue, pooled where cells are withheld.",
}


def _kpis(plan: ArmMetrics, today: ArmMetrics, currency: str) -> dmc.SimpleGrid:
    def money_change(value: int, base: int, **sense: bool) -> html.Span:
        return change(value, base, difference(value - base, "money", currency), **sense)

    return kpi_row(
        kpi(
            "Incremental margin, before spend",
            money(plan.realised_incremental_margin_micros, currency),
            money_change(plan.realised_incremental_margin_micros, today.realised_incremental_margin_micros),
        ),
        kpi(
            "Realised iROAS",
            ratio(plan.realised_iroas),
            change(
                plan.realised_iroas,
                today.realised_iroas,
                difference(plan.realised_iroas - today.realised_iroas, "ratio"),
            ),
        ),
        kpi(
            "Spend on stocked-out SKUs",
            money(plan.wasted_spend_micros, currency),
            money_change(plan.wasted_spend_micros, today.wasted_spend_micros, less_is_better=True),
        ),
        kpi(
            "Stock-out SKU days",
            count(plan.stockout_sku_days),
            change(
                plan.stockout_sku_days,
                today.stockout_sku_days,
                difference(plan.stockout_sku_days - today.stockout_sku_days, "count"),
                less_is_better=True,
            ),
        ),
        kpi("SKUs moved", count(plan.skus_moved), f"{count(plan.skus_actionable)} actionable"),
        kpi("Planned spend", money(plan.planned_spend_micros, currency), "changes: against today's mix"),
    )


def _constraints(result: ArmResult, view: RunView) -> list[Any]:
    certificate = result.certificate
    binding = list(result.binding) or ["nothing but diminishing returns"]
    prices = sorted(
        ((name, price) for name, price in result.shadow_prices.items() if price), key=lambda item: -abs(item[1])
    )
    return [
        dmc.Text(f"Binding constraints ({count(len(result.binding))})", fw=600),
        lines(binding, "Binding constraints"),
        dmc.Text("Shadow prices", fw=600),
        dmc.Text(
            f"What one more unit of a limit would bring: {view.currency} 1 of spend, or one product for a stock limit. "
            "Limits that bring nothing are left out.",
            size="sm",
            className="hint",
        ),
        table(
            ("Limit", "Per unit"),
            [(name, amount(price, view.currency)) for name, price in prices],
            caption="Shadow prices",
            numeric=(1,),
            scroll_height=150,
        ),
        dmc.Text("Certificate", fw=600, mt="sm"),
        dmc.Text(
            f"{certificate.solver}: within {gap(certificate.gap)} of a proven bound of "
            f"{amount(certificate.bound, view.currency)}, in {seconds(certificate.seconds)}.",
            size="sm",
            className="figures",
        ),
    ]


def _comparison_table(comparison: Comparison, view: RunView) -> Any:
    shown = {
        Arm.FULL: " (shown)" if view.arm is Arm.FULL else "",
        Arm.CLEAN_ROOM: " (shown)" if view.arm is Arm.CLEAN_ROOM else "",
    }
    return table(
        (
            "Metric",
            f"Full data{shown[Arm.FULL]}",
            f"Clean room{shown[Arm.CLEAN_ROOM]}",
            "Difference",
            "Relative",
            "In words",
        ),
        [_comparison_row(row, view.currency) for row in comparison.rows],
        caption="Full data against clean room",
        numeric=(1, 2, 3, 4),
    )


def _comparison_row(row: ComparisonRow, currency: str) -> tuple[Any, ...]:
    return (
        row.label,
        by_unit(row.full, row.unit, currency),
        by_unit(row.clean_room, row.unit, currency),
        difference(row.absolute_difference, row.unit, currency),
        relative(row.relative_difference),
        _in_words(row),
    )


def _in_words(row: ComparisonRow) -> html.Span:
    match row.better:
        case None if any(digit in difference(row.absolute_difference, row.unit) for digit in "123456789"):
            return html.Span("neither better nor worse", className="tie")
        case None:
            return html.Span("no difference", className="tie")
        case Arm.FULL:
            return html.Span("▲ full data better", className="better")
        case Arm.CLEAN_ROOM:
            return html.Span("▼ clean room better", className="worse")


def _words(view: RunView) -> list[Any]:
    step = view.step(Task.OPTIMIZE)
    if step is None:
        return [other_mode(Tab.OPTIMIZE, view.clean_room)]
    return [
        dmc.Text(str(step.result.get("words", ""))),
        dmc.Text(str(step.result.get("figures", "")), className="figures", mt=4),
        author(step),
    ]
