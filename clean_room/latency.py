"""How long an answer takes, chosen before anything is executed, so that time tells nothing about the data.

The numbers are reported; nobody waits unless the clean room is given a pace. They follow what the services say of
themselves: an interactive warehouse answers in seconds, Snowflake's differential privacy takes at least seven, Amazon
Marketing Cloud runs ad hoc queries in some fifteen minutes.
"""

from dataclasses import dataclass
from hashlib import sha256

from clean_room.policy import LatencyProfile
from clean_room.query_plan import QueryPlan, canonical_json


@dataclass(frozen=True)
class Latency:
    base_ms: int
    per_key_ms: int
    steps: int
    """How many quanta a request may be slower than its shape alone says."""
    quantum_ms: int


PROFILES = {
    LatencyProfile.INTERACTIVE: Latency(base_ms=1_000, per_key_ms=250, steps=4, quantum_ms=250),
    LatencyProfile.NOISY_WAREHOUSE: Latency(base_ms=7_000, per_key_ms=500, steps=6, quantum_ms=500),
    LatencyProfile.BATCH: Latency(base_ms=900_000, per_key_ms=60_000, steps=10, quantum_ms=60_000),
}

# One time for all that is refused before a plan exists, so that refusals cannot be told apart by it.
REFUSAL_MS = 1_000


def latency_ms(plan: QueryPlan) -> int:
    """The same for the same question, whatever the data holds."""
    latency = PROFILES[plan.policy.latency_profile]
    digest = sha256(canonical_json(plan.request).encode()).digest()
    slower = int.from_bytes(digest[:4], "big") % (latency.steps + 1)
    return latency.base_ms + latency.per_key_ms * len(plan.request.group_by) + latency.quantum_ms * slower
