"""The page as the server sends it."""

import json
from pathlib import Path
from typing import Any

import pytest
from dash import Dash

from dash_app import ids, shell
from dash_app.app import create_app
from dash_app.state import Tab
from orchestrator.services import open_services
from orchestrator.settings import OrchestratorSettings
from tests.dash_app.reading import all_ids, all_text


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Dash:
    folder = tmp_path_factory.mktemp("app")
    settings = OrchestratorSettings(
        market_dir=folder / "market", runs_dir=folder / "runs", model_url="http://127.0.0.1:9/v1"
    )
    return create_app(open_services(settings))[1]


@pytest.fixture(scope="module")
def layout(app: Dash) -> Any:
    return app.layout()


def test_every_id_that_a_callback_names_is_on_the_page(app: Dash, layout: Any) -> None:
    present = {json.dumps(found) for found in all_ids(layout)}
    named = set()
    for callback in app.callback_map.values():
        for part in (*callback["inputs"], *callback["state"]):
            if not part["id"].startswith("{"):  # the buttons of empty tabs, matched wherever they are
                named.add(json.dumps(part["id"]))
        outputs = callback["output"] if isinstance(callback["output"], list) else [callback["output"]]
        named |= {json.dumps(output.component_id) for output in outputs}

    assert named
    assert named <= present


def test_no_id_is_on_the_page_twice(layout: Any) -> None:
    found = [json.dumps(each) for each in all_ids(layout)]

    assert sorted(set(found)) == sorted(found)


def test_the_tabs_the_switch_and_its_badge_have_their_names(layout: Any) -> None:
    text = all_text(layout)

    assert "Data Plan Optimize Measure Creative Ops" in text
    assert shell.SWITCH_LABEL == "Use clean-room data only"
    assert shell.BADGE in text


def test_the_form_opens_with_the_sample_brief(layout: Any) -> None:
    budgets = [props for props in _all_props(layout) if props.get("id") == ids.BRIEF_BUDGET]

    assert [props["value"] for props in budgets] == [6000]


def test_the_graph_is_mounted_only_where_it_is_visible(layout: Any) -> None:
    tabs = [props for props in _all_props(layout) if props.get("id") == ids.TABS]

    assert tabs[0]["keepMounted"] is False


def test_every_tab_has_its_place(layout: Any) -> None:
    assert {ids.content(tab) for tab in Tab} <= {each for each in all_ids(layout) if isinstance(each, str)}


def test_the_assets_load_nothing_from_elsewhere() -> None:
    for asset in (Path(shell.__file__).parent / "assets").iterdir():
        text = asset.read_text(encoding="utf-8")

        assert "http" not in text
        assert "@import" not in text


def _all_props(layout: Any) -> list[dict[str, Any]]:
    from tests.dash_app.reading import _props, as_json

    return _props(as_json(layout))
