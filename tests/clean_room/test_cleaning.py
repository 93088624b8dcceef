import duckdb
import numpy as np
import pandas as pd
import pytest

from clean_room.cleaning import LARGEST_VALUE, Cleaned, clean_events
from schemas.errors import InputInvalid
from tests.clean_room.worlds import exposures, with_ids


def cleaned(log: pd.DataFrame) -> Cleaned:
    with duckdb.connect() as connection:
        connection.register("raw", log)
        return clean_events(connection, "raw")


@pytest.mark.parametrize("metric", ["impressions", "clicks", "conversions", "revenue_micros", "cost_micros"])
@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf, -1.0, 1e308, 0.5, LARGEST_VALUE + 1.0])
def test_a_poisoned_row_is_quarantined_and_the_others_stay(metric: str, poison: float) -> None:
    log = with_ids(exposures(5))
    log[metric] = log[metric].astype(float)
    log.loc[2, metric] = poison

    result = cleaned(log)

    assert (len(result.events), result.quarantined) == (4, 1)


def test_a_metric_that_is_text_is_quarantined_unless_it_is_a_number() -> None:
    log = with_ids(exposures(3))
    log["clicks"] = ["1", "secret-17", "2"]

    result = cleaned(log)

    assert (len(result.events), result.quarantined) == (2, 1)


def test_minus_zero_is_zero() -> None:
    log = with_ids(exposures(2))
    log["cost_micros"] = [-0.0, 1.0]

    assert cleaned(log).events.metrics[:, 4].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("column", "value"),
    [("placement_type", "sponsored_video"), ("placement_type", None), ("date", None), ("event_id", None)],
)
def test_a_row_without_a_day_an_id_or_a_known_placement_is_quarantined(column: str, value: object) -> None:
    log = with_ids(exposures(4))
    log[column] = log[column].astype(object)
    log.loc[1, column] = value

    assert cleaned(log).quarantined == 1


def test_a_repeated_event_counts_once_whatever_the_order_of_the_file() -> None:
    log = with_ids(exposures(10))
    changed = log.assign(clicks=7)

    one, other = cleaned(pd.concat([log, changed, log])), cleaned(pd.concat([changed, log, log]))

    assert (len(one.events), one.repeated) == (10, 20)
    assert np.array_equal(np.sort(one.events.metrics, axis=0), np.sort(other.events.metrics, axis=0))


def test_ids_that_stand_for_nobody_count_as_one_person_together() -> None:
    nobody = [None, "", " ", "0", "NULL", "nan", "None", "unknown", "-1", "00000000-0000-0000-0000-000000000000"]
    log = with_ids(exposures(len(nobody))).assign(customer_id=nobody)

    assert len(np.unique(cleaned(log).events.people)) == 1


def test_spelling_an_id_in_another_case_makes_no_other_person() -> None:
    log = with_ids(exposures(3)).assign(customer_id=["Household-1", "household-1 ", "HOUSEHOLD-1"])

    assert len(np.unique(cleaned(log).events.people)) == 1


def test_missing_columns_are_named() -> None:
    with pytest.raises(InputInvalid, match="no column clicks, cost"):
        cleaned(with_ids(exposures(1)).drop(columns=["clicks", "cost_micros"]))


def test_a_value_of_the_log_is_never_read_as_sql() -> None:
    log = with_ids(exposures(2, sku="'); DROP TABLE raw; --", person_prefix="'; SELECT 1"))

    assert cleaned(log).events.sku_names == ("'); DROP TABLE raw; --",)


def test_ids_that_the_log_resolves_to_one_household_are_one_person() -> None:
    log = with_ids(exposures(6)).assign(household_id=["h1", " H1", "h2", None, "", "unknown"])

    assert people_of(log) == 2 + 3  # two households, and three people whose household is not known


def test_a_customer_seen_in_several_households_is_still_one_person() -> None:
    log = with_ids(exposures(4)).assign(customer_id=["c", "c", "C ", "c"], household_id=["h1", "h2", None, "h3"])

    assert people_of(log) == 1


def test_rows_without_a_customer_are_told_apart_by_household_only() -> None:
    log = with_ids(exposures(4)).assign(customer_id=[None, "0", "", None], household_id=["h1", "h2", None, "0"])

    assert people_of(log) == 3


def people_of(log: pd.DataFrame) -> int:
    return len(np.unique(cleaned(log).events.people))
