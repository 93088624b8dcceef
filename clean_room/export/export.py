"""From a policy to the files of one target: its rules, and the loss report beside them."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from clean_room.export import aws, bigquery, snowflake
from clean_room.export.aws_check import check_call
from clean_room.export.promises import TargetReport
from clean_room.export.report import report_text
from clean_room.export.verdicts import AWS, BIGQUERY, SNOWFLAKE
from clean_room.policy import Policy


@dataclass(frozen=True)
class Noise:
    """A total budget, and how many answers it is to last for."""

    epsilon: float
    answers: int


@dataclass(frozen=True)
class Export:
    """File names and their text, the loss report last."""

    files: dict[str, str]


def export_policy(policy: Policy, target: str, noise: Noise | None = None) -> Export:
    """`target` is one of TARGETS. Raises InputInvalid where the target's limits cannot hold the policy."""
    report, rules = TARGETS[target]
    files = {f"{policy.retailer_id}_{name}": text for name, text in rules(policy, noise).items()}
    return Export({**files, f"{policy.retailer_id}_{target}_losses.txt": report_text(report, policy)})


def _aws(policy: Policy, noise: Noise | None) -> dict[str, str]:
    calls = {
        "aws_configured_table.json": ("CreateConfiguredTable", aws.configured_table(policy)),
        "aws_aggregation_rule.json": ("CreateConfiguredTableAnalysisRule", aws.aggregation_rule(policy)),
        "aws_custom_rule.json": ("CreateConfiguredTableAnalysisRule", aws.custom_rule(policy)),
    }
    if noise:
        calls["aws_noise_rule.json"] = ("CreateConfiguredTableAnalysisRule", aws.noise_rule())
        calls["aws_noise_budget.json"] = ("CreatePrivacyBudgetTemplate", aws.noise_budget(policy, noise.epsilon))
    for operation, parameters in calls.values():
        check_call(operation, parameters)
    return {name: json.dumps(parameters, indent=2) + "\n" for name, (_, parameters) in calls.items()}


def _snowflake(policy: Policy, noise: Noise | None) -> dict[str, str]:
    files = {"snowflake_threshold.sql": snowflake.thresholds_ddl(policy)}
    if noise:
        files["snowflake_noise.sql"] = snowflake.noise_ddl(policy, noise.epsilon, noise.answers)
    return files


def _bigquery(policy: Policy, noise: Noise | None) -> dict[str, str]:
    files = {"bigquery_threshold.sql": bigquery.threshold_ddl(policy)}
    if noise:
        files["bigquery_noise.sql"] = bigquery.noise_ddl(policy, noise.epsilon, noise.answers)
    return files


TARGETS: dict[str, tuple[TargetReport, Callable[[Policy, Noise | None], dict[str, str]]]] = {
    "aws": (AWS, _aws),
    "snowflake": (SNOWFLAKE, _snowflake),
    "bigquery": (BIGQUERY, _bigquery),
}
