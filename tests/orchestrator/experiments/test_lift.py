"""What measuring says: which method and why, which checks fail, and how wrong input is refused."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from orchestrator.commands import measure as command
from orchestrator.tools.experiments import Columns, panel_from_frame, read_panel
from schemas.command_line import run_command
from schemas.errors import InputInvalid
from tests.orchestrator.experiments.panels import COLUMNS, START, WITH_COST, frame, lift_in, panel


@pytest.mark.parametrize(
    ("made", "method", "reason"),
    [
        ({"units": 60}, "cuped", "balanced"),
        ({"units": 12}, "did", "smaller arm has 6 units"),
        ({"units": 60, "days_before": 0}, "welch", "no period before the start"),
    ],
)
def test_auto_picks_what_the_data_supports_and_says_why(made: dict[str, int], method: str, reason: str) -> None:
    lift = lift_in(panel(1, **made))

    assert lift.method == method
    assert reason in str(lift.checks["method_reason"])


def test_auto_compares_units_with_themselves_when_the_arms_differed_before() -> None:
    rows = frame(2, units=60)
    rows.loc[rows["arm"] == 1, "sales"] *= 3

    lift = lift_in(panel_from_frame(rows, COLUMNS))

    assert lift.method == "did"
    assert lift.checks["balance_ok"] is False
    assert "The arms differed before the start." in lift.reading


def test_arms_that_drift_apart_before_the_start_are_called_out() -> None:
    rows = frame(3, units=60)
    day = (rows["day"] - rows["day"].min()).dt.days
    rows["sales"] *= np.where(rows["arm"] == 1, 1 + 0.03 * day, 1)

    lift = lift_in(panel_from_frame(rows, COLUMNS), "did")

    assert lift.checks["pre_trend_ok"] is False
    assert "drifting apart" in lift.reading


def test_a_split_that_is_not_the_one_meant_is_called_out() -> None:
    lopsided = panel(4, units=60, split=0.8)

    assert lift_in(lopsided).checks["sample_ratio_ok"] is False
    assert lift_in(lopsided, expected_share=0.8).checks["sample_ratio_ok"] is True


def test_a_null_result_says_what_the_test_could_have_found() -> None:
    lift = lift_in(panel(5, units=40))

    assert lift.lift_relative.ci95[0] < 0 < lift.lift_relative.ci95[1]
    assert "No effect can be told from chance" in lift.reading
    assert float(lift.checks["minimum_detectable_effect_relative"]) > 0


def test_a_flag_that_starts_with_the_treatment_means_the_same_as_one_that_is_always_there() -> None:
    rows = frame(6, lift=0.3)
    late = rows.assign(arm=rows["arm"].where(rows["day"] >= pd.Timestamp(START), 0))

    always = lift_in(panel_from_frame(rows, COLUMNS))
    only_after = lift_in(panel_from_frame(late, COLUMNS))

    assert always == only_after


def test_cost_gives_an_incremental_roas_and_equal_cost_gives_a_reason() -> None:
    paid = lift_in(panel(7, WITH_COST, lift=0.3, cost=10))
    free = lift_in(panel(7, WITH_COST, lift=0.3, cost=0))

    assert paid.iroas is not None and paid.iroas.ci95[0] < paid.iroas.estimate < paid.iroas.ci95[1]
    assert free.iroas is None
    assert "cost cannot be told apart" in str(free.checks["iroas_missing"])


def test_units_without_a_history_are_left_out_and_counted() -> None:
    rows = frame(8)
    rows = rows[~((rows["unit"] == "u3") & (rows["day"] < pd.Timestamp(START)))]

    lift = lift_in(panel_from_frame(rows, COLUMNS))

    assert lift.checks["units_left_out"] == 1
    assert "1 units that lack rows" in lift.reading


def test_a_method_without_the_history_it_needs_is_refused() -> None:
    with pytest.raises(InputInvalid, match="'did' needs periods before the start"):
        lift_in(panel(9, days_before=0), "did")


def csv_of(rows: pd.DataFrame, folder: Path) -> Path:
    path = folder / "panel.csv"
    rows.to_csv(path, index=False)
    return path


def run(path: Path, folder: Path, **options: str) -> tuple[int, Path]:
    out = folder / "result.json"
    given = {"unit": "unit", "time": "day", "outcome": "sales", "treated": "arm", "start": str(START)} | options
    words = [word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", value)]
    with pytest.raises(SystemExit) as exit_:
        run_command(command.main, ["--data", str(path), *words, "--out", str(out)])
    return int(exit_.value.code or 0), out


def test_the_command_writes_the_estimate_and_prints_its_reading(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = run(csv_of(frame(10, lift=0.4, cost=5), tmp_path), tmp_path, cost="cost")

    result = json.loads(out.read_text())
    assert code == 0
    assert {"method", "estimand", "lift_relative", "lift_absolute", "p_value", "checks", "reading"} <= set(result)
    low, high = result["lift_relative"]["ci95"]
    assert low < result["lift_relative"]["estimate"] < high
    assert capsys.readouterr().out.splitlines()[-1] == result["reading"]


def broken(column: str, value: object, lines: tuple[int, ...]) -> pd.DataFrame:
    rows = frame(11, units=6).astype({"sales": object, "day": str, "arm": object})
    for line in lines:
        rows.loc[line - 2, column] = value
    return rows


@pytest.mark.parametrize(
    ("rows", "options", "named"),
    [
        (frame(11, units=6), {"outcome": "revenue"}, "no column 'revenue'; its columns are 'unit', 'day', 'sales'"),
        (broken("sales", "n/a", (4, 9)), {}, "column 'sales': lines 4, 9 hold no number, first 'n/a'"),
        (broken("sales", "inf", (4,)), {}, "line 4"),
        (
            broken("day", "sometime", (5,)),
            {},
            "column 'day': line 5 holds no date like 2026-03-09, first 'sometime'",
        ),
        (broken("arm", "maybe", (6,)), {}, "'maybe'"),
        (frame(11, units=6).assign(arm=0), {}, "0 treated units; at least 2"),
        (frame(11, units=6), {"start": "2030-01-01"}, "no row on or after the start 2030-01-01"),
        (frame(11, units=6), {"start": "soon"}, "--start 'soon' is not a date"),
        (frame(11, units=6, days_before=0), {"method": "cuped"}, "needs periods before the start"),
        (frame(11, units=6).assign(sales=7), {}, "does not vary"),
        (frame(11, units=6).assign(sales=lambda rows: -rows["sales"]), {}, "needs a positive one"),
        (pd.concat([frame(11, units=6)] * 2), {}, "more than one row"),
        (frame(11, units=6), {"expected_share": "1.5"}, "between 0 and 1"),
    ],
)
def test_bad_input_is_one_line_that_names_it(
    rows: pd.DataFrame, options: dict[str, str], named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = run(csv_of(rows, tmp_path), tmp_path, **options)

    errors = capsys.readouterr().err
    assert code == 2
    assert not out.exists()
    assert errors.count("\n") == 1
    assert named in errors


def test_a_unit_that_changes_arm_after_the_start_is_named() -> None:
    rows = frame(12, units=6)
    rows.loc[rows.index[rows["unit"] == "u0"][-1], "arm"] = 1 - rows.loc[rows["unit"] == "u0", "arm"].iloc[0]

    with pytest.raises(InputInvalid, match="unit 'u0' is both treated and untreated"):
        lift_in(panel_from_frame(rows, COLUMNS))


def test_a_file_with_another_delimiter_says_so(tmp_path: Path) -> None:
    path = tmp_path / "panel.csv"
    path.write_text("unit;day;sales;arm\nu1;2026-03-01;4;1\n")

    with pytest.raises(InputInvalid, match="do not seem to be separated by commas"):
        read_panel(path, COLUMNS)


@pytest.mark.parametrize("text", ["", "\n", "unit,day,sales,arm\n", "unit,day,sales,arm\nu1,2026-03-01\n"])
def test_an_empty_or_ragged_file_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "panel.csv"
    path.write_text(text)

    with pytest.raises(InputInvalid):
        read_panel(path, Columns("unit", "day", "sales", "arm"))
