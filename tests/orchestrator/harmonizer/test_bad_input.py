"""A file that is wrong gives a message to act on, and a row that is wrong goes to the rejects; nothing disappears."""

import gzip
from pathlib import Path

import pytest

from orchestrator.harmonizer import Outputs, harmonize_to_rmis
from schemas.errors import InputInvalid
from tests.orchestrator.harmonizer.writing import HEADER, ROW, harmonize, write


def refusal(path: Path) -> str:
    with pytest.raises(InputInvalid) as caught:
        harmonize(path)
    return str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "no file" in refusal(tmp_path / "nowhere.csv")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "report.csv"
    path.write_bytes(content)

    assert "is empty" in refusal(path)


def test_column_names_without_rows_are_refused(tmp_path: Path) -> None:
    assert "no rows" in refusal(write(tmp_path))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (bytes(range(256)) * 20, "binary"),
        (b"\x89PNG\r\n\x1a\n", "an image"),
        (b"PAR1\x15\x04", "a Parquet file"),
        (b"PK\x03\x04 not a zip after all", "not a readable XLSX"),
        (gzip.compress(b"Day,SKU\n" * 100)[:30], "damaged gzip"),
        (b'[{"date": "2026-01-05"}]', "is JSON"),
    ],
)
def test_what_is_no_report_is_refused_by_what_it_is(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "report.csv"
    path.write_bytes(content)

    assert kind in refusal(path)


def test_a_delimiter_nobody_uses_is_named_with_those_that_are(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, ROW.replace(",", "^"), header=HEADER.replace(",", "^")))

    assert "one column only" in message
    assert "comma, semicolon, tab, pipe" in message


def test_rows_delimited_otherwise_than_their_header_are_refused_with_an_example(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, *[ROW.replace(",", ";")] * 3))

    assert "no row of 'report.csv' has the shape of its header" in message
    assert "line 2" in message


def test_a_missing_required_column_is_named_with_the_columns_there_are(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, "2026-01-05,A-1,search,100,5,1,10.50", header=HEADER.removesuffix(",Spend")))

    assert "no column for cost" in message
    assert "'Impressions'" in message
    assert "--mapping" in message


def test_one_row_in_ten_broken_leaves_the_other_nine(tmp_path: Path) -> None:
    broken = ["garbage", "2026-01-05,A-1,search,100", '2026-01-05,"A-1,search,100,5,1,10.50,2.25']
    lines = [broken[number // 10 % 3] if number % 10 == 0 else ROW for number in range(60)]

    done = harmonize(write(tmp_path, *lines))

    assert (done.rows, done.rejected) == (54, 6)
    assert list(done.rejects["line"]) == [2, 12, 22, 32, 42, 52]
    assert list(done.rejects["row"]) == [lines[number] for number in range(0, 60, 10)]


def test_a_quote_that_is_never_closed_costs_its_own_row_only(tmp_path: Path) -> None:
    done = harmonize(write(tmp_path, ROW, '2026-01-06,"A-1,search,100,5,1,10.50,2.25', *[ROW] * 30))

    assert done.rows == 31
    assert list(done.rejects["reason"]) == ["its quotes do not pair"]


def test_a_quoted_cell_may_hold_line_breaks_delimiters_and_quotes(tmp_path: Path) -> None:
    header = f"Product,{HEADER}"

    done = harmonize(write(tmp_path, f'"Roast, ""No. 1""\nblend",{ROW}', f"x,{ROW}", header=header))

    assert list(done.records["source_line"]) == [2, 4]


def test_every_field_that_does_not_fit_is_in_the_reason(tmp_path: Path) -> None:
    done = harmonize(write(tmp_path, ROW, "2026-13-05,,nowhere,ten,5.5,-1,,2.25%"))

    assert done.rejects["reason"][0].split("; ") == [
        "date '2026-13-05' is not a day written %Y-%m-%d",
        "sku_id is empty",
        "placement_type is not stated by 'nowhere'",
        "impressions 'ten' is not a whole number",
        "clicks '5.5' is not a whole number",
        "conversions '-1' is negative",
        "revenue is empty",
        "cost '2.25%' is not an amount written 1,234.56",
    ]
    assert done.report.reject_reasons["impressions"] == 1


def test_an_empty_outcome_is_rejected_and_not_taken_as_zero(tmp_path: Path) -> None:
    done = harmonize(write(tmp_path, ROW, "2026-01-05,A-1,search,100,5,,10.50,2.25"))

    assert list(done.rejects["reason"]) == ["conversions is empty"]


def test_a_number_too_large_to_hold_is_rejected(tmp_path: Path) -> None:
    done = harmonize(write(tmp_path, ROW, f"2026-01-05,A-1,search,{'9' * 25},5,1,10.50,{'9' * 17}"))

    assert done.rows == 1
    assert set(done.report.reject_reasons) == {"impressions", "cost"}


def test_a_file_in_which_nothing_fits_says_the_commonest_reason_and_keeps_the_rows(tmp_path: Path) -> None:
    path = write(tmp_path, *[ROW.replace("search", "Spring promo")] * 3)

    message = refusal(path)

    assert "none of the 3 rows" in message
    assert "'Spring promo'" in message
    assert "--placement" in message
    assert (tmp_path / "out" / "report.rejects.csv").read_text().count("Spring promo") == 6
    assert not (tmp_path / "out" / "report.rmis.parquet").exists()


def test_a_totals_row_is_not_data(tmp_path: Path) -> None:
    totals = ["Total,,,200,10,2,21.00,4.50", "Grand total:,,,200", ",,Total,200,10,2,21.00,4.50"]

    done = harmonize(write(tmp_path, ROW, ROW.replace("A-1", "A-2"), *totals))

    assert done.records["impressions"].sum() == 200
    assert done.report.totals_lines == (4, 5, 6)
    assert done.rejected == 0


def test_a_product_called_total_is_data(tmp_path: Path) -> None:
    header = "SKU,Day,Placement,Impressions,Clicks,Orders,Sales,Spend"
    rows = ["Total Cereal,2026-01-05,search,100,5,1,10.50,2.25", "Total,,,100,5,1,10.50,2.25"]

    done = harmonize(write(tmp_path, *rows, header=header))

    assert list(done.records["sku_id"]) == ["Total Cereal"]
    assert done.report.totals_lines == (3,)


def test_a_total_that_the_rows_do_not_add_up_to_is_pointed_out(tmp_path: Path) -> None:
    complete = harmonize(write(tmp_path, ROW, "Total,,,100,5,1,10.50,2.25"))
    cut_short = harmonize(write(tmp_path, ROW, "Total,,,200,10,2,21.00,4.50"))

    assert not any("totals row" in warning for warning in complete.report.warnings)
    assert "the totals row in line 3 states cost 4.50; the rows add up to 2.25" in cut_short.report.warnings


def test_a_repeated_column_name_with_other_values_is_refused(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, f"{ROW},9.99", header=f"{HEADER},Spend"))

    assert "'Spend' appears twice with different values" in message
    assert "'Spend (2)'" in message


def test_a_repeated_column_name_can_be_told_apart_by_the_mapping(tmp_path: Path) -> None:
    path = write(tmp_path, f"{ROW},9.99", header=f"{HEADER},Spend")

    done = harmonize(path, mapping={"Spend": "unused", "Spend (2)": "cost"})

    assert list(done.records["cost"]) == [9_990_000]


def test_a_repeated_column_with_the_same_values_is_read_once(tmp_path: Path) -> None:
    done = harmonize(write(tmp_path, f"{ROW},2.25", header=f"{HEADER},Spend"))

    assert list(done.records["cost"]) == [2_250_000]
    assert done.mapping["Spend (2)"]["status"] == "duplicate"


def test_a_line_that_is_not_utf8_is_rejected_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    good, bad = ROW.replace("A-1", "Käse").encode(), ROW.replace("A-1", "Käse").encode("cp1252")
    path.write_bytes(b"\n".join([HEADER.encode(), good, bad, good]) + b"\n")

    done = harmonize(path)

    assert list(done.records["sku_id"]) == ["Käse", "Käse"]
    assert list(done.rejects["line"]) == [3]


def test_rows_that_repeat_exactly_are_kept_and_pointed_out(tmp_path: Path) -> None:
    done = harmonize(write(tmp_path, ROW, ROW))

    assert done.rows == 2
    assert any("1 rows repeat another row exactly" in warning for warning in done.report.warnings)


def test_a_file_with_several_retailers_is_pointed_out(tmp_path: Path) -> None:
    one = harmonize(write(tmp_path, f"{ROW},Shop", f"{ROW},Shop", header=f"{HEADER},retailerName"))
    two = harmonize(write(tmp_path, f"{ROW},Shop", f"{ROW},Other", header=f"{HEADER},retailerName"))

    assert not any("retailers" in warning for warning in one.report.warnings)
    assert any("names 2 retailers (Other, Shop)" in warning for warning in two.report.warnings)


def test_the_export_is_never_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path, ROW)
    before = path.read_bytes()

    for outputs in (Outputs(path, tmp_path / "r.csv"), Outputs(tmp_path / "a", tmp_path / "a")):
        with pytest.raises(InputInvalid):
            harmonize_to_rmis(path, "retailer_a", outputs=outputs)

    assert path.read_bytes() == before
