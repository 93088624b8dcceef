"""`python -m orchestrator harmonize`, as a person runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from orchestrator.commands.harmonize import main
from schemas.errors import DataMissing, InputInvalid
from tests.data.exports.delivery import make_catalogue
from tests.orchestrator.harmonizer.writing import HEADER, ROW, write


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "orchestrator", "harmonize", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_report_becomes_rmis_rejects_a_mapping_and_a_report(tmp_path: Path) -> None:
    path = write(tmp_path, ROW, "broken", "Total,,,100,5,1,10.50,2.25")
    out = tmp_path / "deep" / "rmis.parquet"

    done = run(
        path, "--retailer", "shop", "--out", out, "--mapping-out", tmp_path / "m.json", "--report", tmp_path / "r"
    )

    assert done.returncode == 0, done.stderr
    rejects = out.with_name("rmis.rejects.csv")
    assert done.stdout.splitlines()[-1] == f"1 rows harmonised, 1 totals rows left out, 1 rejected → {rejects}"
    assert list(pd.read_parquet(out)["retailer_id"]) == ["shop"]
    assert rejects.read_text() == 'line,reason,row\n3,"number of cells: 1, the header has 8",broken\n'
    assert json.loads((tmp_path / "m.json").read_text())["Spend"]["field"] == "cost"
    assert json.loads((tmp_path / "r").read_text())["rows_in"] == 3


def test_a_wrong_file_is_one_line_and_exit_2(tmp_path: Path) -> None:
    done = run(tmp_path / "nowhere.csv", "--retailer", "shop", "--out", tmp_path / "o.parquet")

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_the_retailer_is_taken_from_the_file_name_or_asked_for(tmp_path: Path) -> None:
    named = write(tmp_path, ROW, name="retailer_b__report.csv")

    assert main([str(named), "--out", str(tmp_path / "o.parquet")]) == 0
    assert set(pd.read_parquet(tmp_path / "o.parquet")["retailer_id"]) == {"retailer_b"}
    with pytest.raises(InputInvalid, match="--retailer"):
        main([str(write(tmp_path, ROW)), "--out", str(tmp_path / "o.parquet")])


def test_a_mapping_to_review_is_written_before_it_is_asked_for_and_serves_once_corrected(tmp_path: Path) -> None:
    path = write(tmp_path, ROW, name="shop__x.csv", header=HEADER.replace("Spend", "Total paid ad spend"))
    out, mapping = str(tmp_path / "o.parquet"), str(tmp_path / "m.json")

    with pytest.raises(InputInvalid, match=r"--accept-review.*m\.json"):
        main([str(path), "--out", out, "--mapping-out", mapping])

    assert json.loads(Path(mapping).read_text())["Total paid ad spend"]["status"] == "review"
    assert main([str(path), "--out", out, "--mapping", mapping]) == 0
    assert main([str(path), "--out", out, "--accept-review"]) == 0


def test_a_catalogue_resolves_ids(tmp_path: Path) -> None:
    make_catalogue(2).to_parquet(tmp_path / "catalogue.parquet")
    path = write(tmp_path, ROW.replace("A-1", "B0XAN00001"), name="shop__x.csv", header=HEADER.replace("SKU", "ASIN"))

    main([str(path), "--out", str(tmp_path / "o.parquet"), "--catalogue", str(tmp_path / "catalogue.parquet")])

    assert list(pd.read_parquet(tmp_path / "o.parquet")["sku_id"]) == ["XAN-001"]


def test_a_catalogue_that_is_missing_or_has_no_skus_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, ROW, name="shop__x.csv")
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    (tmp_path / "bad.parquet").write_text("no parquet")
    arguments = [str(path), "--out", str(tmp_path / "o.parquet"), "--catalogue"]

    with pytest.raises(DataMissing, match="python -m data generate"):
        main([*arguments, str(tmp_path / "nowhere.parquet")])
    with pytest.raises(InputInvalid, match="no column 'sku_id'"):
        main([*arguments, str(tmp_path / "bad.csv")])
    with pytest.raises(InputInvalid, match="cannot read the catalogue"):
        main([*arguments, str(tmp_path / "bad.parquet")])


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--currency", "XYZ"),
        ("--date-format", "%Q"),
        ("--date-format", "%m/%Y"),
        ("--mapping", "nowhere.json"),
        ("--click-days", "-1"),
    ],
)
def test_a_wrong_option_names_itself(tmp_path: Path, option: str, value: str) -> None:
    path = write(tmp_path, ROW, name="shop__x.csv")

    with pytest.raises(InputInvalid, match=value):
        main([str(path), "--out", str(tmp_path / "o.parquet"), option, value])


def test_a_mapping_that_is_not_json_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, ROW, name="shop__x.csv")
    (tmp_path / "m.json").write_text("{")

    with pytest.raises(InputInvalid, match="not JSON"):
        main([str(path), "--out", str(tmp_path / "o.parquet"), "--mapping", str(tmp_path / "m.json")])
