"""The Grafana dashboard asks only for metrics that exist, and shows every one of ours."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

DASHBOARD = json.loads(
    (Path(__file__).resolve().parents[2] / "deploy" / "grafana" / "serving.json").read_text(encoding="utf-8")
)
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]

OURS = {
    "federation_edge_requests_total",
    "federation_edge_denials_total",
    "federation_edge_tokens_total",
    "federation_edge_unmetered_streams_total",
    "federation_compositions_resolved_total",
    "federation_composition_seconds_bucket",
    "federation_composition_seconds_sum",
    "federation_composition_seconds_count",
}
VLLM = {  # vllm/v1/metrics/loggers.py, 0.32; counters get `_total` and histograms `_bucket` when scraped
    "vllm:inter_token_latency_seconds_bucket",
    "vllm:kv_cache_usage_perc",
    "vllm:lora_requests_info",
    "vllm:num_preemptions_total",
    "vllm:num_requests_running",
    "vllm:num_requests_waiting",
    "vllm:prefix_cache_hits_total",
    "vllm:prefix_cache_queries_total",
    "vllm:time_to_first_token_seconds_bucket",
}
ROUTER = {  # seen on the metrics port of vllm-router 0.1.17
    "vllm_router_active_workers",
    "vllm_router_processed_requests_total",
    "vllm_router_retries_exhausted_total",
    "vllm_router_retries_total",
    "vllm_router_worker_health",
}
OPERATORS = {"and", "or", "unless", "bool", "on", "ignoring", "group_left", "group_right", "offset"}


def metrics_in(expression: str) -> set[str]:
    """Names in PromQL that are neither functions nor labels.

    >>> sorted(metrics_in('sum by (a) (rate(x_total{b="c_d"}[5m])) / y'))
    ['x_total', 'y']
    """
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]', " ", re.sub(r'"[^"]*"', '""', expression))
    bare = re.sub(r"\b(by|without)\s*\([^)]*\)", " ", bare)
    names = re.findall(r"(?<![\w:.])[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])", bare)
    return set(names) - OPERATORS


def expressions() -> list[str]:
    return [target["expr"] for panel in PANELS for target in panel["targets"]]


def variables() -> dict[str, dict[str, Any]]:
    return {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}


def test_names_are_found_in_an_expression_and_functions_and_labels_are_not() -> None:
    found = metrics_in('topk by (pod) (1, sum without (le) (rate(a:b_total{job=~"x|y_total"}[5m]))) * 1e3 / count(c)')

    assert found == {"a:b_total", "c"}


@pytest.mark.parametrize("expression", expressions())
def test_an_expression_names_only_known_metrics(expression: str) -> None:
    asked = metrics_in(expression)

    assert asked
    assert asked <= OURS | VLLM | ROUTER


def test_every_metric_of_ours_is_shown_by_some_panel() -> None:
    shown = {name for expression in expressions() for name in metrics_in(expression)}

    assert OURS - shown == set()


def test_the_lists_of_known_metrics_hold_nothing_that_is_not_shown() -> None:
    shown = {name for expression in expressions() for name in metrics_in(expression)}

    assert (VLLM | ROUTER) - shown == set()


def test_every_query_goes_to_the_data_source_one_chooses() -> None:
    queries = [target["datasource"] for panel in PANELS for target in panel["targets"]]
    lists = [each["datasource"] for each in variables().values() if each["type"] == "query"]

    assert variables()["datasource"]["type"] == "datasource"
    assert {source["uid"] for source in queries + lists} == {"${datasource}"}


def test_every_variable_an_expression_uses_is_defined() -> None:
    used = {name for expression in expressions() for name in re.findall(r"\$(\w+)", expression)}

    assert {name for name in used if not name.startswith("__")} <= set(variables())


def test_a_request_is_counted_at_one_edge_although_front_and_replicas_both_count_it() -> None:
    at_the_edge = [expression for expression in expressions() if "federation_edge_" in expression]

    assert [expression for expression in at_the_edge if 'job=~"$edge"' not in expression] == []


def test_the_rows_follow_a_request_and_panels_have_ids_titles_and_room() -> None:
    rows = [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"]
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    places = [
        (x, y)
        for place in (panel["gridPos"] for panel in DASHBOARD["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert rows == ["Traffic", "Compositions", "Denials", "Engine", "Router"]
    assert len(set(ids)) == len(ids)
    assert len(set(places)) == len(places)
    assert max(x for x, _ in places) < 24
    assert [panel["id"] for panel in PANELS if not panel["title"] or not panel["description"]] == []
