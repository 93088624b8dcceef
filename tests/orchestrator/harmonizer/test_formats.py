"""Dates, numbers, currencies, encodings and layouts as different places write them."""

import gzip
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from orchestrator.harmonizer import Choices
from schemas.errors import InputInvalid
from schemas.tasks import PlacementType
from tests.orchestrator.harmonizer.writing import HEADER, ROW, harmonize, write


def row(day: str = "2026-01-05", impressions: str = "100", sales: str = "10.50", spend: str = "2.25") -> str:
    return f'{day},A-1,search,"{impressions}",5,1,"{sales}","{spend}"'


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-01-13", date(2026, 1, 13)),
        ("2026-01-13T00:00:00Z", date(2026, 1, 13)),
        ("20260113", date(2026, 1, 13)),
        ("1/13/2026", date(2026, 1, 13)),
        ("13/01/2026", date(2026, 1, 13)),
        ("13.01.2026", date(2026, 1, 13)),
        ("13.01.26", date(2026, 1, 13)),
        ("46035", date(2026, 1, 13)),
        ("13-Jan-2026", date(2026, 1, 13)),
    ],
)
def test_a_day_is_read_however_it_is_written(tmp_path: Path, written: str, meant: date) -> None:
    done = harmonize(write(tmp_path, row(day=written)))

    assert list(done.records["date"]) == [meant]


def test_one_unmistakable_day_settles_the_whole_column(tmp_path: Path) -> None:
    day_first = harmonize(write(tmp_path, row(day="05/01/2026"), row(day="13/01/2026")))
    month_first = harmonize(write(tmp_path, row(day="01/05/2026"), row(day="01/13/2026")))

    assert list(day_first.records["date"]) == [date(2026, 1, 5), date(2026, 1, 13)]
    assert list(month_first.records["date"]) == [date(2026, 1, 5), date(2026, 1, 13)]


def test_days_that_fit_both_ways_are_read_as_days_in_a_row_and_it_is_said(tmp_path: Path) -> None:
    done = harmonize(write(tmp_path, *[row(day=f"{day:02d}/02/2026") for day in range(1, 8)]))

    assert list(done.records["date"]) == [date(2026, 2, day) for day in range(1, 8)]
    assert any("%m/%d/%Y would also fit" in warning for warning in done.report.warnings)


def test_a_day_that_fits_both_ways_is_a_persons_decision(tmp_path: Path) -> None:
    path = write(tmp_path, row(day="03/04/2026"))

    with pytest.raises(InputInvalid, match="--date-format"):
        harmonize(path)
    done = harmonize(path, choices=Choices(date_format="%d/%m/%Y"))

    assert list(done.records["date"]) == [date(2026, 4, 3)]


def test_days_that_change_places_when_read_the_other_way_are_a_persons_decision(tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match="--date-format"):
        harmonize(write(tmp_path, row(day="01/02/2026"), row(day="02/01/2026")))


def test_a_row_in_another_date_format_than_its_column_is_rejected(tmp_path: Path) -> None:
    done = harmonize(write(tmp_path, *[row(day=f"2026-01-{day:02d}") for day in range(5, 9)], row(day="01/09/2026")))

    assert list(done.rejects["reason"]) == ["date '01/09/2026' is not a day written %Y-%m-%d"]


@pytest.mark.parametrize(
    ("impressions", "sales", "spend"),
    [
        ("1,234", "1,010.50", "2.25"),
        ("1.234", "1.010,50", "2,25"),
        ("1 234", "1 010,50", "2,25"),
        ("1'234", "1'010.50", "2.25"),
        ("1234", "$1,010.50", "$ 2.25"),
        ("1234.0", "USD 1010.50", "2.25 USD"),
        ("1.234e3", "1.0105e3", "2.25"),
        ("1\u00a0234", "1\u202f010,50\u00a0$", "2,25\u00a0$"),
    ],
)
def test_a_number_is_read_however_it_is_written(tmp_path: Path, impressions: str, sales: str, spend: str) -> None:
    records = harmonize(write(tmp_path, row(impressions=impressions, sales=sales, spend=spend))).records

    assert (records["impressions"][0], records["revenue"][0], records["cost"][0]) == (1_234, 1_010_500_000, 2_250_000)


def test_thousands_in_counts_settle_how_amounts_are_written(tmp_path: Path) -> None:
    done = harmonize(write(tmp_path, row(impressions="1.234", sales="10", spend="2.250")))

    assert list(done.records["cost"]) == [2_250_000_000]
    assert done.report.number_style == "1.234,56"


def test_a_negative_amount_in_brackets_is_not_read_as_positive(tmp_path: Path) -> None:
    done = harmonize(write(tmp_path, ROW, row(spend="($2.25)")))

    assert list(done.rejects["reason"]) == ["cost '($2.25)' is negative"]


@pytest.mark.parametrize(("header", "micros"), [("Spend", 2_000_000), ("Spend cents", 20_000), ("Spend micros", 2)])
def test_the_unit_in_a_column_name_is_applied(tmp_path: Path, header: str, micros: int) -> None:
    done = harmonize(write(tmp_path, row(spend="2"), header=HEADER.replace("Spend", header)))

    assert list(done.records["cost"]) == [micros]


@pytest.mark.parametrize(
    ("header", "sales", "code"),
    [
        (HEADER, "€ 10.50", "EUR"),
        (HEADER, "CA$10.50", "CAD"),
        (HEADER, "10.50 GBP", "GBP"),
        (HEADER.replace("Sales", "Sales (AUD)"), "10.50", "AUD"),
        (HEADER.replace("Sales", "Sales (£)"), "10.50", "GBP"),
    ],
)
def test_the_currency_is_taken_from_where_the_file_states_it(
    tmp_path: Path, header: str, sales: str, code: str
) -> None:
    done = harmonize(write(tmp_path, row(sales=sales), header=header))

    assert list(done.records["currency"]) == [code]


def test_a_dollar_sign_gives_way_to_the_currency_column(tmp_path: Path) -> None:
    done = harmonize(write(tmp_path, f"{row(spend='$2.25')},CAD", header=f"{HEADER},Currency"))

    assert list(done.records["currency"]) == ["CAD"]


def test_an_amount_in_another_currency_than_its_row_is_rejected(tmp_path: Path) -> None:
    done = harmonize(write(tmp_path, f"{ROW},USD", f"{row(spend='€2.25')},USD", header=f"{HEADER},Currency"))

    assert list(done.rejects["reason"]) == ["cost '€2.25' is not in the row's currency 'USD'"]


def test_mixed_currencies_stay_on_their_rows_and_are_pointed_out(tmp_path: Path) -> None:
    done = harmonize(write(tmp_path, f"{ROW},USD", f"{ROW},EUR", f"{ROW},eur", header=f"{HEADER},Currency"))

    assert list(done.records["currency"]) == ["USD", "EUR", "EUR"]
    assert done.report.currencies == {"EUR": 2, "USD": 1}
    assert any("mixed currencies" in warning for warning in done.report.warnings)


def test_a_currency_nobody_stated_is_assumed_aloud_or_given(tmp_path: Path) -> None:
    path = write(tmp_path, ROW)

    assumed = harmonize(path)
    given = harmonize(path, choices=Choices(currency="SEK"))

    assert any("taken as USD" in warning for warning in assumed.report.warnings)
    assert list(given.records["currency"]) == ["SEK"]
    assert not any("currency" in warning for warning in given.report.warnings)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_an_encoding_is_found_out(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "report.csv"
    path.write_bytes(f"{HEADER}\n{ROW.replace('A-1', 'Käse')}\n".encode(encoding))

    assert list(harmonize(path).records["sku_id"]) == ["Käse"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_delimiter_is_found_out(tmp_path: Path, delimiter: str) -> None:
    done = harmonize(write(tmp_path, ROW.replace(",", delimiter), header=HEADER.replace(",", delimiter)))

    assert done.rows == 1


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_endings_of_other_systems_are_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "report.csv"
    path.write_bytes(ending.join([HEADER, ROW, ROW]).encode())

    assert list(harmonize(path).records["source_line"]) == [2, 3]


def test_a_gzipped_report_is_read(tmp_path: Path) -> None:
    path = tmp_path / "report.csv.gz"
    path.write_bytes(gzip.compress(f"{HEADER}\n{ROW}\n".encode()))

    assert harmonize(path).rows == 1


def test_lines_above_the_column_names_are_passed_over_and_lines_are_numbered_as_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text(f'Report,"Sponsored, all"\nPeriod,January\n\n{HEADER}\n\n{ROW}\nbroken\n')

    done = harmonize(path)

    assert done.report.header_line == 4
    assert done.report.blank_lines == 1
    assert list(done.records["source_line"]) == [6]
    assert list(done.rejects["line"]) == [7]


def test_a_german_report_is_read_by_its_own_names(tmp_path: Path) -> None:
    header = (
        "Datum;Werbe-SKU;SKU;Währung;Kampagnenname;Impressionen;Klicks;Ausgaben;"
        "Gesamtumsatz in 7 Tagen;Gesamtzahl der Bestellungen in 7 Tagen (#)"
    )
    path = write(tmp_path, "13.01.2026;-;A-1;EUR;XAN search;1.234;12;6,00;59,90;2", header=header)

    done = harmonize(path)

    record = done.records.iloc[0]
    assert (record["impressions"], record["revenue"], record["cost"]) == (1_234, 59_900_000, 6_000_000)
    assert done.report.attribution_click_days == 7


def test_the_sheet_with_the_report_is_found_in_a_workbook(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["About this report"])
    sheet = book.create_sheet("Report")
    sheet.append(["Period", "January"])
    sheet.append(HEADER.split(","))
    sheet.append([datetime(2026, 1, 5), "A-1", "search", 100, 5, 1, 10.5, "$2.25"])
    sheet.append([date(2026, 1, 6), 4711, "search", 100, 5, 1, 10.5])
    book.save(tmp_path / "report.xlsx")

    done = harmonize(tmp_path / "report.xlsx")

    assert list(done.records["date"]) == [date(2026, 1, 5)]
    assert list(done.rejects["line"]) == [4]
    assert list(done.rejects["reason"]) == ["cost is empty"]


@pytest.mark.parametrize(
    ("header", "stated", "meant"),
    [
        ("Placement", "Top of Search on-Amazon", PlacementType.SPONSORED_SEARCH),
        ("Placement", "Detail Page on-Amazon", PlacementType.SPONSORED_NATIVE),
        ("Placement type", "sponsored_display", PlacementType.SPONSORED_DISPLAY),
        ("Page type", "productDetail", PlacementType.SPONSORED_NATIVE),
        ("Campaign Name", "XAN | SD | coffee", PlacementType.SPONSORED_DISPLAY),
        ("Campaign Name", "research days_search_2026", PlacementType.SPONSORED_SEARCH),
    ],
)
def test_a_placement_is_read_from_the_words_of_its_column(
    tmp_path: Path, header: str, stated: str, meant: PlacementType
) -> None:
    done = harmonize(write(tmp_path, ROW.replace("search", stated), header=HEADER.replace("Placement", header)))

    assert list(done.records["placement_type"]) == [meant]


def test_a_campaign_that_names_two_placements_names_none(tmp_path: Path) -> None:
    header = HEADER.replace("Placement", "Campaign")

    done = harmonize(write(tmp_path, ROW, ROW.replace("search", "search and display"), header=header))

    assert list(done.rejects["reason"]) == ["placement_type is not stated by 'search and display'"]


def test_a_display_banner_on_a_search_page_is_display(tmp_path: Path) -> None:
    header = HEADER.replace("Placement", "Page type") + ",Media type"

    done = harmonize(write(tmp_path, f"{ROW},display", header=header))

    assert list(done.records["placement_type"]) == [PlacementType.SPONSORED_DISPLAY]


def test_a_placement_given_for_all_rows_fills_in_only_where_none_is_stated(tmp_path: Path) -> None:
    path = write(tmp_path, ROW, ROW.replace("search", "Spring promo"))

    done = harmonize(path, choices=Choices(placement=PlacementType.SPONSORED_NATIVE))

    assert list(done.records["placement_type"]) == ["sponsored_search", "sponsored_native"]
