"""What the retailers' clean rooms tell of a world's events: the real builder and the real answers, without files."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import duckdb
import pandas as pd

from clean_room.answer import answer_rows
from clean_room.atom_store import create_atoms
from clean_room.calendar import Span
from clean_room.cleaning import Events, clean_events
from clean_room.policy import Policy
from clean_room.query_plan import QueryPlan, plan_query
from clean_room.release import release
from orchestrator.observation import clean_room_requests
from schemas.clean_room import CleanRoomRequest, Grain


def released_rows(
    events: pd.DataFrame, policies: Mapping[str, Policy], dated: Grain | None = None
) -> list[dict[str, object]]:
    """Answers to the requests that every run asks, at the retailers that have a policy.

    `events`: one brand's rows of the retailers' log. A refused request tells nothing, as in a run.
    """
    days = pd.to_datetime(events["date"])
    snapshot = Span(days.min().date(), days.max().date())
    rows: list[dict[str, object]] = []
    for retailer_id, policy in policies.items():
        with atoms_of(events[events["retailer_id"] == retailer_id], policy, snapshot) as connection:
            rows += _answers(connection, policy, snapshot, dated)
    return rows


@contextmanager
def atoms_of(events: pd.DataFrame, policy: Policy, snapshot: Span) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_atoms(connection, release(cleaned(events), policy, snapshot))
        yield connection


def cleaned(events: pd.DataFrame) -> Events:
    with duckdb.connect() as connection:
        connection.register("of_retailer", events)
        return clean_events(connection, "of_retailer").events


def _answers(
    connection: duckdb.DuckDBPyConnection, policy: Policy, snapshot: Span, dated: Grain | None
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for asked in clean_room_requests(policy.retailer_id, (snapshot.first, snapshot.last), dated):
        plan = plan_query(CleanRoomRequest.model_validate(asked), policy)
        if isinstance(plan, QueryPlan):
            answered = answer_rows(connection, plan, snapshot)
            rows += [{"retailer_id": policy.retailer_id, **row} for row in answered]
    return rows
