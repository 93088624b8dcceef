"""Colours of the shell, the figures and the graph, for light and dark."""

from typing import Any, Literal

import plotly.graph_objects as go

Scheme = Literal["light", "dark"]

# Okabe and Ito's palette: its colours stay apart for colour-blind readers.
BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"

MANTINE_THEME: dict[str, Any] = {
    # The shade at which white text on a filled button keeps a contrast of 4.5 : 1.
    "primaryColor": "indigo",
    "primaryShade": 8,
    "defaultRadius": "md",
    "components": {"Badge": {"defaultProps": {"tt": "none"}}},
}

_INK = {"light": "#212529", "dark": "#e9ecef"}
_MUTED = {"light": "#868e96", "dark": "#909296"}
_GRID = {"light": "#e9ecef", "dark": "#373a40"}
_NOW = {"light": "#adb5bd", "dark": "#6b7078"}
_PAPER = {"light": "#ffffff", "dark": "#242424"}


_FONT = "-apple-system, BlinkMacSystemFont, Segoe UI, Roboto, Helvetica, Arial, sans-serif"


def scheme_of(value: str | None) -> Scheme:
    return "dark" if value == "dark" else "light"


def now_colour(scheme: Scheme) -> str:
    """Today's spend, beside which a plan stands out."""
    return _NOW[scheme]


def ink(scheme: Scheme) -> str:
    return _INK[scheme]


def planned_colour(scheme: Scheme) -> str:
    return BLUE if scheme == "light" else SKY


def styled(figure: go.Figure, scheme: Scheme, height: int) -> go.Figure:
    """The figure in the app's type, colours and margins; transparent, so that the card's own colour shows."""
    figure.update_layout(
        template="none",  # a full template is copied, checked and sent with every figure
        colorway=[BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY],
        height=height,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": _INK[scheme], "size": 12, "family": _FONT},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hoverlabel={"bgcolor": _PAPER[scheme], "font": {"color": _INK[scheme]}},
    )
    axis = {"gridcolor": _GRID[scheme], "zerolinecolor": _GRID[scheme], "automargin": True}
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure


def graph_stylesheet(scheme: Scheme) -> list[dict[str, Any]]:
    """Cytoscape paints on a canvas, which CSS does not reach; state is in the elements' `data`."""
    accent = planned_colour(scheme)
    return [
        {
            "selector": "node",
            "style": {
                "label": "data(label)",
                "shape": "round-rectangle",
                "width": 204,
                "height": 40,
                "background-color": _PAPER[scheme],
                "border-width": 1,
                "border-color": _NOW[scheme],
                "color": _INK[scheme],
                "font-size": 13,
                "text-valign": "center",
                "text-halign": "center",
                "text-wrap": "wrap",
                "text-max-width": 200,
            },
        },
        {"selector": "node[layer = 'heading']", "style": _heading_style(scheme)},
        {
            "selector": "node[active = 1]",
            "style": {
                "border-width": 3,
                "border-color": accent,
                "font-weight": "bold",
                "background-color": "#e7f5ff" if scheme == "light" else "#1c3a4d",
            },
        },
        {"selector": "node[state = 'not installed']", "style": {"border-style": "dashed", "color": _MUTED[scheme]}},
        {
            "selector": "edge",
            "style": {
                "width": 1.2,
                "line-color": _NOW[scheme],
                "line-style": "dashed",
                "curve-style": "straight",
                "source-endpoint": "50% 0",
                "target-endpoint": "-50% 0",
                "target-arrow-shape": "triangle",
                "target-arrow-color": _NOW[scheme],
                "arrow-scale": 0.8,
            },
        },
        {
            "selector": "edge[active = 1]",
            "style": {"width": 3.5, "line-style": "solid", "line-color": accent, "target-arrow-color": accent},
        },
    ]


def _heading_style(scheme: Scheme) -> dict[str, Any]:
    return {
        "background-opacity": 0,
        "border-width": 0,
        "color": _MUTED[scheme],
        "font-size": 12,
        "events": "no",
        "height": 20,
    }
