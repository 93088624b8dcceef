"""The loss report judges every promise, names where it read it, and is what the document prints."""

from pathlib import Path

import pytest

from clean_room.export import TARGETS, export_policy
from clean_room.export.promises import Kept, Promise, TargetReport
from clean_room.export.report import loss_table
from clean_room.policy import shipped_policies

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "clean_room_comparison.md"
REPORTS = [report for report, _ in TARGETS.values()]


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.target)
def test_every_promise_is_judged_with_a_source(report: TargetReport) -> None:
    assert set(report.verdicts) == set(Promise)
    assert all(verdict.how and verdict.source for verdict in report.verdicts.values())


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.target)
def test_no_target_is_said_to_keep_what_only_atoms_keep(report: TargetReport) -> None:
    for promise in (Promise.DOMINANCE, Promise.DIFFERENCES, Promise.CLOSED, Promise.LATENCY):
        assert report.verdicts[promise].kept is Kept.LOST


@pytest.mark.parametrize("target", TARGETS)
def test_the_report_tells_the_policys_own_numbers_and_what_is_open(target: str) -> None:
    policy = shipped_policies()["retailer_a"]

    text = export_policy(policy, target).files[f"retailer_a_{target}_losses.txt"]

    assert "a minimum of different people (100)" in text
    assert "(2 of them at most 85%)" in text
    assert all(question in text for question in TARGETS[target][0].unverified)


def test_the_document_prints_the_loss_table() -> None:
    assert loss_table(REPORTS) in DOCUMENT.read_text(encoding="utf-8")
