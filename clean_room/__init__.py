"""The only door to retailers' event data."""

from clean_room.engine import CleanRoom, query_clean_room
from clean_room.policy import get_allowed_fields
from clean_room.rmis_rows import aggregate_to_rmis

__all__ = ["CleanRoom", "aggregate_to_rmis", "get_allowed_fields", "query_clean_room"]
