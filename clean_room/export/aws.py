"""AWS Clean Rooms: the parameters of its API calls, checked offline against botocore's model of the service.

Limits and names: service model `cleanrooms` 2022-02-17. The model says what a well-formed call is; whether the live
service accepts an empty list of scalar functions or join columns, it does not say.
"""

from typing import Any

from clean_room.export.columns import PERSON, ROW, guarded_columns, table_name
from clean_room.policy import Policy
from schemas.clean_room import Dimension
from schemas.errors import InputInvalid

# To be replaced by the operator: the account that may query, the table that the first call creates, the membership.
ANY_ACCOUNT = "000000000000"
TO_BE_GIVEN = "00000000-0000-0000-0000-000000000000"
MOST_NOISE_USERS = 100  # usersNoisePerQuery is 10 to 100


def configured_table(policy: Policy) -> dict[str, Any]:
    return {
        "name": table_name(policy),
        "tableReference": {"glue": {"databaseName": "clean_room", "tableName": table_name(policy)}},
        "allowedColumns": guarded_columns(policy),
        "analysisMethod": "DIRECT_QUERY",
    }


def aggregation_rule(policy: Policy) -> dict[str, Any]:
    """People and rows are two output constraints: the service counts distinct values of both columns."""
    rule = {
        "aggregateColumns": [{"columnNames": [metric.value for metric in policy.metrics], "function": "SUM"}],
        "joinColumns": [],
        "dimensionColumns": [dimension.value for dimension in policy.dimensions],
        "scalarFunctions": [],
        "outputConstraints": [
            {"columnName": PERSON, "minimum": policy.min_people, "type": "COUNT_DISTINCT"},
            {"columnName": ROW, "minimum": policy.min_rows, "type": "COUNT_DISTINCT"},
        ],
    }
    return _rule_call("AGGREGATION", {"aggregation": rule})


def custom_rule(policy: Policy) -> dict[str, Any]:
    """One threshold only, so it counts people; literals may be compared with what our filters name."""
    filtered = [dimension.value for dimension in policy.dimensions if dimension is not Dimension.SKU_ID]
    rule = {
        "allowedAnalyses": ["ANY_QUERY"],
        "allowedAnalysisProviders": [ANY_ACCOUNT],
        "additionalAnalyses": "NOT_ALLOWED",
        "disallowedOutputColumns": [PERSON, ROW],
        "aggregationThresholds": [
            {
                "identityColumns": [PERSON],
                "minimumIdentityCount": policy.min_people,
                "type": "COUNT_DISTINCT",
                "allowedAggregateExpressionType": "COLUMNS_ONLY",
            }
        ],
        "comparisonControls": {
            "allowedLiteralComparisonColumns": filtered,
            "allowedColumnComparisonColumns": [],
        },
    }
    return _rule_call("CUSTOM", {"custom": rule})


def noise_rule() -> dict[str, Any]:
    """The service takes noise or thresholds, not both."""
    rule = {
        "allowedAnalyses": ["ANY_QUERY"],
        "allowedAnalysisProviders": [ANY_ACCOUNT],
        "additionalAnalyses": "NOT_ALLOWED",
        "differentialPrivacy": {"columns": [{"name": PERSON}]},
    }
    return _rule_call("CUSTOM", {"custom": rule})


def noise_budget(policy: Policy, epsilon: float) -> dict[str, Any]:
    """A budget that never refills; noise hides as many people as the policy's threshold, within the service's limit.

    The service takes whole epsilons only and sets itself how many queries a budget lasts for.
    """
    if epsilon != int(epsilon):
        raise InputInvalid(f"AWS Clean Rooms takes a whole number for epsilon, not {epsilon:g}")
    noise = {"epsilon": int(epsilon), "usersNoisePerQuery": min(policy.min_people, MOST_NOISE_USERS)}
    return {
        "membershipIdentifier": TO_BE_GIVEN,
        "autoRefresh": "NONE",
        "privacyBudgetType": "DIFFERENTIAL_PRIVACY",
        "parameters": {"differentialPrivacy": noise},
    }


def _rule_call(kind: str, rule: dict[str, Any]) -> dict[str, Any]:
    return {
        "configuredTableIdentifier": TO_BE_GIVEN,
        "analysisRuleType": kind,
        "analysisRulePolicy": {"v1": rule},
    }
