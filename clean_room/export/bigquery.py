"""BigQuery: a view with a `privacy_policy` option, with a threshold or with a noise budget, never both.

Syntax and ranges: cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language#privacy_policy.
Nothing here was run on BigQuery.
"""

import json

from clean_room.export.columns import PERSON, ROW, guarded_columns, table_name
from clean_room.policy import Policy

DELTA_BUDGET = 1e-6  # well below one over the number of people; BigQuery takes 1e-15 to 1000
NO_JOINS = {"join_restriction_policy": {"join_condition": "JOIN_BLOCKED"}}


def threshold_ddl(policy: Policy) -> str:
    threshold = {"threshold": policy.min_people, "privacy_unit_columns": PERSON}
    return _view(policy, table_name(policy), {"aggregation_threshold_policy": threshold, **NO_JOINS})


def noise_ddl(policy: Policy, epsilon: float, answers: int) -> str:
    """A budget that `answers` queries use up; it has no refresh."""
    budget = {
        "privacy_unit_column": PERSON,
        "max_epsilon_per_query": epsilon / answers,
        "epsilon_budget": epsilon,
        "delta_per_query": DELTA_BUDGET / answers,
        "delta_budget": DELTA_BUDGET,
    }
    return _view(policy, f"{table_name(policy)}_noisy", {"differential_privacy_policy": budget, **NO_JOINS})


def _view(policy: Policy, name: str, option: dict[str, object]) -> str:
    columns = ", ".join(column for column in guarded_columns(policy) if column != ROW)
    return f"""\
CREATE OR REPLACE VIEW clean_room.{name}
OPTIONS (privacy_policy = '{json.dumps(option)}')
AS SELECT {columns} FROM clean_room_raw.{table_name(policy)};
"""
