"""A policy as a reader sees it: what may be asked, what is refused, and what an answer must have behind it."""

from clean_room.latency import PROFILES
from clean_room.policy import Policy
from schemas.clean_room import BLOCKED_FIELDS


def policy_text(policy: Policy) -> str:
    latency = PROFILES[policy.latency_profile]
    slowest = latency.base_ms + latency.per_key_ms * len(policy.dimensions) + latency.quantum_ms * latency.steps
    few = policy.dominance.contributors
    return "\n".join(
        (
            f"{policy.retailer_id}, policy {policy.version}",
            f"  allowed    {', '.join(policy.allowed_fields)}",
            f"  blocked    {', '.join(BLOCKED_FIELDS)}, and every field not allowed",
            f"  summed     {', '.join(policy.metrics)}",
            f"  grouped    {', '.join(policy.dimensions)}; date by {', '.join(policy.grains)}",
            f"  behind it  {policy.min_rows} rows, {policy.min_people} people, "
            f"the {few} largest at most {policy.dominance.max_share:.0%} of a sum",
            f"  latency    {policy.latency_profile}, {latency.base_ms / 1000:g} to {slowest / 1000:g} s, virtual",
        )
    )
