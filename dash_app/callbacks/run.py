"""Starting runs and watching them."""

import asyncio
import secrets
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, no_update

from dash_app import ids
from dash_app.brief_form import FormValues, brief_of
from dash_app.components import notice
from dash_app.context import AppContext
from dash_app.runner import Job, RunInProgress
from dash_app.shell import draw_server, draw_strip
from dash_app.state import from_store
from dash_app.tabs.plan import draw_progress
from schemas.errors import InputInvalid

FORM_FIELDS = (
    ids.BRIEF_NAME,
    ids.BRIEF_BRAND,
    ids.BRIEF_BUDGET,
    ids.BRIEF_START,
    ids.BRIEF_END,
    ids.BRIEF_RETAILERS,
    ids.BRIEF_PLACEMENTS,
    ids.BRIEF_OBJECTIVE,
    ids.BRIEF_PACING,
    ids.BRIEF_MAX_CHANGE,
    ids.BRIEF_MIN_PER_RETAILER,
    ids.BRIEF_TEXT,
)
"""In the order of FormValues' fields."""


def register(app: Dash, context: AppContext) -> None:
    @app.callback(
        Output(ids.BRIEF_MESSAGE, "children"),
        Output(ids.NOTIFICATIONS, "sendNotifications"),
        Output(ids.FAST_TICK, "disabled", allow_duplicate=True),
        Input(ids.RUN_BUTTON, "n_clicks"),
        Input(ids.run_sample(ALL), "n_clicks"),
        Input(ids.run_again(ALL), "n_clicks"),
        State(ids.CLEAN_ROOM, "checked"),
        State(ids.VIEW, "data"),
        *(State(field, "value") for field in FORM_FIELDS),
        prevent_initial_call=True,
    )
    def launch(
        _run: int | None,
        _sample: list[int | None],
        _again: list[int | None],
        clean_room: bool,
        stored: dict[str, Any],
        *form: Any,
    ) -> tuple[Any, ...]:
        if not ctx.triggered or not ctx.triggered[0]["value"]:  # a button that has just appeared
            return no_update, no_update, no_update
        try:
            if ctx.triggered_id == ids.RUN_BUTTON:
                brief = brief_of(FormValues(*form), context.sample)
            elif ctx.triggered_id["type"] == "run-sample":
                brief = context.sample
            else:
                view = context.library.view(from_store(stored))
                brief = view.record.brief if view else context.sample
            context.runner.start([Job(brief, bool(clean_room))])
        except InputInvalid as error:
            return notice(str(error), title="The brief needs a correction", colour="red"), no_update, no_update
        except RunInProgress as error:
            return None, _toast("One run at a time", str(error), "yellow"), False
        mode = "clean-room" if clean_room else "full"
        return None, _toast("Run started", f"{brief.name}, in {mode} mode.", "indigo"), False

    @app.callback(
        Output(ids.RUN_STRIP, "children"),
        Output(ids.PLAN_PROGRESS, "children"),
        Output(ids.LIVE, "data"),
        Output(ids.FINISHED, "data"),
        Output(ids.FAST_TICK, "disabled"),
        Input(ids.FAST_TICK, "n_intervals"),
        Input(ids.FAST_TICK, "disabled"),
        Input(ids.SLOW_TICK, "n_intervals"),
        State(ids.LIVE, "data"),
        State(ids.FINISHED, "data"),
    )
    def watch(
        _fast: int | None, disabled: bool, _slow: int | None, live: dict[str, Any] | None, finished: str | None
    ) -> tuple[Any, ...]:
        runner = context.runner
        progress = runner.progress
        now = None
        if progress and progress.is_running and progress.task:
            job = progress.job
            now = {"task": progress.task.value, "clean_room": job.clean_room, "brand_id": job.brief.brand_id}
        is_idle = not runner.is_busy
        return (
            draw_strip(progress),
            draw_progress(progress),
            no_update if now == live else now,
            no_update if runner.last_run_id in {None, finished} else runner.last_run_id,
            no_update if is_idle == disabled else is_idle,
        )

    @app.callback(Output(ids.SERVER_STATUS, "children"), Input(ids.SLOW_TICK, "n_intervals"))
    async def ask_server(_slow: int | None) -> Any:
        return draw_server(await asyncio.to_thread(context.monitor.ask))


def _toast(title: str, message: str, colour: str) -> list[dict[str, Any]]:
    # A notification whose id was used before does not show again.
    return [{"action": "show", "id": secrets.token_hex(4), "title": title, "message": message, "color": colour}]
