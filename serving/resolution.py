"""From a pinned name to composed files, for both servers: counted and timed."""

import time

from prometheus_client import Counter, Histogram

from adapters.names import CompositionName
from adapters.store import ComposedAdapter, CompositionStore
from schemas.errors import RetailMediaError

RESOLVED = Counter("federation_compositions_resolved", "Names resolved to files by outcome", ("outcome",))
COMPOSE_SECONDS = Histogram(
    "federation_composition_seconds",
    "Seconds to make a composition that was not in the store",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


def timed_composition(store: CompositionStore, name: CompositionName) -> ComposedAdapter:
    """Raises like `CompositionStore.compose`."""
    started = time.perf_counter()
    try:
        composed = store.compose(name)
    except RetailMediaError:
        RESOLVED.labels("failed").inc()
        raise
    RESOLVED.labels("stored" if composed.was_stored else "composed").inc()
    if not composed.was_stored:
        COMPOSE_SECONDS.observe(time.perf_counter() - started)
    return composed
