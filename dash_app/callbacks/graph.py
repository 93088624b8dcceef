"""The federation graph: follows the running task, and says the same in words."""

from typing import Any

from dash import Dash, Input, Output, ctx, no_update

from dash_app import ids, theme
from dash_app.context import AppContext
from dash_app.federation_graph import active_chain, build_federation_graph, federation_nodes
from dash_app.formatting import words
from dash_app.state import Tab, from_store
from dash_app.tabs.ops import draw_detail, draw_node_list
from schemas.tasks import Task


def register(app: Dash, context: AppContext) -> None:
    @app.callback(
        Output(ids.GRAPH, "elements"),
        Output(ids.GRAPH, "stylesheet"),
        Output(ids.NODE_LIST, "children"),
        Output(ids.GRAPH_CAPTION, "children"),
        Output(ids.GRAPH_FRAME, "aria-label"),
        Output(ids.GRAPH_TASK, "value"),
        Input(ids.VIEW, "data"),
        Input(ids.LIVE, "data"),
        Input(ids.GRAPH_TASK, "value"),
        Input(ids.SCHEME_SHOWN, "data"),
        prevent_initial_call=True,
    )
    def draw(stored: dict[str, Any], live: dict[str, Any] | None, chosen: str, scheme: str | None) -> tuple[Any, ...]:
        state = from_store(stored)
        if state.tab is not Tab.OPS:
            return (no_update,) * 6
        view = context.library.view(state)
        brief = view.record.brief if view else context.sample
        task, clean_room, brand_id = Task(chosen), state.clean_room, brief.brand_id
        if live:
            task, clean_room, brand_id = Task(live["task"]), live["clean_room"], live["brand_id"]
        cards = context.services.federation.cards()
        nodes = federation_nodes(cards, task, clean_room, brand_id)
        mode = "clean-room" if clean_room else "full"
        caption = f"{'Following the run' if live else 'Shown'}: {words(task)} in {mode} mode"
        return (
            build_federation_graph(cards, task, clean_room, brand_id),
            theme.graph_stylesheet(theme.scheme_of(scheme)),
            draw_node_list(nodes),
            caption,
            f"Federation graph. {caption}. Active: {active_chain(nodes)}. The list beside it says the same.",
            no_update if task.value == chosen else task.value,
        )

    @app.callback(
        Output(ids.NODE_DETAIL, "children"),
        Input(ids.GRAPH, "mouseoverNodeData"),
        Input(ids.GRAPH, "tapNodeData"),
        Input(ids.NODE_FOCUS, "data"),
        Input(ids.VIEW, "data"),
    )
    def tell(
        hovered: dict[str, Any] | None,
        tapped: dict[str, Any] | None,
        focused: str | None,
        stored: dict[str, Any] | None,
    ) -> list[Any]:
        """Whichever of pointer and keyboard moved last."""
        view = context.library.view(from_store(stored)) if stored else None
        run = (view.words or view.record) if view else None
        by_input = {"mouseoverNodeData": hovered, "tapNodeData": tapped}
        prop = ctx.triggered[0]["prop_id"].rpartition(".")[2] if ctx.triggered else ""
        node_id = focused if ctx.triggered_id == ids.NODE_FOCUS else (by_input.get(prop) or {}).get("id")
        return draw_detail(node_id, context.services.federation.catalogue(), run)
