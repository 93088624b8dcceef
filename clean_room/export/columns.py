"""The columns of the table a target guards: what the policy lists, and the two that are counted but never shown.

Blocked fields are left out of the table, which is stronger than hiding them: in Snowflake a hidden column can still be
filtered by (docs.snowflake.com/user-guide/projection-policies, Considerations).
"""

from clean_room.policy import Policy

PERSON, ROW = "customer_id", "event_id"


def table_name(policy: Policy) -> str:
    """One brand's events at this retailer, with the policy's field names and money in micros."""
    return f"{policy.retailer_id}_events"


def guarded_columns(policy: Policy) -> list[str]:
    return [*policy.allowed_fields, PERSON, ROW]
