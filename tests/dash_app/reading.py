"""What a person would read in a tree of components."""

import json
from typing import Any

from plotly.utils import PlotlyJSONEncoder


def as_json(children: Any) -> Any:
    return json.loads(json.dumps(children, cls=PlotlyJSONEncoder))


def all_text(children: Any) -> str:
    return " ".join(_texts(as_json(children)))


def all_ids(children: Any) -> list[Any]:
    return [props["id"] for props in _props(as_json(children)) if "id" in props]


def figures(children: Any) -> list[dict[str, Any]]:
    return [props["figure"] for props in _props(as_json(children)) if "figure" in props]


def _texts(node: Any) -> list[str]:
    if isinstance(node, str):
        return [node.replace("\u200b", "")]
    if isinstance(node, list):
        return [text for child in node for text in _texts(child)]
    if isinstance(node, dict) and "props" in node:
        props = node["props"]
        table = props.get("data") if node["type"] == "Table" else None
        shown = [
            props.get("title"),
            props.get("label"),
            props.get("children"),
            table and [table["head"], table["body"]],
        ]
        return [text for part in shown for text in _texts(part)]
    return []


def _props(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [props for child in node for props in _props(child)]
    if isinstance(node, dict) and "props" in node:
        return [node["props"], *_props(node["props"].get("children"))]
    return []
