"""A lift estimate with its 95 % interval against no effect."""

import plotly.graph_objects as go

from dash_app import theme
from dash_app.theme import Scheme
from schemas.lift import LiftEstimate


def lift_figure(lift: LiftEstimate, scheme: Scheme) -> go.Figure:
    low, high = lift.lift_relative.ci95
    estimate = lift.lift_relative.estimate
    figure = go.Figure(
        go.Scatter(
            x=[estimate],
            y=[""],
            mode="markers",
            marker={"size": 13, "color": theme.planned_colour(scheme)},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [high - estimate],
                "arrayminus": [estimate - low],
                "thickness": 3,
                "width": 8,
                "color": theme.planned_colour(scheme),
            },
            hovertemplate="lift %{x:.1%}<extra></extra>",
        )
    )
    figure.add_vline(x=0, line_dash="dash", line_color=theme.ink(scheme), line_width=1)
    figure.update_layout(xaxis={"tickformat": "+.0%", "rangemode": "tozero"}, showlegend=False)
    return theme.styled(figure, scheme, height=130).update_layout(margin_t=4)
