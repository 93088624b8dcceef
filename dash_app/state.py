"""What the app shows, as a value: a shared link opens the same view."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, urlencode


class Tab(StrEnum):
    DATA = "data"
    PLAN = "plan"
    OPTIMIZE = "optimize"
    MEASURE = "measure"
    CREATIVE = "creative"
    OPS = "ops"

    @property
    def label(self) -> str:
        return self.value.capitalize()


@dataclass(frozen=True)
class ViewState:
    """`run_id` is null until there is a run; `lost_run_id` is one that a link asked for and that is not there."""

    tab: Tab = Tab.DATA
    clean_room: bool = False
    run_id: str | None = None
    lost_run_id: str | None = None


def query_of(state: ViewState) -> str:
    """The link of a view, from its `?` on.

    >>> query_of(ViewState(Tab.OPS, True, "r1"))
    '?tab=ops&clean_room=1&run=r1'
    """
    run = {"run": state.run_id} if state.run_id else {}
    return "?" + urlencode({"tab": state.tab.value, "clean_room": int(state.clean_room), **run})


def state_of(query: str | None) -> ViewState:
    """The view a link asks for. Links are typed and cut off by hand, so what makes no sense falls back to the default.

    >>> state_of("?tab=nowhere&clean_room=1").tab.value
    'data'
    """
    given = {name: values[-1] for name, values in parse_qs((query or "").removeprefix("?")).items()}
    tab = given.get("tab", "").lower()
    return ViewState(
        tab=Tab(tab) if tab in set(Tab) else Tab.DATA,
        clean_room=given.get("clean_room") in {"1", "true"},
        run_id=given.get("run"),
    )


def to_store(state: ViewState) -> dict[str, Any]:
    return asdict(state)


def from_store(stored: dict[str, Any]) -> ViewState:
    return ViewState(**{**stored, "tab": Tab(stored["tab"])})
