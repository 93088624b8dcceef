"""How often and how much at once a tenant may ask, counted in this process: behind a router each replica counts."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from serving.api_error import ApiError
from serving.edge.tenants import Tenant


class Admission:
    def __init__(self) -> None:
        self._rates = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._under_way: Counter[str] = Counter()
        self._compositions: dict[str, set[str]] = {}
        self._naming = threading.Lock()

    @contextmanager
    def admitted(self, tenant: Tenant) -> Iterator[None]:
        """Raises ApiError 429 when the tenant's rate or number of open requests is used up."""
        limits, who = tenant.limits, tenant.tenant_id
        if self._under_way[who] >= limits.concurrent_requests:
            message = f"{limits.concurrent_requests} requests are under way, which is this key's limit; let one finish"
            raise ApiError(429, message, code="too_many_requests", headers={"retry-after": "1"})
        if not self._rates.hit(RateLimitItemPerMinute(limits.requests_per_minute), who):
            message = (
                f"over {limits.requests_per_minute} requests in a minute, which is this key's limit; wait a little"
            )
            # A sliding window lets one in again after about this long.
            seconds = max(1, round(60 / limits.requests_per_minute))
            raise ApiError(429, message, code="rate_limit_exceeded", headers={"retry-after": str(seconds)})
        self._under_way[who] += 1
        try:
            yield
        finally:
            self._under_way[who] -= 1

    def require_composition(self, tenant: Tenant, pinned: str) -> None:
        """Every composition is a file, and for vLLM a name that is never forgotten; weights spell endlessly many.

        Raises ApiError 429 when the tenant has named as many different ones as it may.
        """
        with self._naming:  # names are looked up in threads
            named = self._compositions.setdefault(tenant.tenant_id, set())
            if pinned not in named and len(named) >= tenant.limits.compositions:
                message = (
                    f"{len(named)} different compositions were asked for since the server started, which is this "
                    "key's limit; ask for one of those, or have the limit raised"
                )
                raise ApiError(429, message, param="model", code="too_many_compositions")
            named.add(pinned)
