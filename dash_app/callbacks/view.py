"""From the controls and the URL to one view, and from the view to the visible tab."""

import asyncio
from dataclasses import replace
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, no_update

from dash_app import ids
from dash_app.components import empty, notice
from dash_app.context import AppContext
from dash_app.formatting import words
from dash_app.run_view import RunView
from dash_app.shell import run_options
from dash_app.state import Tab, ViewState, from_store, query_of, state_of, to_store
from dash_app.tabs import creative, data, measure, ops, optimize, plan
from dash_app.theme import Scheme, scheme_of

DRAW = {
    Tab.DATA: data.draw,
    Tab.PLAN: plan.draw,
    Tab.OPTIMIZE: optimize.draw,
    Tab.MEASURE: measure.draw,
    Tab.CREATIVE: creative.draw,
}


def register(app: Dash, context: AppContext) -> None:
    @app.callback(
        Output(ids.URL, "search"),
        Output(ids.TABS, "value"),
        Output(ids.CLEAN_ROOM, "checked"),
        Output(ids.RUN_SELECT, "value"),
        Output(ids.RUN_SELECT, "data"),
        Output(ids.VIEW, "data"),
        Input(ids.URL, "search"),
        Input(ids.TABS, "value"),
        Input(ids.CLEAN_ROOM, "checked"),
        Input(ids.RUN_SELECT, "value"),
        Input(ids.FINISHED, "data"),
        State(ids.VIEW, "data"),
    )
    async def settle(
        search: str, tab: str, clean_room: bool, run_id: str | None, finished: str | None, stored: dict[str, Any] | None
    ) -> tuple[Any, ...]:
        """The URL leads when the page opens or on back and forward, the controls afterwards."""
        asked = ViewState(Tab(tab), bool(clean_room), run_id)
        options: Any = no_update
        if stored is None or ctx.triggered_id == ids.URL:
            asked = state_of(search)
        elif ctx.triggered_id == ids.FINISHED:
            await asyncio.to_thread(context.library.refresh)
            asked = replace(asked, run_id=finished)
            options = run_options(context.library.summaries)
        shown = context.library.settled(asked)
        return (
            _unless_equal(query_of(shown), search),
            _unless_equal(shown.tab.value, tab),
            _unless_equal(shown.clean_room, clean_room),
            _unless_equal(shown.run_id, run_id),
            options,
            _unless_equal(to_store(shown), stored),
        )

    # The toggle's own `computedColorScheme` is wrong until the first click where the system asks for dark.
    app.clientside_callback(  # type: ignore[no-untyped-call]  # Dash leaves it untyped
        ClientsideFunction("colour_scheme", "shown"), Output(ids.SCHEME_SHOWN, "data"), Input(ids.SCHEME, "id")
    )

    @app.callback(
        *(Output(ids.content(tab), "children") for tab in Tab),
        Output(ids.CLEAN_ROOM_BADGE, "display"),
        Output(ids.HEADER_SOURCE, "children"),
        Input(ids.VIEW, "data"),
        Input(ids.SCHEME_SHOWN, "data"),
        prevent_initial_call=True,
    )
    def show(stored: dict[str, Any], scheme: str | None) -> tuple[Any, ...]:
        """Draws the visible tab and empties the others, so that no tab ever opens on another view's numbers."""
        state = from_store(stored)
        view = context.library.view(state)
        children = [draw_tab(context, state, view, scheme_of(scheme)) if tab is state.tab else [] for tab in Tab]
        return (*children, "inline-flex" if state.clean_room else "none", source(view, context))


def draw_tab(context: AppContext, state: ViewState, view: RunView | None, scheme: Scheme) -> list[Any]:
    if state.tab is Tab.OPS:
        catalogue = context.services.federation.catalogue()
        return [*_lost(state), *ops.draw(view, catalogue, context.monitor.latest, scheme)]
    if view is None:
        return [*_lost(state), empty(state.tab)]
    return [*_lost(state), *DRAW[state.tab](view, scheme)]


def source(view: RunView | None, context: AppContext) -> str:
    brief = view.record.brief if view else context.sample
    return f"Simulated market · {words(brief.brand_id)}"


def _lost(state: ViewState) -> list[Any]:
    if state.lost_run_id is None:
        return []
    shown = "the newest run is shown instead" if state.run_id else "there is no run yet"
    return [notice(f"Run {state.lost_run_id!r} is not stored here; {shown}.", title="Run not found", colour="yellow")]


def _unless_equal(value: Any, current: Any) -> Any:
    return no_update if value == current else value
