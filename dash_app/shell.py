"""The page around the tabs: header, switch, run choice, model-server status, and the strip of a run that goes on."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dash_app import ids
from dash_app.components import LIVE_REGION, aria
from dash_app.formatting import moment, words
from dash_app.runner import Progress
from dash_app.state import Tab
from dash_app.theme import MANTINE_THEME
from orchestrator.federation import ServerStatus
from orchestrator.runs import RunSummary
from schemas.tasks import Task

TITLE = "Retail media federation"
SWITCH_LABEL = "Use clean-room data only"
BADGE = "aggregates only, k ≥ 100"

FAST_MS = 500  # while a run goes on
SLOW_MS = 10_000  # server status, and runs that another window started

PAGE = """<!DOCTYPE html>
<html lang="en">
    <head>
        {%metas%}
        <title>{%title%}</title>
        {%favicon%}
        {%css%}
        <style>@media (prefers-color-scheme: dark) { body { background: #242424; } }</style>
    </head>
    <body>
        {%app_entry%}
        <footer>{%config%}{%scripts%}{%renderer%}</footer>
    </body>
</html>"""


def page(
    panels: Mapping[Tab, Sequence[Any]], run_options: Sequence[Mapping[str, str]], last_run_id: str | None
) -> dmc.MantineProvider:
    """`panels` are the static parts of each tab."""
    return dmc.MantineProvider(
        [
            dcc.Location(id=ids.URL, refresh=False),
            dcc.Store(id=ids.VIEW),
            dcc.Store(id=ids.SCHEME_SHOWN),
            dcc.Store(id=ids.LIVE),
            dcc.Store(id=ids.FINISHED, data=last_run_id),
            dcc.Interval(id=ids.FAST_TICK, interval=FAST_MS, disabled=True),
            dcc.Interval(id=ids.SLOW_TICK, interval=SLOW_MS),
            dmc.NotificationContainer(id=ids.NOTIFICATIONS, position="bottom-right"),
            dmc.AppShell(
                [
                    dmc.AppShellHeader(_header(run_options), px="md"),
                    dmc.AppShellMain([html.Div(id=ids.RUN_STRIP), _tabs(panels)]),
                ],
                header={"height": 60},
                padding="md",
            ),
        ],
        theme=MANTINE_THEME,
        defaultColorScheme="auto",
    )


def _header(run_options: Sequence[Mapping[str, str]]) -> dmc.Group:
    left = dmc.Group(
        [
            dmc.Title(TITLE, order=1, size="h5", className="app-title"),
            dmc.Badge(id=ids.HEADER_SOURCE, variant="default", radius="sm", className="source"),
        ],
        gap="sm",
        wrap="nowrap",
    )
    right = dmc.Group(
        [
            dmc.Switch(id=ids.CLEAN_ROOM, label=SWITCH_LABEL, checked=False, className="clean-room"),
            dmc.Badge(BADGE, id=ids.CLEAN_ROOM_BADGE, color="orange", variant="light", display="none"),
            html.Div(id=ids.SERVER_STATUS, role="status"),
            dmc.Select(
                id=ids.RUN_SELECT,
                data=list(run_options),
                placeholder="No run yet",
                allowDeselect=False,
                size="xs",
                w=215,
                comboboxProps={"width": 330, "position": "bottom-end"},
                **aria("Run shown"),
            ),
            dmc.ColorSchemeToggle(
                id=ids.SCHEME,
                lightIcon="☀",
                darkIcon="☾",
                variant="default",
                size="lg",
                **aria("Switch between light and dark"),
            ),
        ],
        gap="sm",
        wrap="nowrap",
    )
    return dmc.Group([left, right], justify="space-between", h="100%", wrap="nowrap")


def _tabs(panels: Mapping[Tab, Sequence[Any]]) -> dmc.Tabs:
    return dmc.Tabs(
        [
            dmc.TabsList([dmc.TabsTab(tab.label, value=tab.value) for tab in Tab], mb="md"),
            # A panel that is not visible is not mounted: Cytoscape paints nothing when it is mounted hidden.
            *(dmc.TabsPanel(html.Div(list(panels[tab]), className="page"), value=tab.value) for tab in Tab),
        ],
        id=ids.TABS,
        value=Tab.DATA.value,
        keepMounted=False,
    )


def run_options(summaries: Sequence[RunSummary]) -> list[dict[str, str]]:
    return [{"value": summary.run_id, "label": _run_label(summary)} for summary in summaries]


def _run_label(summary: RunSummary) -> str:
    mode = "clean room" if summary.clean_room else "full"
    failed = ", stopped early" if summary.failed else ""
    return f"{moment(summary.created_at)} · {mode}{failed} · {summary.name}"


def draw_server(status: ServerStatus) -> dmc.Tooltip:
    text, colour = ("Model up", "green") if status.up else ("Model down", "red")
    return dmc.Tooltip(
        dmc.Badge(text, color=colour, variant="dot"),
        label=f"{status.url}: {status.detail}",
        multiline=True,
        maw=360,
    )


def draw_strip(progress: Progress | None) -> Any:
    """One line on every tab while a run goes on."""
    if progress is None:
        return None
    if not progress.is_running:
        if progress.error and progress.run_id is None:
            return dmc.Alert(progress.error, title="The run could not start", color="red", variant="light", mb="sm")
        return None
    done = len(progress.done)
    mode = "clean-room" if progress.job.clean_room else "full"
    step = f"{words(progress.task)} ({done + 1} of {len(Task)})" if progress.task else _between_steps(done)
    queued = ", then once more in the other mode" if progress.waiting else ""
    return dmc.Group(
        [
            dmc.Loader(size="xs"),
            dmc.Text(f"Running in {mode} mode{queued}: {progress.note or step}", size="sm", **LIVE_REGION),
            dmc.Progress(
                value=100 * done / len(Task),
                w=180,
                size="sm",
                striped=True,
                animated=True,
                **aria("Steps done"),
            ),
        ],
        gap="sm",
        mb="xs",
        className="run-strip",
    )


def _between_steps(done: int) -> str:
    return "starting" if done == 0 else "saving the record" if done == len(Task) else "next step"
