"""How vllm-router is started: a pure function of addresses. Each flag was measured with replicas killed under load."""

import sys
from collections.abc import Sequence


def router_argv(replica_urls: Sequence[str], port: int, metrics_port: int) -> tuple[str, ...]:
    """On loopback only: its routes that add and remove replicas ask nobody for a key."""
    return (
        *(sys.executable, "-P", "-m", "vllm_router.launch_router"),
        *("--worker-urls", *replica_urls),
        *("--policy", "consistent_hash"),
        *("--host", "127.0.0.1", "--port", str(port)),
        # It always opens this port, and ends when another router holds it.
        *("--prometheus-host", "127.0.0.1", "--prometheus-port", str(metrics_port)),
        *("--health-check-interval-secs", "1", "--health-check-timeout-secs", "2"),
        *("--health-failure-threshold", "1", "--health-success-threshold", "1"),
        # It counts errors of a replica, not of a composition: one that always fails would shut out all the others.
        "--disable-circuit-breaker",
        # Together about 2.5 s, in which health checks notice a replica that is gone.
        *("--retry-max-retries", "6", "--retry-initial-backoff-ms", "100"),
        *("--retry-backoff-multiplier", "2", "--retry-max-backoff-ms", "1000"),
        *("--worker-startup-check-interval", "1", "--worker-startup-timeout-secs", "60"),
        *("--max-payload-size", str(8 << 20), "--request-timeout-secs", "600"),
        # Its `warning` prints every debug line.
        *("--log-level", "error"),
    )
