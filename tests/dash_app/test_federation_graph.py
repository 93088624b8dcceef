"""The federation graph: which adapters are active for a task, in each mode."""

from collections.abc import Sequence

import pytest

from dash_app.federation_graph import AGENTS, Element, active_chain, build_federation_graph, federation_nodes
from orchestrator.selection import composition_for
from schemas.adapters import AdapterCard, AdapterType, AdapterWeights, ParentPin, Strategy
from schemas.tasks import Task

INDUSTRY, BRAND_X, BRAND_Y = "industry_retail_media", "manufacturer_brand_x", "manufacturer_brand_y"


def make_card(adapter_id: str, parent: str | None = None) -> AdapterCard:
    return AdapterCard(
        adapter_id=adapter_id,
        adapter_type=AdapterType.MANUFACTURER if parent else AdapterType.INDUSTRY,
        name=adapter_id,
        version="0.1.0",
        tags=(),
        description="",
        owner="tests",
        audience=("*",),
        licence="Apache-2.0",
        weights=(
            AdapterWeights(
                base_slug="tiny",
                base_model="org/tiny-llama",
                base_sha256="a" * 64,
                sha256="b" * 64,
                strategy=Strategy.SEQUENTIAL if parent else Strategy.ADDITIVE,
                parent=ParentPin(adapter_id=parent, sha256="b" * 64) if parent else None,
                files={},
            ),
        ),
    )


CARDS = (make_card(INDUSTRY), make_card(BRAND_X, parent=INDUSTRY), make_card(BRAND_Y, parent=INDUSTRY))


def active_nodes(elements: Sequence[Element]) -> set[str]:
    return {element["data"]["id"] for element in elements if "position" in element and element["data"].get("active")}


@pytest.mark.parametrize("clean_room", [False, True])
@pytest.mark.parametrize("task", list(Task))
def test_the_active_adapters_are_those_of_the_composition_that_answers(task: Task, clean_room: bool) -> None:
    elements = build_federation_graph(CARDS, task, clean_room, "brand_x")

    composition = composition_for(task, "brand_x", clean_room).split("+")
    assert active_nodes(elements) == {"base", *composition, task.value}


def test_the_other_brands_adapter_is_never_active() -> None:
    for task in Task:
        assert BRAND_Y not in active_nodes(build_federation_graph(CARDS, task, False, "brand_x"))


def test_an_active_node_is_checked_in_its_label() -> None:
    for element in build_federation_graph(CARDS, Task.PLAN, False, "brand_x"):
        if "active" in element["data"] and "source" not in element["data"]:
            assert element["data"]["label"].startswith("✓ ") is bool(element["data"]["active"])


def test_the_active_edges_make_one_path_from_the_base_to_the_agent() -> None:
    elements = build_federation_graph(CARDS, Task.CREATIVE, False, "brand_x")

    edges = {
        e["data"]["source"]: e["data"]["target"] for e in elements if "source" in e["data"] and e["data"]["active"]
    }
    assert edges == {"base": INDUSTRY, INDUSTRY: BRAND_X, BRAND_X: "creative"}


def test_in_clean_room_mode_no_edge_leads_from_a_manufacturer_to_an_agent() -> None:
    elements = build_federation_graph(CARDS, Task.PLAN, True, "brand_x")

    targets = {e["data"]["target"] for e in elements if e["data"].get("source") in {BRAND_X, BRAND_Y}}
    assert targets == set()


def test_the_layers_stand_from_left_to_right() -> None:
    nodes = [element for element in build_federation_graph(CARDS, Task.PLAN, False) if "position" in element]
    left_to_right = sorted(
        {(node["position"]["x"], node["data"]["layer"]) for node in nodes if "active" in node["data"]}
    )

    assert [layer for _, layer in left_to_right] == ["base", "industry", "manufacturer", "agent"]


def test_two_nodes_never_share_a_place() -> None:
    nodes = [element for element in build_federation_graph(CARDS, Task.PLAN, False) if "position" in element]
    places = [(node["position"]["x"], node["position"]["y"]) for node in nodes]

    assert len(set(places)) == len(places)


def test_every_edge_joins_nodes_that_are_there() -> None:
    for cards in (CARDS, (), CARDS[:1]):
        elements = build_federation_graph(cards, Task.PLAN, False)
        ids = {element["data"]["id"] for element in elements if "position" in element}

        assert all({e["data"]["source"], e["data"]["target"]} <= ids for e in elements if "source" in e["data"])


def test_an_adapter_that_is_needed_but_not_there_is_said_to_be_missing() -> None:
    nodes = {node.id: node for node in federation_nodes(CARDS[:1], Task.PLAN, False, "brand_x")}

    assert nodes[BRAND_X].state == "not installed"
    assert not nodes[BRAND_X].label.startswith("✓")


def test_every_task_has_its_agent() -> None:
    assert set(AGENTS) == set(Task)


def test_the_chain_in_words_names_what_is_active_in_order() -> None:
    nodes = federation_nodes(CARDS, Task.PLAN, False, "brand_x")

    assert active_chain(nodes) == f"tiny-llama, then {INDUSTRY}, then {BRAND_X}, then Planner"
