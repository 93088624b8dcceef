"""Snowflake: DDL for an aggregation policy, a projection policy and, with a budget, a privacy policy.

Syntax: docs.snowflake.com/sql-reference/sql/create-aggregation-policy, .../create-projection-policy,
.../create-privacy-policy, /user-guide/tutorials/diff-privacy. Nothing here was run on Snowflake.
"""

from clean_room.export.columns import PERSON, ROW, guarded_columns, table_name
from clean_room.policy import Policy


def thresholds_ddl(policy: Policy) -> str:
    """People and rows are one constraint with two minimums; the columns that are counted are never shown."""
    name, view = policy.retailer_id, table_name(policy)
    shown = ", ".join(guarded_columns(policy))
    hidden = "\n".join(
        f"ALTER VIEW {view} MODIFY COLUMN {column} SET PROJECTION POLICY {name}_never_shown;"
        for column in (PERSON, ROW)
    )
    return f"""\
CREATE AGGREGATION POLICY {name}_threshold AS () RETURNS AGGREGATION_CONSTRAINT ->
  AGGREGATION_CONSTRAINT(MIN_ROW_COUNT => {policy.min_rows}, MIN_ENTITY_COUNT => {policy.min_people});
CREATE PROJECTION POLICY {name}_never_shown AS () RETURNS PROJECTION_CONSTRAINT ->
  PROJECTION_CONSTRAINT(ALLOW => FALSE, ENFORCEMENT => 'FAIL');
CREATE SECURE VIEW {view} AS SELECT {shown} FROM {view}_raw;
ALTER VIEW {view} SET AGGREGATION POLICY {name}_threshold ENTITY KEY ({PERSON});
{hidden}
"""


def noise_ddl(policy: Policy, epsilon: float, answers: int) -> str:
    """A budget that `answers` aggregates use up and that never refills; Snowflake charges each aggregate."""
    name, view = policy.retailer_id, table_name(policy)
    return f"""\
CREATE PRIVACY POLICY {name}_noise AS () RETURNS PRIVACY_BUDGET ->
  PRIVACY_BUDGET(BUDGET_NAME => '{name}', BUDGET_LIMIT => {epsilon:g},
    MAX_BUDGET_PER_AGGREGATE => {epsilon / answers:g}, BUDGET_WINDOW => 'Never');
ALTER VIEW {view} ADD PRIVACY POLICY {name}_noise ENTITY KEY ({PERSON});
"""
