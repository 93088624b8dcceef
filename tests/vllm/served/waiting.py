"""Reading the running server's metrics, and waiting on them."""

import re
import time
from collections.abc import Callable

from tests.vllm.served.house import Server


def metrics_text(vllm: Server) -> str:
    with vllm.http("ops") as http:
        return http.get("/metrics").text


def metric(vllm: Server, name: str) -> float:
    """The sum over all label sets."""
    found = re.findall(rf"^{re.escape(name)}(?:{{[^}}]*}})? (\S+)$", metrics_text(vllm), re.MULTILINE)
    assert found, f"no metric {name}"
    return sum(map(float, found))


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)  # another process; there is nothing to wait on but its answers
    return False
