"""Pure functions: part of a run record in, a Plotly figure out."""

from dash_app.figures.accuracy import accuracy_figure
from dash_app.figures.allocation import allocation_figure
from dash_app.figures.credit import credit_figure
from dash_app.figures.curves import curves_figure
from dash_app.figures.lift import lift_figure

__all__ = ["accuracy_figure", "allocation_figure", "credit_figure", "curves_figure", "lift_figure"]
