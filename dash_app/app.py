"""Builds the app. Drawing is left to the tabs, running to `runner`."""

import logging
from pathlib import Path
from typing import Any

from dash import Dash, html
from fastapi import FastAPI
from fastapi.responses import JSONResponse

from dash_app import ids, shell
from dash_app.brief_form import form_values
from dash_app.callbacks import graph, run, view
from dash_app.context import AppContext, open_context
from dash_app.runner import Runner
from dash_app.state import Tab
from dash_app.tabs import ops, plan
from orchestrator.services import Services, brands_of
from schemas.errors import DataMissing

logger = logging.getLogger(__name__)

ASSETS = Path(__file__).parent / "assets"


def create_app(services: Services, runner: Runner | None = None) -> tuple[FastAPI, Dash]:
    """The server to listen with, and the Dash app on it. Raises InputInvalid when the sample brief cannot be read."""
    context = open_context(services, runner)
    server = FastAPI(title=shell.TITLE, docs_url=None, redoc_url=None, openapi_url=None)

    # Declared before Dash, which takes every path that is left.
    @server.get("/health")
    def health() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    app = Dash(
        __name__,
        server=server,  # type: ignore[arg-type]  # its stub only knows Flask; FastAPI is supported since 4.2
        assets_folder=str(ASSETS),
        title=shell.TITLE,
        update_title="",
        # The charts' library is fetched with the page: fetched on first use, it would hold up the first chart's tab.
        eager_loading=True,
        index_string=shell.PAGE,
        on_error=_report,
    )
    app.layout = lambda: _layout(context)
    for module in (view, run, graph):
        module.register(app, context)
    return server, app


def _layout(context: AppContext) -> Any:
    """Made anew for every page that opens, so that it knows the runs that others added."""
    context.library.refresh()
    sample = context.sample
    panels: dict[Tab, list[Any]] = {tab: [html.Div(id=ids.content(tab))] for tab in Tab}
    panels[Tab.PLAN] = plan.layout(form_values(sample), _brands(context), sample.retailers, sample.currency)
    panels[Tab.OPS] = ops.layout()
    return shell.page(panels, shell.run_options(context.library.summaries), context.runner.last_run_id)


def _brands(context: AppContext) -> tuple[str, ...]:
    try:
        return brands_of(context.services.market_dir)
    except DataMissing:  # the first run makes the market
        return (context.sample.brand_id,)


def _report(error: Exception) -> None:
    """A callback that broke leaves the page as it was; its traceback belongs into the log."""
    logger.error("callback failed", exc_info=error)
