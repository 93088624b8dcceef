"""Where the money is today and where the plan puts it."""

from collections import defaultdict
from collections.abc import Sequence

import plotly.graph_objects as go

from dash_app import theme
from dash_app.formatting import amount, placement, words
from dash_app.theme import Scheme
from schemas.plan import PlanLine
from schemas.units import from_micros


def allocation_figure(lines: Sequence[PlanLine], currency: str, scheme: Scheme) -> go.Figure:
    """Bars per retailer and placement, in currency units over the campaign."""
    spend: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for line in lines:
        group = spend[line.retailer_id, line.placement_type.value]
        group[0] += line.current_spend_micros
        group[1] += line.planned_spend_micros
    groups = sorted(spend)
    axis = [[words(retailer) for retailer, _ in groups], [placement(kind) for _, kind in groups]]
    figure = go.Figure()
    for place, name, colour in ((0, "Today", theme.now_colour(scheme)), (1, "Planned", theme.planned_colour(scheme))):
        units = [from_micros(spend[group][place]) for group in groups]
        texts = [amount(value, currency) for value in units]
        figure.add_bar(
            name=name,
            x=axis,
            y=units,
            text=texts,
            textposition="outside",
            textfont_size=11,
            cliponaxis=False,
            marker_color=colour,
            hovertemplate="%{x}: %{text}<extra>" + name + "</extra>",
        )
    figure.update_layout(barmode="group", bargap=0.18, yaxis_title=f"Spend over the campaign, {currency}")
    return theme.styled(figure, scheme, height=320)
