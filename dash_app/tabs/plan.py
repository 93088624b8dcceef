"""Plan: the brief to run, how far a run is, and the plan that came of it."""

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dash_app import ids
from dash_app.brief_form import READ_FROM_TEXT, FormValues
from dash_app.components import author, card, composition, grid, not_reached, other_mode, table
from dash_app.federation_graph import AGENTS
from dash_app.formatting import count, day, money, placement, seconds, words
from dash_app.run_view import RunView
from dash_app.runner import Progress
from dash_app.state import Tab
from dash_app.theme import Scheme
from schemas.plan import Plan
from schemas.run import StepRecord
from schemas.tasks import Objective, Pacing, PlacementType, Task


def layout(form: FormValues, brands: Sequence[str], retailers: Sequence[str], currency: str) -> list[Any]:
    return [
        grid(
            card("Campaign brief", _form(form, brands, retailers, currency), span=5),
            dmc.GridCol(
                [html.Div(id=ids.PLAN_PROGRESS), html.Div(id=ids.content(Tab.PLAN))], span={"base": 12, "md": 7}
            ),
        )
    ]


def _form(form: FormValues, brands: Sequence[str], retailers: Sequence[str], currency: str) -> dmc.Stack:
    def options(values: Sequence[str]) -> list[dict[str, str]]:
        return [{"value": value, "label": words(value)} for value in values]

    def choices(values: Sequence[str]) -> list[dict[str, str]]:
        return [{"value": READ_FROM_TEXT, "label": "Read it from the text"}, *options(values)]

    def pair(*inputs: Any) -> dmc.SimpleGrid:
        return dmc.SimpleGrid(list(inputs), cols=2, spacing="sm")

    return dmc.Stack(
        [
            pair(
                dmc.TextInput(id=ids.BRIEF_NAME, label="Name", value=form.name),
                dmc.Select(
                    id=ids.BRIEF_BRAND, label="Brand", data=options(brands), value=form.brand_id, allowDeselect=False
                ),
            ),
            dmc.Textarea(
                id=ids.BRIEF_TEXT,
                label="What the campaign should do",
                value=form.text,
                autosize=True,
                minRows=3,
                maxRows=7,
            ),
            pair(
                dmc.NumberInput(
                    id=ids.BRIEF_BUDGET,
                    label=f"Budget, {currency}",
                    value=form.budget,
                    thousandSeparator=",",
                ),
                dmc.NumberInput(
                    id=ids.BRIEF_MIN_PER_RETAILER,
                    label=f"Least per retailer, {currency}",
                    value=form.min_per_retailer,
                    min=0,
                    thousandSeparator=",",
                ),
            ),
            pair(
                dmc.DatePickerInput(id=ids.BRIEF_START, label="Start", value=form.start, valueFormat="D MMM YYYY"),
                dmc.DatePickerInput(id=ids.BRIEF_END, label="End", value=form.end, valueFormat="D MMM YYYY"),
            ),
            dmc.MultiSelect(id=ids.BRIEF_RETAILERS, label="Retailers", data=options(retailers), value=form.retailers),
            dmc.MultiSelect(
                id=ids.BRIEF_PLACEMENTS, label="Placements", data=options(list(PlacementType)), value=form.placements
            ),
            pair(
                dmc.Select(
                    id=ids.BRIEF_OBJECTIVE,
                    label="Objective",
                    data=choices(list(Objective)),
                    value=form.objective,
                    allowDeselect=False,
                ),
                dmc.Select(
                    id=ids.BRIEF_PACING,
                    label="Pacing",
                    data=choices(list(Pacing)),
                    value=form.pacing,
                    allowDeselect=False,
                ),
            ),
            dmc.NumberInput(
                id=ids.BRIEF_MAX_CHANGE,
                label="Largest change per cell, % of today's spend",
                value=form.max_change_percent,
                min=0,
                max=100,
                suffix=" %",
            ),
            html.Div(id=ids.BRIEF_MESSAGE),
            dmc.Button("Run", id=ids.RUN_BUTTON, fullWidth=True),
        ],
        gap="xs",
    )


def draw(view: RunView, scheme: Scheme) -> list[Any]:
    return [
        grid(
            card(f"Plan: {view.record.brief.name}", *_plan(view)),
            card("Steps", *_steps(view), hint=_steps_hint(view)),
        )
    ]


def _plan(view: RunView) -> list[Any]:
    if view.words is None:
        return [other_mode(Tab.PLAN, view.clean_room)]
    plan = view.words.plan
    if plan is None:
        return [not_reached("plan", view.words.failure)]
    return [_facts(plan), dmc.Text(plan.rationale, size="sm", mt="sm"), author(view.step(Task.PLAN))]


def _facts(plan: Plan) -> Any:
    rows = [
        ("Objective", words(plan.objective)),
        ("Pacing", words(plan.pacing)),
        ("Lead placement", placement(plan.lead_placement)),
        ("Judged by", words(plan.kpi) if plan.kpi else "not said"),
        ("Product node", plan.product_node or "not known"),
        ("Guardrail", words(plan.guardrail) if plan.guardrail else "not known"),
        ("Budget", money(plan.budget_micros, plan.currency)),
        ("Dates", f"{day(plan.start)} to {day(plan.end)}"),
        ("Retailers", ", ".join(words(retailer) for retailer in plan.retailers)),
        ("Placements", ", ".join(placement(kind) for kind in plan.placements)),
        ("Categories", ", ".join(words(category) for category in plan.categories) or "all"),
    ]
    return table(("Choice", "Value"), rows, caption="The plan's choices")


def _steps_hint(view: RunView) -> str:
    run = view.words or view.record
    mode = "clean-room" if run.clean_room else "full"
    return f"Run {run.run_id}, {mode} mode, {seconds(run.seconds)} in all."


def _steps(view: RunView) -> list[Any]:
    run = view.words or view.record
    failure = [not_reached("further steps", run.failure)] if run.failure else []
    return [*failure, _step_table([step_row(step) for step in run.steps], caption="Steps of the run")]


def _step_table(rows: Sequence[tuple[Any, ...]], caption: str) -> Any:
    return table(("Step", "State", "Answered by", "Tokens", "Time"), rows, caption=caption, numeric=(3, 4))


def step_row(step: StepRecord) -> tuple[Any, ...]:
    return (
        html.Span(AGENTS[step.task], className="nowrap"),
        dmc.Badge("done", color="green", variant="light"),
        answered_by(step),
        count(step.tokens.completion),
        seconds(step.seconds),
    )


def answered_by(step: StepRecord) -> Any:
    if step.fallback:
        return dmc.Stack(
            [
                dmc.Badge("template", color="orange", variant="light"),
                dmc.Text(step.fallback, size="xs", className="hint"),
            ],
            gap=2,
        )
    return composition(step.answered_by or step.composition)


def draw_progress(progress: Progress | None) -> list[Any]:
    """The run that goes on, step by step; or why the last one left no record. Else nothing."""
    if progress is None:
        return []
    if not progress.is_running:
        if progress.error and progress.run_id is None:
            return [dmc.Alert(progress.error, title="The run could not start", color="red", variant="light", mb="md")]
        return []
    mode = "clean-room" if progress.job.clean_room else "full"
    body = [dmc.Text(progress.note)] if progress.note else []
    return [
        grid(
            card(
                f"Running: {progress.job.brief.name}",
                *body,
                _step_table([_progress_row(task, progress) for task in Task], caption="Progress of the run"),
                hint=f"In {mode} mode, {seconds(progress.seconds)} so far.",
            )
        ),
        html.Div(style={"height": 16}),
    ]


def _progress_row(task: Task, progress: Progress) -> tuple[Any, ...]:
    done = next((step for step in progress.done if step.task is task), None)
    if done is not None:
        return step_row(done)
    if task is progress.task:
        return (
            AGENTS[task],
            dmc.Badge("running", color="indigo", variant="filled"),
            "",
            "",
            seconds(progress.task_seconds),
        )
    return (AGENTS[task], dmc.Badge("waiting", color="gray", variant="light"), "", "", "")
