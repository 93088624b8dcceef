"""A policy written as another clean room's rules: well-formed by the target's own model, and no weaker than it says."""

import json
import re
from typing import Any

import pytest

from clean_room.export import TARGETS, export_policy
from clean_room.export.aws import custom_rule
from clean_room.export.aws_check import check_call
from clean_room.export.export import Noise
from clean_room.policy import Policy, shipped_policies
from schemas.clean_room import BLOCKED_FIELDS
from schemas.errors import InputInvalid

POLICIES = list(shipped_policies().values())
NOISE = Noise(epsilon=3.0, answers=100)


def changed(**changes: object) -> Policy:
    return Policy.model_validate({**shipped_policies()["retailer_a"].model_dump(), **changes})


def rule(policy: Policy, name: str) -> Any:
    return json.loads(export_policy(policy, "aws").files[f"{policy.retailer_id}_aws_{name}.json"])


def bigquery_option(text: str) -> Any:
    return json.loads(re.findall(r"privacy_policy = '(.*)'\)", text)[0])


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.retailer_id)
@pytest.mark.parametrize("target", TARGETS)
def test_every_policy_has_an_export_with_its_losses_beside_it(policy: Policy, target: str) -> None:
    files = export_policy(policy, target, NOISE).files

    assert list(files)[-1] == f"{policy.retailer_id}_{target}_losses.txt"
    assert all(text.endswith("\n") for text in files.values())


@pytest.mark.parametrize("target", TARGETS)
def test_no_blocked_field_but_the_counted_person_is_anywhere_in_the_rules(target: str) -> None:
    for name, text in export_policy(POLICIES[0], target, NOISE).files.items():
        if not name.endswith("_losses.txt"):
            assert not set(re.findall(r"\w+", text)) & (set(BLOCKED_FIELDS) - {"customer_id"})


def test_aws_counts_people_and_rows_and_sums_only_listed_metrics() -> None:
    call = rule(changed(min_rows=120, min_people=110), "aggregation_rule")
    aggregation = call["analysisRulePolicy"]["v1"]["aggregation"]

    assert {limit["columnName"]: limit["minimum"] for limit in aggregation["outputConstraints"]} == {
        "customer_id": 110,
        "event_id": 120,
    }
    assert [column["function"] for column in aggregation["aggregateColumns"]] == ["SUM"]
    assert aggregation["dimensionColumns"] == ["date", "placement_type", "sku_id"]


def test_aws_never_shows_whom_it_counts_and_compares_literals_with_filters_only() -> None:
    custom = rule(changed(), "custom_rule")["analysisRulePolicy"]["v1"]["custom"]

    assert custom["disallowedOutputColumns"] == ["customer_id", "event_id"]
    assert custom["comparisonControls"]["allowedLiteralComparisonColumns"] == ["date", "placement_type"]
    assert custom["aggregationThresholds"][0]["minimumIdentityCount"] == 100


def test_a_retailer_without_skus_exports_none() -> None:
    for target in TARGETS:
        files = export_policy(shipped_policies()["retailer_b"], target, NOISE).files
        assert not any("sku_id" in text for text in files.values())


@pytest.mark.parametrize("min_rows", [1, 100_001])
def test_a_threshold_beyond_what_aws_holds_is_refused_in_words(min_rows: int) -> None:
    with pytest.raises(InputInvalid, match="AWS Clean Rooms cannot hold this policy"):
        export_policy(changed(min_rows=min_rows), "aws")


def test_the_offline_check_refuses_a_malformed_call() -> None:
    call = custom_rule(POLICIES[0])
    call["analysisRulePolicy"]["v1"]["custom"]["aggregationThresholds"][0]["type"] = "APPROXIMATE"

    with pytest.raises(InputInvalid, match="'APPROXIMATE' is none of COUNT_DISTINCT"):
        check_call("CreateConfiguredTableAnalysisRule", call)


def test_aws_takes_whole_epsilons_within_its_range_only() -> None:
    for epsilon in (0.5, 21.0):
        with pytest.raises(InputInvalid, match="AWS Clean Rooms"):
            export_policy(POLICIES[0], "aws", Noise(epsilon, 100))


def test_snowflake_asks_for_rows_and_people_and_hides_both_counted_columns() -> None:
    text = export_policy(changed(min_rows=120, min_people=110), "snowflake").files["retailer_a_snowflake_threshold.sql"]

    assert "AGGREGATION_CONSTRAINT(MIN_ROW_COUNT => 120, MIN_ENTITY_COUNT => 110)" in text
    assert "ENTITY KEY (customer_id)" in text
    assert re.findall(r"COLUMN (\w+) SET PROJECTION POLICY", text) == ["customer_id", "event_id"]
    assert "PROJECTION_CONSTRAINT(ALLOW => FALSE" in text


def test_a_snowflake_budget_lasts_for_the_answers_asked_for_and_never_refills() -> None:
    text = export_policy(POLICIES[0], "snowflake", NOISE).files["retailer_a_snowflake_noise.sql"]

    assert "BUDGET_LIMIT => 3," in text
    assert "MAX_BUDGET_PER_AGGREGATE => 0.03, BUDGET_WINDOW => 'Never'" in text


def test_bigquery_counts_people_exactly_and_blocks_joins() -> None:
    files = export_policy(changed(min_people=110), "bigquery", NOISE).files

    threshold = bigquery_option(files["retailer_a_bigquery_threshold.sql"])
    assert threshold["aggregation_threshold_policy"] == {"threshold": 110, "privacy_unit_columns": "customer_id"}
    assert threshold["join_restriction_policy"] == {"join_condition": "JOIN_BLOCKED"}
    noise = bigquery_option(files["retailer_a_bigquery_noise.sql"])["differential_privacy_policy"]
    assert noise["max_epsilon_per_query"] * NOISE.answers == pytest.approx(noise["epsilon_budget"])
    assert noise["delta_per_query"] < noise["delta_budget"]


@pytest.mark.parametrize("target", TARGETS)
def test_no_rule_counts_approximately(target: str) -> None:
    rules = " ".join(export_policy(POLICIES[0], target, NOISE).files.values()).lower()

    assert not re.search(r"approx|hll|uniq\(", rules)
