"""Ops: which adapters answer which task, what they are, what the steps did, and whether the server is up."""

from collections.abc import Sequence
from typing import Any

import dash_cytoscape as cyto
import dash_mantine_components as dmc
from dash import dcc, html

from dash_app import ids, theme
from dash_app.adapter_cards import adapter_facts, draw_adapters
from dash_app.components import LIVE_REGION, aria, card, composition, grid, table
from dash_app.federation_graph import AGENTS, BASE, Node
from dash_app.formatting import count, digest, seconds, words
from dash_app.run_view import RunView
from dash_app.state import Tab
from dash_app.tabs.plan import answered_by
from dash_app.theme import Scheme
from orchestrator.federation import Catalogue, ServerStatus
from schemas.run import RunRecord, StepRecord
from schemas.tasks import Task


def layout() -> list[Any]:
    return [
        grid(
            card(
                "Federation",
                dmc.Group(
                    [
                        dmc.SegmentedControl(
                            id=ids.GRAPH_TASK,
                            data=[{"value": task.value, "label": words(task)} for task in Task],
                            value=Task.PLAN.value,
                            size="xs",
                            **aria("Task whose composition is shown"),
                        ),
                        dmc.Text(id=ids.GRAPH_CAPTION, size="sm", className="hint"),
                    ],
                    justify="space-between",
                    mb="xs",
                ),
                html.Div(_canvas(), id=ids.GRAPH_FRAME, role="img"),
                span=9,
            ),
            card(
                "Nodes",
                html.Div(id=ids.NODE_LIST),
                html.Div(id=ids.NODE_DETAIL, className="node-detail", role="status", **LIVE_REGION),
                dcc.Store(id=ids.NODE_FOCUS),
                span=3,
            ),
        ),
        html.Div(id=ids.content(Tab.OPS), style={"marginTop": 16}),
    ]


def _canvas() -> cyto.Cytoscape:
    return cyto.Cytoscape(
        id=ids.GRAPH,
        elements=[],
        layout={"name": "preset", "fit": True, "padding": 12},
        stylesheet=theme.graph_stylesheet("light"),
        style={"width": "100%", "height": 400},
        autoungrabify=True,
        userZoomingEnabled=False,
        userPanningEnabled=False,
        boxSelectionEnabled=False,
        responsive=True,
    )


def draw_node_list(nodes: Sequence[Node]) -> html.Ul:
    """The graph in words: every node with its state, as buttons that the keyboard reaches."""
    return html.Ul(
        [
            html.Li(
                html.Button(
                    [
                        html.Span(node.label),
                        html.Span(node.state, className=f"state state-{node.state.replace(' ', '-')}"),
                    ],
                    className="node",
                    type="button",
                    **data_node(node.id),
                )
            )
            for node in nodes
        ],
        className="nodes",
        **aria("Nodes of the federation and their states"),
    )


def data_node(node_id: str) -> dict[str, Any]:
    """What assets/node_focus.js looks for."""
    return {"data-node": node_id}


def draw_detail(node_id: str | None, catalogue: Catalogue, run: RunRecord | None) -> list[Any]:
    """What is known about a node, in the panel that hover, tap and keyboard focus share."""
    cards = catalogue.cards
    found = next((card for card in cards if card.adapter_id == node_id), None)
    if found is not None:
        facts = adapter_facts(found, catalogue.signatures.get(found.adapter_id))
        return [dmc.Text(found.name, fw=600), *[_fact(name, value) for name, value in facts]]
    if node_id is not None and node_id in catalogue.refused:
        return [dmc.Text(node_id, fw=600), dmc.Text(f"Not offered: {catalogue.refused[node_id]}", size="sm")]
    if node_id == BASE:
        slugs = sorted(
            {f"{weights.base_model} ({digest(weights.base_sha256)})" for card in cards for weights in card.weights}
        )
        return [
            dmc.Text("Base model", fw=600),
            dmc.Text("; ".join(slugs) or "no adapter is trained for a base yet", size="sm"),
        ]
    if node_id in {task.value for task in Task}:
        return _agent_detail(Task(node_id), run)
    if node_id:
        return [dmc.Text(node_id, fw=600), dmc.Text("Not installed: train it with `make train`.", size="sm")]
    return [
        dmc.Text("Point at a node, or move to it with the keyboard, to read about it.", size="sm", className="hint")
    ]


def _agent_detail(task: Task, run: RunRecord | None) -> list[Any]:
    step = next((step for step in run.steps if step.task is task), None) if run else None
    if step is None:
        return [dmc.Text(AGENTS[task], fw=600), dmc.Text("Not part of the shown run.", size="sm")]
    facts = [
        ("Asked", step.composition),
        ("Answered", step.answered_by or "template"),
        ("Time", seconds(step.seconds)),
        ("Tokens", f"{count(step.tokens.prompt)} in, {count(step.tokens.completion)} out"),
    ]
    if step.fallback:
        facts.append(("Template because", step.fallback))
    return [dmc.Text(AGENTS[task], fw=600), *[_fact(name, value) for name, value in facts]]


def _fact(name: str, value: str) -> html.Div:
    return html.Div([html.Span(f"{name}: ", className="fact-name"), html.Span(value)], className="fact")


def draw(view: RunView | None, catalogue: Catalogue, status: ServerStatus, scheme: Scheme) -> list[Any]:
    return [
        grid(
            card("Adapters", *draw_adapters(catalogue), hint="What is on this disk, by digest, and who signed it."),
            card("Run log", _log(view), span=8, hint=_log_hint(view)),
            card("Model server", *_server(status), span=4),
        )
    ]


def _log_hint(view: RunView | None) -> str | None:
    if view is None:
        return None
    run = view.words or view.record
    return f"Run {run.run_id}, {'clean-room' if run.clean_room else 'full'} mode."


def _log(view: RunView | None) -> Any:
    if view is None:
        return dmc.Text("No run yet; start one on the Plan tab.")
    run = view.words or view.record
    return table(
        ("Step", "Asked", "Answered by", "Tokens in", "Tokens out", "Time"),
        [_log_row(step) for step in run.steps],
        caption="Steps of the run",
        numeric=(3, 4, 5),
    )


def _log_row(step: StepRecord) -> tuple[Any, ...]:
    return (
        words(step.task),
        composition(step.composition),
        answered_by(step),
        count(step.tokens.prompt),
        count(step.tokens.completion),
        seconds(step.seconds),
    )


def _server(status: ServerStatus) -> list[Any]:
    mark = ("up", "green") if status.up else ("down", "red")
    names = [dmc.ListItem(composition(name)) for name in status.models]
    return [
        dmc.Group([dmc.Badge(mark[0], color=mark[1], variant="light"), dmc.Code(status.url)], gap="xs"),
        dmc.Text(status.detail, size="sm", my="xs"),
        dmc.List(names, size="sm", listStyleType="none") if names else None,
        None
        if status.up
        else dmc.Text(
            "Runs go on without it: every model step uses its template and says so.", size="sm", className="hint"
        ),
    ]
