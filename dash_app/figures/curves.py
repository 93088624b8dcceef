"""Response curves, one small panel per group, with today's and the planned spend on them."""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dash_app import theme
from dash_app.formatting import amount, words
from dash_app.theme import Scheme
from schemas.run import CurveView

COLUMNS = 3


def curves_figure(curves: Sequence[CurveView], currency: str, scheme: Scheme) -> go.Figure:
    rows = max(1, ceil(len(curves) / COLUMNS))
    titles = [words(curve.name) for curve in curves]
    figure = make_subplots(rows, COLUMNS, subplot_titles=titles, horizontal_spacing=0.07, vertical_spacing=0.24 / rows)
    for place, curve in enumerate(curves):
        for trace in _traces(curve, currency, scheme, show_legend=place == 0):
            figure.add_trace(trace, row=place // COLUMNS + 1, col=place % COLUMNS + 1)
    styled = theme.styled(figure, scheme, height=60 + 210 * rows)
    styled.update_layout(legend_y=1.02 + 0.1 / rows, margin_t=56)
    styled.update_annotations(font_size=12)
    styled.update_xaxes(tickprefix="$" if currency == "USD" else "", nticks=5)
    return styled


def _traces(curve: CurveView, currency: str, scheme: Scheme, show_legend: bool) -> list[go.Scatter]:
    spends = [point.spend for point in curve.points]
    line = theme.planned_colour(scheme)
    band = go.Scatter(
        x=[*spends, *reversed(spends)],
        y=[*(point.high for point in curve.points), *(point.low for point in reversed(curve.points))],
        mode="lines",
        fill="toself",
        fillcolor="rgba(86,180,233,0.22)",
        line={"width": 0},
        hoverinfo="skip",
        name="95 % band",
        legendgroup="band",
        showlegend=show_legend,
    )
    middle = go.Scatter(
        x=spends,
        y=[point.value for point in curve.points],
        mode="lines",
        line={"color": line, "width": 2},
        name="Expected return",
        legendgroup="curve",
        showlegend=show_legend,
        hovertemplate="spend %{x:,.0f}<br>return %{y:,.0f}<extra></extra>",
    )
    dots = [
        go.Scatter(
            x=[spend],
            y=[value_at(curve, spend)],
            mode="markers",
            marker={"color": colour, "size": 11, "symbol": symbol, "line": {"color": theme.ink(scheme), "width": 1}},
            name=name,
            legendgroup=name,
            showlegend=show_legend,
            hovertemplate=f"{name}: {amount(spend, currency)}<extra></extra>",
        )
        for name, spend, colour, symbol in (
            ("Today", curve.current_spend, theme.now_colour(scheme), "circle"),
            ("Planned", curve.planned_spend, theme.ORANGE, "diamond"),
        )
    ]
    return [band, middle, *dots]


def value_at(curve: CurveView, spend: float) -> float:
    """The curve's value, linear between its points and flat outside them."""
    points = curve.points
    if spend <= points[0].spend:
        return points[0].value
    for left, right in pairwise(points):
        if spend <= right.spend:
            weight = (spend - left.spend) / (right.spend - left.spend)
            return left.value + weight * (right.value - left.value)
    return points[-1].value
