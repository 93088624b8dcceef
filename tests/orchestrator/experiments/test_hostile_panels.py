"""Panels as people bring them: read when they can be read one way, refused with the reason when they cannot."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from orchestrator.tools.experiments import Columns, panel_from_frame, read_panel
from schemas.errors import InputInvalid
from tests.orchestrator.experiments.panels import COLUMNS, START, frame, lift_in

ROWS = frame(1, units=24, lift=0.2)
USUAL = lift_in(panel_from_frame(ROWS, COLUMNS))


def with_days(way: str) -> pd.DataFrame:
    return ROWS.assign(day=ROWS["day"].dt.strftime(way))


@pytest.mark.parametrize(
    "way",
    ["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d %b %Y", "%B %d, %Y", "%Y-%m-%dT00:00:00+02:00"],
)
def test_a_date_means_the_same_however_it_is_written(way: str) -> None:
    assert lift_in(panel_from_frame(with_days(way), COLUMNS)) == USUAL


def test_iso_weeks_are_their_mondays() -> None:
    weekly = ROWS[ROWS["day"].dt.day_of_week == 0]

    by_week = panel_from_frame(weekly.assign(day=weekly["day"].dt.strftime("%G-W%V")), COLUMNS)

    assert by_week.times.equals(panel_from_frame(weekly, COLUMNS).times)


def test_dates_that_can_be_read_two_ways_are_refused_until_the_format_is_said() -> None:
    early = ROWS[ROWS["day"].dt.day <= 12]
    early = early.assign(day=early["day"].dt.strftime("%d/%m/%Y"))

    with pytest.raises(InputInvalid, match="can be '%d/%m/%Y' or '%m/%d/%Y'; say which with --time-format"):
        panel_from_frame(early, COLUMNS)
    said = panel_from_frame(early, Columns("unit", "day", "sales", "arm", time_format="%d/%m/%Y"))
    assert said.times.max() == pd.Timestamp(2026, 3, 12)


def test_rows_in_any_order_give_the_same_lift() -> None:
    assert lift_in(panel_from_frame(ROWS.sample(frac=1, random_state=0), COLUMNS)) == USUAL


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_a_file_may_be_csv_parquet_or_a_workbook(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"panel.{ending}"
    if ending == "csv":
        ROWS.to_csv(path, index=False)
    elif ending == "parquet":
        ROWS.to_parquet(path)
    else:
        ROWS.to_excel(path, index=False)

    assert lift_in(read_panel(path, COLUMNS)).lift_relative.estimate == pytest.approx(USUAL.lift_relative.estimate)


@pytest.mark.parametrize("ending", ["parquet", "xlsx"])
def test_a_file_that_is_not_what_its_ending_says_is_refused(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"panel.{ending}"
    path.write_text("unit,day,sales,arm\n")

    with pytest.raises(InputInvalid, match="cannot be read as"):
        read_panel(path, COLUMNS)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match=r"no file '.*nothing\.csv'"):
        read_panel(tmp_path / "nothing.csv", COLUMNS)


def test_an_outcome_that_is_missing_is_refused_by_line() -> None:
    rows = ROWS.copy()
    rows.loc[[3, 9], "sales"] = np.nan

    with pytest.raises(InputInvalid, match="column 'sales': lines 3, 9 hold no number, first nan"):
        panel_from_frame(rows, COLUMNS)


def test_a_row_without_a_unit_is_refused_by_line() -> None:
    rows = ROWS.astype({"unit": object}).copy()
    rows.loc[4, "unit"] = None

    with pytest.raises(InputInvalid, match="column 'unit': line 4 holds no name"):
        panel_from_frame(rows, COLUMNS)


def test_one_unit_is_not_a_panel_of_arms() -> None:
    with pytest.raises(InputInvalid, match="at least 2 are needed"):
        lift_in(panel_from_frame(ROWS[ROWS["unit"] == "u1"], COLUMNS))


def test_a_staggered_start_is_refused_with_the_unit_and_its_days() -> None:
    later = pd.Timestamp(START) + pd.Timedelta(days=7)
    unit = ROWS.loc[ROWS["arm"] == 1, "unit"].iloc[0]
    rows = ROWS.assign(arm=ROWS["arm"].where((ROWS["unit"] != unit) | (ROWS["day"] >= later), 0))

    with pytest.raises(InputInvalid, match=rf"unit '{unit}' is both .*untreated on 2026-03-02, treated on 2026-03-09"):
        lift_in(panel_from_frame(rows, COLUMNS))


def test_a_start_later_than_the_treatment_is_refused() -> None:
    early = pd.Timestamp(START) - pd.Timedelta(days=5)
    rows = ROWS.assign(arm=ROWS["arm"].where(ROWS["day"] >= early, 0))

    with pytest.raises(InputInvalid, match="treated on 2026-02-25, before the start 2026-03-02"):
        lift_in(panel_from_frame(rows, COLUMNS))


def test_a_unit_whose_treatment_ended_at_the_start_is_refused() -> None:
    unit = ROWS.loc[ROWS["arm"] == 0, "unit"].iloc[0]
    rows = ROWS.assign(arm=ROWS["arm"].where((ROWS["unit"] != unit) | (ROWS["day"] >= pd.Timestamp(START)), 1))

    with pytest.raises(InputInvalid, match=f"unit '{unit}' is flagged as treated on .* before the start"):
        lift_in(panel_from_frame(rows, COLUMNS))


def test_units_that_were_chosen_are_no_experiment_and_need_a_history() -> None:
    chosen = lift_in(panel_from_frame(ROWS, COLUMNS), is_randomised=False)

    assert chosen.method == "did"
    assert chosen.method_class == "model-based counterfactuals"
    assert any("chosen, not drawn" in limit for limit in chosen.limits)
    with pytest.raises(InputInvalid, match="need a history"):
        lift_in(panel_from_frame(frame(2, days_before=0), COLUMNS), is_randomised=False)


def test_the_table_holds_the_means_that_the_difference_is_made_of() -> None:
    lift = lift_in(panel_from_frame(ROWS, COLUMNS), "did")
    treated, untreated, effect = lift.table

    for row, arm in ((treated, 1), (untreated, 0)):
        of_arm = ROWS[ROWS["arm"] == arm]
        assert row.mean_after == pytest.approx(of_arm[of_arm["day"] >= pd.Timestamp(START)]["sales"].mean())
        assert row.units == of_arm["unit"].nunique()
    assert treated.change is not None and untreated.change is not None
    assert effect.change == pytest.approx(treated.change - untreated.change)
    assert effect.ci95 == lift.lift_absolute.ci95


def test_units_too_unlike_for_a_level_get_an_interval_that_says_it_is_approximate() -> None:
    rows = frame(5, units=8, size_spread=2.5)

    lift = lift_in(panel_from_frame(rows, COLUMNS), "welch")

    assert "cannot be told from 0" in str(lift.checks["relative_interval"])
    assert any("approximate" in limit for limit in lift.limits)
    assert lift.lift_relative.ci95[0] > -1
