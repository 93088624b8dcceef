"""Every component id, so that a callback and the layout cannot spell one differently."""

from typing import Any

URL = "url"
VIEW = "view"
"""Store: what is shown, as `state.ViewState` in JSON; every tab is drawn from it."""

HEADER_SOURCE = "header-source"
CLEAN_ROOM = "clean-room-only"
CLEAN_ROOM_BADGE = "clean-room-badge"
SERVER_STATUS = "server-status"
RUN_SELECT = "run-select"
SCHEME = "colour-scheme"
SCHEME_SHOWN = "colour-scheme-shown"
"""Store: 'light' or 'dark', as the page shows it; set by assets/colour_scheme.js."""
TABS = "tabs"
RUN_STRIP = "run-strip"
NOTIFICATIONS = "notifications"

FAST_TICK = "fast-tick"
SLOW_TICK = "slow-tick"
LIVE = "live"
"""Store: the task and mode of the run that is going on, or null."""
FINISHED = "finished"
"""Store: the run that ended last, so that a page shows it once and not again."""

BRIEF_NAME = "brief-name"
BRIEF_BRAND = "brief-brand"
BRIEF_BUDGET = "brief-budget"
BRIEF_START = "brief-start"
BRIEF_END = "brief-end"
BRIEF_RETAILERS = "brief-retailers"
BRIEF_PLACEMENTS = "brief-placements"
BRIEF_OBJECTIVE = "brief-objective"
BRIEF_PACING = "brief-pacing"
BRIEF_MAX_CHANGE = "brief-max-change"
BRIEF_MIN_PER_RETAILER = "brief-min-per-retailer"
BRIEF_TEXT = "brief-text"
RUN_BUTTON = "run-button"
BRIEF_MESSAGE = "brief-message"
PLAN_PROGRESS = "plan-progress"

GRAPH = "federation-graph"
GRAPH_TASK = "graph-task"
GRAPH_CAPTION = "graph-caption"
GRAPH_FRAME = "graph-frame"
NODE_LIST = "node-list"
NODE_FOCUS = "node-focus"
"""Store: the node that the pointer or the keyboard is on in the node list; set by assets/node_focus.js."""
NODE_DETAIL = "node-detail"


def content(tab: str) -> str:
    """The part of a tab that is drawn from the run; emptied while the tab is not visible."""
    return f"{tab}-content"


def run_sample(tab: Any) -> dict[str, Any]:
    """`tab` is a tab's value, or Dash's ALL for the button of every tab."""
    return {"type": "run-sample", "tab": tab}


def run_again(tab: Any) -> dict[str, Any]:
    return {"type": "run-again", "tab": tab}
