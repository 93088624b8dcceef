"""The few building blocks every tab is made of."""

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
import plotly.graph_objects as go
from dash import dcc, html

from dash_app import ids
from dash_app.formatting import breakable, relative
from schemas.run import StepRecord

Cell = Any
"""Text or a component, as Dash's own `children`."""

GRAPH_CONFIG: Any = {"displaylogo": False, "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"]}


LIVE_REGION: dict[str, Any] = {"aria-live": "polite"}
"""Changes are read out when the screen reader is idle."""


def aria(label: str) -> dict[str, Any]:
    """The name a screen reader gives a component."""
    return {"aria-label": label}


def card(title: str, *children: Cell, hint: str | None = None, span: int = 12) -> dmc.GridCol:
    """A titled panel; `span` of twelve columns where the window is wide enough."""
    head = [dmc.Title(title, order=2, size="h5")]
    if hint:
        head.append(dmc.Text(hint, size="sm", className="hint"))
    return dmc.GridCol(
        dmc.Card([dmc.Stack(head, gap=2, mb="sm"), *children], withBorder=True, padding="md", h="100%"),
        span={"base": 12, "md": span},
    )


def grid(*columns: dmc.GridCol) -> dmc.Grid:
    return dmc.Grid(list(columns), gutter="md", align="stretch")


def kpi(label: str, value: str, detail: Cell = None) -> dmc.Card:
    return dmc.Card(
        [
            dmc.Text(label, size="sm", className="hint"),
            dmc.Text(value, size="xl", fw=700, className="figures"),
            dmc.Text(detail, size="sm", className="figures") if detail else None,
        ],
        withBorder=True,
        padding="sm",
        className="kpi",
    )


def kpi_row(*cards: dmc.Card) -> dmc.SimpleGrid:
    return dmc.SimpleGrid(list(cards), cols={"base": 2, "sm": 3, "lg": len(cards)}, spacing="md", mb="md")


def change(value: float, base: float, text: str, *, less_is_better: bool = False) -> html.Span:
    """A difference in sign, arrow and word, so that colour is never the only carrier."""
    if value == base or not any(digit in text for digit in "123456789"):
        return html.Span("no difference", className="tie")
    is_better = (value > base) is not less_is_better
    arrow = "▲" if value > base else "▼"
    percent = f" ({relative((value - base) / abs(base))})" if base else ""
    return html.Span(
        f"{arrow} {text}{percent} {'better' if is_better else 'worse'}",
        className="better" if is_better else "worse",
    )


def table(
    headers: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    caption: str,
    numeric: Sequence[int] = (),
    scroll_height: int | None = None,
) -> Any:
    """A table whose columns in `numeric` are right-aligned; the caption names it for screen readers."""
    options: dict[str, Any] = {
        "className": " ".join(f"number-{column + 1}" for column in numeric),
        "tabularNums": True,
        "highlightOnHover": True,
        "stickyHeader": scroll_height is not None,
        "verticalSpacing": 6,
    }
    style = {"maxHeight": scroll_height, "overflow": "auto"} if scroll_height else {"overflowX": "auto"}
    built = dmc.Table(_cells(headers, rows, caption), **options) if _has_components(rows) else None
    # Text alone goes in as one component: the browser's time for a tab grows with the number of its components.
    text = dmc.Table(data={"head": list(headers), "body": [list(row) for row in rows], "caption": caption}, **options)
    # A region that scrolls must be reachable with the keyboard.
    return html.Div(built or text, style=style, tabIndex=0, role="region", **aria(caption))


def _has_components(rows: Sequence[Sequence[Cell]]) -> bool:
    return any(not isinstance(cell, str) for row in rows for cell in row)


def _cells(headers: Sequence[str], rows: Sequence[Sequence[Cell]], caption: str) -> list[Any]:
    return [
        dmc.TableCaption(caption),
        dmc.TableThead(dmc.TableTr([dmc.TableTh(text) for text in headers])),
        dmc.TableTbody([dmc.TableTr([dmc.TableTd(cell) for cell in row]) for row in rows]),
    ]


def lines(texts: Sequence[str], label: str) -> html.Div:
    """Short lines in a box that scrolls; one component, however many there are."""
    return html.Div("\n".join(texts), className="lines", tabIndex=0, role="region", **aria(label))


def figure(plot: go.Figure, description: str) -> html.Figure:
    """`description` says in words what the figure shows, for those who do not see it."""
    graph = dcc.Graph(figure=plot, config=GRAPH_CONFIG, responsive=True, style={"height": plot.layout.height})
    return html.Figure(graph, className="plot", **aria(description))


def notice(text: Cell, *, title: str | None = None, colour: str = "indigo") -> dmc.Alert:
    return dmc.Alert(text, title=title, color=colour, variant="light", mb="md")


def empty(tab: str) -> dmc.Center:
    return dmc.Center(
        dmc.Stack(
            [
                dmc.Title("No run yet", order=2, size="h3"),
                dmc.Text(
                    "A run takes a campaign brief through all six agents and shows here what it found. "
                    "Start with the sample brief, or write your own on the Plan tab.",
                    ta="center",
                    maw=480,
                    className="hint",
                ),
                dmc.Button("Run the sample brief", id=ids.run_sample(tab)),
            ],
            align="center",
        ),
        mih=320,
    )


def not_reached(what: str, failure: str | None) -> dmc.Alert:
    """In place of what a run that stopped early never made."""
    reason = failure or "the run stopped before this step, and what it did until then is kept"
    return notice(reason, title=f"This run has no {what}", colour="red")


def other_mode(tab: str, clean_room: bool) -> dmc.Alert:
    """In place of words when the brief never ran in the mode that the switch shows."""
    written, wanted = ("full", "clean-room") if clean_room else ("clean-room", "full")
    return dmc.Alert(
        dmc.Group(
            [
                dmc.Text(f"Written in {written} mode; run again in {wanted} mode to read what the agents say there."),
                dmc.Button(f"Run this brief in {wanted} mode", id=ids.run_again(tab), size="xs", variant="default"),
            ],
            justify="space-between",
        ),
        color="yellow",
        variant="light",
    )


def composition(name: str) -> dmc.Code:
    return dmc.Code(breakable(name), className="composition")


def author(step: StepRecord | None) -> dmc.Group:
    """Who wrote a text: the composition that answered, or the template and why it stood in."""
    if step is None:
        return dmc.Group([])
    if step.fallback:
        marks = [dmc.Badge("template", color="orange", variant="light"), dmc.Text(step.fallback, size="sm")]
    else:
        marks = [
            dmc.Badge("model", color="indigo", variant="light"),
            composition(step.answered_by or step.composition),
        ]
    return dmc.Group(marks, gap="xs", mt="xs")
