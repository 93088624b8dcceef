"""Market directories: whole or not at all, rebuilt exactly, and never in the place of something else."""

import json
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest

from data.directory import replace_directory
from data.market import load_market, write_market
from schemas.errors import DataMissing, InputInvalid
from tests.data.small_market import small_market


@pytest.fixture(scope="module")
def market_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("market") / "written"
    write_market(small_market(), out)
    return out


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_written_market_has_the_files_of_every_party(market_dir: Path) -> None:
    names = {str(path.relative_to(market_dir)) for path in market_dir.rglob("*") if path.is_file()}

    assert {
        "market.json",
        "events.parquet",
        "catalogue.parquet",
        "truth.parquet",
        "truth_portfolio.parquet",
        "private/brand_x.parquet",
        "private/brand_x_outlook.parquet",
        "private/brand_y.parquet",
        "private/brand_y_outlook.parquet",
        "exports/brand_x/retailer_a__amazon_ads_v3.csv",
        "exports/brand_x/retailer_a__amazon_console.xlsx",
        "exports/brand_x/retailer_b__criteo_retail_media.csv",
        "exports/brand_x/retailer_b__walmart_connect.csv",
    } <= names


def test_the_retailers_log_keeps_private_fields_out(market_dir: Path) -> None:
    columns = set(pd.read_parquet(market_dir / "events.parquet").columns)

    assert columns.isdisjoint({"margin_share", "stock_level", "promo_flag", "ads_paused"})


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(market_dir: Path, tmp_path: Path) -> None:
    write_market(small_market.__wrapped__(), tmp_path / "again")
    write_market(small_market(seed=4), tmp_path / "other")

    assert digests(tmp_path / "again") == digests(market_dir)
    changed = digests(tmp_path / "other")
    assert [name for name, digest in digests(market_dir).items() if changed[name] == digest] == []


def test_a_market_rebuilt_from_its_directory_is_the_same_market(market_dir: Path) -> None:
    rebuilt = load_market(market_dir)

    pd.testing.assert_frame_equal(rebuilt.truth(), small_market().truth())
    written = pd.read_parquet(market_dir / "truth.parquet")
    pd.testing.assert_frame_equal(written, rebuilt.truth(), check_dtype=False)


def test_a_market_that_no_longer_rebuilds_the_same_is_refused(market_dir: Path, tmp_path: Path) -> None:
    content = json.loads((market_dir / "market.json").read_text(encoding="utf-8"))
    content["parameters"]["seed"] += 1
    (tmp_path / "market.json").write_text(json.dumps(content), encoding="utf-8")

    with pytest.raises(InputInvalid, match="differs"):
        load_market(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "cannot read"),
        ("[]", "market.json"),
        ('{"kind": "complete_journey"}', "no known truth"),
        ('{"kind": "simulated"}', "parameters"),
    ],
)
def test_a_market_file_that_is_none_says_why(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "market.json").write_text(content, encoding="utf-8")

    with pytest.raises(InputInvalid, match=said):
        load_market(tmp_path)


def test_a_missing_market_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="python -m data generate"):
        load_market(tmp_path)


def test_an_interrupted_write_leaves_the_older_market_and_no_debris(tmp_path: Path) -> None:
    out = tmp_path / "market"
    out.mkdir()
    (out / "market.json").write_text("old", encoding="utf-8")

    def interrupted(folder: Path) -> None:
        (folder / "market.json").write_text("half", encoding="utf-8")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace_directory(out, interrupted)

    assert (out / "market.json").read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [out]


def test_a_directory_that_is_no_market_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(InputInvalid, match="left alone"):
        write_market(small_market(), tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_older_market_is_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "market"
    out.mkdir()
    (out / "market.json").write_text("old", encoding="utf-8")
    (out / "stale.parquet").write_text("old", encoding="utf-8")

    write_market(small_market(), out)

    assert not (out / "stale.parquet").exists()
    assert load_market(out).parameters == small_market().parameters
    assert list(tmp_path.iterdir()) == [out]
