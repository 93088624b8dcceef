"""The federation as a graph: base, industry adapter, manufacturer adapters, agents. Pure; Cytoscape only draws it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash_app.formatting import words
from orchestrator.selection import INDUSTRY_ADAPTER, composition_for, manufacturer_adapter
from schemas.adapters import AdapterCard, AdapterType
from schemas.tasks import Task

Element = dict[str, Any]

BASE = "base"
NOT_INSTALLED = "not installed"

AGENTS: Mapping[Task, str] = {
    Task.HARMONIZE: "Data harmonizer",
    Task.PLAN: "Planner",
    Task.OPTIMIZE: "Budget optimizer",
    Task.MEASURE: "Measurement",
    Task.CREATIVE: "Creative",
    Task.GOVERN: "Governance",
}

LAYERS = ("base", "industry", "manufacturer", "agent")
HEADINGS = ("Base model", "Industry adapter", "Manufacturer adapters", "Agents")
COLUMN_WIDTH = 262
ROW_HEIGHT = 58


@dataclass(frozen=True)
class Node:
    """`state` is what the text alternative says: 'active', 'idle' or 'not installed'."""

    id: str
    name: str
    layer: str
    state: str

    @property
    def label(self) -> str:
        return f"✓ {self.name}" if self.state == "active" else self.name


def build_federation_graph(
    cards: Sequence[AdapterCard], task: Task, clean_room: bool, brand_id: str = "brand_x"
) -> list[Element]:
    """Cytoscape elements: nodes with preset positions and their state in `data`, edges along who builds on whom."""
    nodes = federation_nodes(cards, task, clean_room, brand_id)
    active = {node.id for node in nodes if node.state == "active"}
    headings = [
        {
            "data": {"id": f"heading-{layer}", "label": title, "layer": "heading"},
            "position": {"x": column * COLUMN_WIDTH, "y": -3.3 * ROW_HEIGHT},
            "selectable": False,
        }
        for column, (layer, title) in enumerate(zip(LAYERS, HEADINGS, strict=True))
    ]
    return [*headings, *_placed(nodes), *_edges(cards, clean_room, brand_id, active)]


def federation_nodes(cards: Sequence[AdapterCard], task: Task, clean_room: bool, brand_id: str) -> list[Node]:
    """Layer by layer; an adapter that the task needs and that is not in the catalogue is there as 'not installed'."""
    needed = _needed(task, brand_id, clean_room)
    installed = {card.adapter_id: card for card in cards}
    missing = [adapter_id for adapter_id in needed if adapter_id not in installed]
    layer_of = {card.adapter_id: _layer(card) for card in cards}
    layer_of |= {adapter_id: "industry" if adapter_id == INDUSTRY_ADAPTER else "manufacturer" for adapter_id in missing}

    def state(adapter_id: str) -> str:
        if adapter_id in missing:
            return NOT_INSTALLED
        return "active" if adapter_id in needed else "idle"

    adapters = [
        Node(
            adapter_id,
            installed[adapter_id].name if adapter_id in installed else words(adapter_id),
            layer,
            state(adapter_id),
        )
        for adapter_id, layer in sorted(layer_of.items())
    ]
    base = Node(BASE, _base_name(cards), "base", "active")
    agents = [Node(agent.value, name, "agent", "active" if agent is task else "idle") for agent, name in AGENTS.items()]
    return [
        base,
        *(node for node in adapters if node.layer == "industry"),
        *(node for node in adapters if node.layer == "manufacturer"),
        *agents,
    ]


def active_chain(nodes: Sequence[Node]) -> str:
    """
    >>> active_chain([Node("base", "Llama", "base", "active"), Node("plan", "Planner", "agent", "active")])
    'Llama, then Planner'
    """
    return ", then ".join(node.name for node in nodes if node.state == "active")


def _needed(task: Task, brand_id: str, clean_room: bool) -> tuple[str, ...]:
    """The adapters of the composition that answers the task, in the order they are stacked."""
    composition = composition_for(task, brand_id, clean_room)
    return tuple(
        adapter_id for adapter_id in (INDUSTRY_ADAPTER, manufacturer_adapter(brand_id)) if adapter_id in composition
    )


def _layer(card: AdapterCard) -> str:
    return "industry" if card.adapter_type is AdapterType.INDUSTRY else "manufacturer"


def _base_name(cards: Sequence[AdapterCard]) -> str:
    return next((weights.base_model.rpartition("/")[2] for card in cards for weights in card.weights), "Base model")


def _placed(nodes: Sequence[Node]) -> list[Element]:
    elements = []
    for column, layer in enumerate(LAYERS):
        members = [node for node in nodes if node.layer == layer]
        for row, node in enumerate(members):
            y = _row(layer, row, len(members)) * ROW_HEIGHT
            elements.append(
                {
                    "data": {
                        "id": node.id,
                        "label": node.label,
                        "layer": layer,
                        "state": node.state,
                        "active": int(node.state == "active"),
                    },
                    "position": {"x": column * COLUMN_WIDTH, "y": y},
                }
            )
    return elements


def _row(layer: str, row: int, members: int) -> float:
    """Rows from the middle. Manufacturers stand far apart: what the industry adapter answers alone passes between."""
    if layer == "manufacturer" and members > 1:
        return (2 * row / (members - 1) - 1) * (len(AGENTS) - 1) / 2
    return row - (members - 1) / 2


def _edges(cards: Sequence[AdapterCard], clean_room: bool, brand_id: str, active: set[str]) -> list[Element]:
    links = [(BASE, INDUSTRY_ADAPTER)] if any(card.adapter_id == INDUSTRY_ADAPTER for card in cards) else []
    for card in cards:
        if card.adapter_type is AdapterType.MANUFACTURER:
            parents = [weights.parent.adapter_id for weights in card.weights if weights.parent]
            links.append((parents[0] if parents else BASE, card.adapter_id))
    for agent in AGENTS:
        stacked = _needed(agent, brand_id, clean_room)
        links.append((stacked[-1] if stacked else BASE, agent.value))
    known = {BASE, *(card.adapter_id for card in cards), *(agent.value for agent in AGENTS)}
    return [
        {
            "data": {
                "id": f"{source}-{target}",
                "source": source,
                "target": target,
                "active": int(source in active and target in active),
            }
        }
        for source, target in links
        if source in known and target in known
    ]
