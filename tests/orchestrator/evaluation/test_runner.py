"""A run of many worlds goes on where it was stopped, and its report says what it rests on."""

from pathlib import Path

import pytest

from orchestrator.evaluation import runner
from orchestrator.evaluation.report import scenario_reports
from orchestrator.evaluation.scenarios import Contest, Scenario
from orchestrator.evaluation.tables import comparison_table, verdict
from orchestrator.evaluation.visibility import LADDER, Part

SMALL = {"skus": 20, "events": 3000}
SCENARIO = Scenario("held_out", "Small worlds", range(3), Contest.EVERY_ARM, changes=SMALL)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept") / "worlds.jsonl"


@pytest.fixture(scope="module")
def found(kept: Path) -> list[runner.WorldScores]:
    return runner.run([SCENARIO], kept)


def lines_of(kept: Path) -> list[Path]:
    return list(kept.parent.glob("worlds-*.jsonl"))


def test_a_second_run_computes_nothing_and_says_the_same(
    found: list[runner.WorldScores], kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(tasks: list[object]) -> list[runner.WorldScores]:
        assert not tasks, f"{len(tasks)} worlds were run again"
        return []

    monkeypatch.setattr(runner, "_in_parallel", never)

    assert runner.run([SCENARIO], kept) == found


def test_a_line_cut_in_half_is_run_again(found: list[runner.WorldScores], kept: Path) -> None:
    (file,) = lines_of(kept)
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole[: -len(whole) // 4], encoding="utf-8")

    again = runner.run([SCENARIO], kept)

    for one, other in zip(again, found, strict=True):
        assert one.arms["full"]["realised_margin"] == other.arms["full"]["realised_margin"]


def test_scores_of_other_code_are_not_used(
    found: list[runner.WorldScores], kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "code_digest", lambda: "changed")
    asked: list[object] = []
    monkeypatch.setattr(runner, "_in_parallel", lambda tasks: asked.extend(tasks) or [])

    with pytest.raises(KeyError):
        runner.run([SCENARIO], kept)

    assert len(asked) == 3


def test_the_report_pairs_worlds_and_explains_the_difference(found: list[runner.WorldScores]) -> None:
    (report,) = scenario_reports([SCENARIO], found)

    gap = report.full_less_clean_room["realised_profit"]
    by_hand = [one.arms["full"]["realised_profit"] - one.arms["clean_room"]["realised_profit"] for one in found]
    assert gap.mean == pytest.approx(sum(by_hand) / 3)
    assert sum(one.value.mean for one in report.shapley["realised_profit"]) == pytest.approx(gap.mean)
    assert [one.part for one in report.shapley["realised_profit"]] == list(Part)
    assert len(report.ladder["realised_profit"]) == len(LADDER)
    assert "Seeds 0-2, 3 worlds" in comparison_table(report)
    assert verdict(gap) in ("full wins", "full loses", "tie")
