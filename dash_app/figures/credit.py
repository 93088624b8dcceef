"""What reports credit to advertising beside what it caused."""

from collections.abc import Sequence

import plotly.graph_objects as go

from dash_app import theme
from dash_app.formatting import ratio
from dash_app.theme import Scheme


def credit_figure(bars: Sequence[tuple[str, float]], scheme: Scheme) -> go.Figure:
    """One bar per (label, return per unit of spend)."""
    colours = [theme.ORANGE, theme.planned_colour(scheme), theme.GREEN]
    figure = go.Figure(
        go.Bar(
            x=[value for _, value in bars],
            y=[label for label, _ in bars],
            orientation="h",
            marker_color=colours[: len(bars)],
            text=[ratio(value) for _, value in bars],
            textposition="auto",
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    figure.update_layout(
        xaxis={"title": "Return per unit of spend", "ticksuffix": "x"}, yaxis={"autorange": "reversed"}
    )
    return theme.styled(figure, scheme, height=190).update_layout(margin_t=4)
