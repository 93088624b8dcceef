"""Predicted against actual incremental ROAS, cell by cell."""

from collections.abc import Sequence

import plotly.graph_objects as go

from dash_app import theme
from dash_app.formatting import placement, ratio, words
from dash_app.theme import Scheme
from schemas.run import CellAccuracy


def accuracy_figure(cells: Sequence[CellAccuracy], scheme: Scheme) -> go.Figure:
    """A scatter with intervals and the line of perfect prediction. A withheld cell is predicted by its pool's mean."""
    figure = go.Figure()
    top = _top(cells)
    figure.add_scatter(
        x=[0, top],
        y=[0, top],
        mode="lines",
        line={"color": theme.ink(scheme), "dash": "dash", "width": 1},
        name="Predicted = actual",
        hoverinfo="skip",
    )
    looks = (
        (False, "Cell observed", theme.planned_colour(scheme), "circle"),
        (True, "Withheld: pool mean", theme.ORANGE, "x"),
    )
    for withheld, name, colour, symbol in looks:
        shown = [cell for cell in cells if cell.withheld is withheld]
        if shown:
            figure.add_trace(_dots(shown, name, colour, symbol))
    figure.update_layout(
        xaxis={"title": "Actual incremental ROAS", "range": [0, top], "ticksuffix": "x"},
        yaxis={"title": "Predicted incremental ROAS", "range": [0, top], "ticksuffix": "x"},
    )
    return theme.styled(figure, scheme, height=420)


def _dots(cells: Sequence[CellAccuracy], name: str, colour: str, symbol: str) -> go.Scatter:
    return go.Scatter(
        x=[cell.actual for cell in cells],
        y=[cell.predicted for cell in cells],
        mode="markers",
        name=name,
        marker={"color": colour, "size": 7, "symbol": symbol, "opacity": 0.85},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [cell.high - cell.predicted for cell in cells],
            "arrayminus": [cell.predicted - cell.low for cell in cells],
            "thickness": 0.6,
            "width": 0,
            "color": faded(colour),
        },
        text=[
            f"{cell.sku_id}, {placement(cell.placement_type)} at {words(cell.retailer_id)}<br>"
            f"predicted {ratio(cell.predicted)} ({ratio(cell.low)} to {ratio(cell.high)}), actual {ratio(cell.actual)}"
            for cell in cells
        ],
        hovertemplate="%{text}<extra></extra>",
    )


def faded(colour: str) -> str:
    """Hundreds of intervals must not hide the marks.

    >>> faded("#0072B2")
    'rgba(0,114,178,0.22)'
    """
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.22)"


def _top(cells: Sequence[CellAccuracy]) -> float:
    """The axes' end: all but the largest fiftieth of the values, so that one wild cell does not flatten the rest."""
    values = sorted(max(cell.actual, cell.predicted) for cell in cells)
    return 1.15 * max(1.0, values[int(0.98 * (len(values) - 1))]) if values else 1.0
