"""What Prometheus scrapes from the running server, and whether the dashboard asks for it."""

import json
import re

import pytest

from serving.settings import PROJECT
from tests.vllm.served.house import INDUSTRY, STACK_X, Server
from tests.vllm.served.waiting import metric, metrics_text

pytestmark = pytest.mark.vllm

HELLO = [{"role": "user", "content": "hello"}]


def test_tokens_are_counted_by_tenant_and_composition(vllm: Server) -> None:
    counted = f'federation_edge_tokens_total{{composition="{STACK_X}",kind="completion",tenant="brand_x"}}'
    vllm.client("brand_x").chat.completions.create(model=STACK_X, messages=HELLO, max_tokens=1)

    def tokens() -> float:
        return float(metrics_text(vllm).partition(counted)[2].split()[0])

    before = tokens()
    reply = vllm.client("brand_x").chat.completions.create(model=STACK_X, messages=HELLO, max_tokens=5)

    assert reply.usage is not None
    assert tokens() - before == reply.usage.completion_tokens


def test_compositions_are_counted_and_timed(vllm: Server) -> None:
    vllm.client("brand_x").chat.completions.create(model=INDUSTRY, messages=HELLO, max_tokens=1)

    assert metric(vllm, "federation_compositions_resolved_total") >= 1
    assert metric(vllm, "federation_composition_seconds_count") >= 1


def test_every_metric_the_dashboard_asks_of_the_server_is_there(vllm: Server) -> None:
    dashboard = (PROJECT / "deploy" / "grafana" / "serving.json").read_text()
    asked = set(re.findall(r"\b(vllm:[a-z0-9_]+|federation_[a-z0-9_]+)", " ".join(expressions(json.loads(dashboard)))))
    # Counters with labels appear when something is counted.
    asked -= {"federation_edge_unmetered_streams_total"}

    with vllm.http("nobody") as http:
        http.get("/v1/models")
    exposed = metrics_text(vllm)

    assert len(asked) > 10
    assert [name for name in sorted(asked) if not re.search(rf"^{re.escape(name)}[ {{]", exposed, re.MULTILINE)] == []


def expressions(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [str(node["expr"])] if "expr" in node else []
        return own + [found for value in node.values() for found in expressions(value)]
    if isinstance(node, list):
        return [found for value in node for found in expressions(value)]
    return []
