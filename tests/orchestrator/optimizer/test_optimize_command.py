"""`python -m orchestrator optimize`: what goes in, what comes out, and what is said when it is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator.commands import optimize as command
from schemas.command_line import run_command

CELL = {"id": "c1", "curve": {"kind": "hill", "top": 100, "half": 50}, "min": 0, "max": 80, "tags": {"r": "a"}}


def run(problem: object, folder: Path) -> tuple[int, Path]:
    path, out = folder / "problem.json", folder / "plan.json"
    path.write_text(problem if isinstance(problem, str) else json.dumps(problem))
    with pytest.raises(SystemExit) as exit_:
        run_command(command.main, ["--problem", str(path), "--out", str(out)])
    return int(exit_.value.code or 0), out


def changed(**fields: Any) -> dict[str, Any]:
    return {"budget": 100, "cells": [CELL], **fields}


def test_a_problem_becomes_a_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(changed(groups=[{"name": "g", "where": {"r": "a"}, "max": 60}]), tmp_path)

    plan = json.loads(out.read_text())
    assert code == 0
    assert plan["status"] == "optimal"
    assert plan["allocation"] == {"c1": pytest.approx(60)}
    assert plan["predicted_value"] == pytest.approx(100 * 60 / 110)
    assert set(plan["certificate"]) == {"gap", "bound", "seconds", "solver"}
    assert plan["binding"] == ["group 'g' maximum"]
    assert capsys.readouterr().out.splitlines()[-1].startswith("optimal: spends 60.00 of 100.00")


def test_an_infeasible_problem_still_writes_a_plan_and_exits_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = run(changed(groups=[{"name": "g", "where": {"r": "a"}, "min": 500}]), tmp_path)

    plan = json.loads(out.read_text())
    assert code == 2
    assert plan["status"] == "infeasible"
    assert "group 'g' needs at least 500" in plan["conflicts"][0]
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1 and "group 'g'" in errors


@pytest.mark.parametrize(
    ("problem", "named"),
    [
        ("{not json", "not JSON"),
        ("[]", "valid dictionary"),
        ({"cells": [CELL]}, "budget"),
        (changed(budget=-1), "budget"),
        ('{"budget": NaN, "cells": []}', "NaN"),
        ('{"budget": 1e999, "cells": []}', "budget"),
        (changed(cells=[]), "cells"),
        (changed(cells=[CELL, CELL]), "'c1' appears more than once"),
        (changed(cells=[CELL | {"max": -3}]), "max"),
        (changed(cells=[CELL | {"curve": {"kind": "cubic"}}]), "'cubic'"),
        (changed(cells=[CELL | {"curve": {"kind": "hill", "top": 1, "half": 0}}]), "half"),
        (changed(cells=[CELL | {"curve": {"kind": "points", "points": [[0, 0], [2, 1], [1, 3]]}}]), "must start at 0"),
        (changed(cells=[CELL | {"colour": "red"}]), "colour"),
        (changed(groups=[{"name": "g", "where": {"r": "nowhere"}}]), "nowhere"),
        (changed(options={"margin_floor": 0.1}), "margin_share"),
        (changed(options={"exclude_below_break_even": True}), "margin_share"),
        (changed(groups=[{"name": "g", "max_cpa": 3}]), "conversions_per_value"),
        (changed(groups=[{"name": "g", "available_impressions": 9}]), "impressions_per_spend"),
        (changed(groups=[{"name": "g", "max_share_of_voice": 0.5}]), "available_impressions"),
        (changed(options={"experiment": {"cells": ["c1"]}}), "give one of them"),
        (changed(options={"experiment": {"share": 0.1, "cells": ["c9"]}}), "'c9'"),
        (changed(options={"pacing": "even"}), "at least two 'periods'"),
        (changed(options={"periods": [{"name": "w"}, {"name": "w"}]}), "'w' appears more than once"),
        (changed(cells=[CELL | {"excluded_in": {"w9": "promotion"}}]), "'w9'"),
        (changed(options={"max_active": {"most": 3}}), "'sku_id'"),
        (changed(options={"time_limit_seconds": 0}), "time_limit_seconds"),
        (changed(options={"stock": [{"name": "s", "where": {"r": "a"}, "units": 1}]}), "units_per_value"),
    ],
)
def test_bad_input_is_one_line_that_names_it(
    problem: object, named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = run(problem, tmp_path)

    errors = capsys.readouterr().err
    assert code == 2
    assert not out.exists()
    assert errors.count("\n") == 1
    assert named in errors


def test_a_missing_file_and_an_unwritable_place_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem = tmp_path / "problem.json"
    problem.write_text(json.dumps(changed()))

    with pytest.raises(SystemExit) as missing:
        run_command(command.main, ["--problem", str(tmp_path / "none.json"), "--out", str(tmp_path / "plan.json")])
    with pytest.raises(SystemExit) as unwritable:
        run_command(command.main, ["--problem", str(problem), "--out", str(tmp_path / "no" / "plan.json")])

    assert (missing.value.code, unwritable.value.code) == (2, 2)
    errors = capsys.readouterr().err
    assert "none.json" in errors and "plan.json" in errors


def test_the_schema_describes_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        run_command(command.main, ["--schema"])

    schema = json.loads(capsys.readouterr().out)
    assert exit_.value.code == 0
    assert set(schema["properties"]) == {"budget", "cells", "groups", "options"}
    assert "top * x^slope" in schema["$defs"]["HillCurve"]["description"]


def test_without_a_problem_or_a_place_for_the_plan_the_command_says_what_is_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as exit_:
        run_command(command.main, ["--out", "plan.json"])

    assert exit_.value.code == 2
    assert "--problem and --out are both needed" in capsys.readouterr().err


def test_the_documented_problem_is_solved_within_its_limits(tmp_path: Path) -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "optimizer.md").read_text(encoding="utf-8")
    problem = json.loads(text.split("```json\n")[1].split("```")[0])

    code, out = run(problem, tmp_path)

    plan = json.loads(out.read_text())
    assert code == 0
    assert plan["certificate"]["gap"] < 0.05, "two of its curves are not concave"
    assert sum(plan["allocation"].values()) <= 900
    assert plan["allocation"]["b/coffee/search"] + plan["allocation"]["b/tea/search"] >= 300 * (1 - 1e-9)
    assert sum(plan["periods"]["weeks 1-2"].values()) <= 500


def test_an_infeasible_problem_says_by_how_much_each_limit_would_have_to_move(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    groups = [{"name": "g", "where": {"r": "a"}, "min": 70}]
    code, out = run(changed(budget=60, groups=groups), tmp_path)

    assert code == 2
    assert json.loads(out.read_text())["slack_needed"] == {
        "budget": pytest.approx(10),
        "group 'g' minimum": pytest.approx(10),
    }
    assert "of each conflict loosen one: budget by 10, group 'g' minimum by 10" in capsys.readouterr().err


def test_no_plan_within_the_time_limit_is_a_failure_that_says_what_to_raise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = run(changed(options={"time_limit_seconds": 1e-9}), tmp_path)

    assert code == 1
    assert json.loads(out.read_text())["status"] == "time_limit"
    assert "raise options.time_limit_seconds" in capsys.readouterr().err
