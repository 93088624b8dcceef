"""Our counters and vLLM's page of metrics."""

import pytest

pytest.importorskip("vllm.entrypoints.cli.serve", reason="vLLM is not in this environment")

from prometheus_client import REGISTRY, Counter

from tests.vllm.contract.stubs import Served, call


def test_our_metrics_are_on_vllms_page(served: Served) -> None:
    """With one API server; several would read PROMETHEUS_MULTIPROC_DIR instead of the default registry."""
    counter = Counter("contract_requests", "Counted by a middleware.")
    counter.inc(3)

    page = call(served.app, "GET", "/metrics")
    REGISTRY.unregister(counter)

    assert "contract_requests_total 3.0" in page.text
