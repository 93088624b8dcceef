"""Raw events straight to RMIS rows, held to the same rules as the clean room; for a retailer's own use."""

from datetime import date

import duckdb
import pandas as pd

from clean_room.answer import answer_rows
from clean_room.atom_store import create_atoms
from clean_room.calendar import Span
from clean_room.cleaning import Events, clean_events
from clean_room.policy import Policy, policies_in_use, policy_for
from clean_room.query_plan import QueryPlan
from clean_room.release import release
from schemas.clean_room import CleanRoomRequest, Dimension, Grain, Metric, Mode, Period
from schemas.errors import InputInvalid

KEYS = (Dimension.DATE, Dimension.PLACEMENT_TYPE)


def aggregate_to_rmis(
    raw_data: pd.DataFrame, *, grain: Grain = Grain.WEEK, by_sku: bool = False, currency: str = "USD"
) -> pd.DataFrame:
    """Rows of date, retailer_id, placement_type, [sku_id], the five metrics (money in micros) and currency.

    Only cells that may be told have a row: what the retailer's policy asks in rows, people and dominance holds, through
    the same builder as the clean room's. SKUs are told by month at the finest. The frame is one brand's events;
    raises InputInvalid for one without people (`customer_id`) or of a retailer without a policy.
    """
    _check(raw_data)
    tables = []
    for retailer_id, events in raw_data.groupby("retailer_id", sort=True):
        policy = policy_for(str(retailer_id))
        if policy is None:
            known = ", ".join(policies_in_use())
            raise InputInvalid(
                f"the events are of a retailer without a clean-room policy; there are policies of {known}"
            )
        if policy.mode is Mode.DP:
            raise InputInvalid(
                f"{policy.retailer_id!r} tells noisy sums only, and noise is drawn and paid for once: ask its "
                "clean room"
            )
        if by_sku and not policy.permits_skus:
            continue
        tables.append(_rows(events, policy, grain, by_sku))
    keys = [*map(str, KEYS), *([str(Dimension.SKU_ID)] if by_sku else [])]
    columns = [keys[0], "retailer_id", *keys[1:], *map(str, Metric)]
    told = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return told.reindex(columns=columns).assign(currency=currency)


def _check(raw_data: pd.DataFrame) -> None:
    columns = ", ".join(map(str, raw_data.columns))
    if "customer_id" not in raw_data:
        raise InputInvalid(f"the events have no customer_id, so people cannot be counted; their columns are {columns}")
    if "retailer_id" not in raw_data:
        raise InputInvalid(f"the events have no retailer_id; their columns are {columns}")
    if "brand_id" in raw_data and raw_data["brand_id"].nunique() > 1:
        raise InputInvalid("the events are of several brands; pass one brand at a time")


def _days(events: Events) -> Span:
    first, last = events.days.min().item(), events.days.max().item()
    assert isinstance(first, date) and isinstance(last, date)
    return Span(first, last)


def _rows(events: pd.DataFrame, policy: Policy, grain: Grain, by_sku: bool) -> pd.DataFrame:
    with duckdb.connect() as connection:
        connection.register("raw", events)
        cleaned = clean_events(connection, "raw").events
        if len(cleaned) == 0:
            return pd.DataFrame()
        days = _days(cleaned)
        create_atoms(connection, release(cleaned, policy, days))
        request = CleanRoomRequest(
            retailer_id=policy.retailer_id,
            metrics=tuple(Metric),
            group_by=(*KEYS, Dimension.SKU_ID) if by_sku else KEYS,
            period=Period(start=days.first, end=days.last, grain=grain),
        )
        rows = answer_rows(connection, QueryPlan(request, policy), days)
    return pd.DataFrame(rows).assign(retailer_id=policy.retailer_id)
