"""The log comes out the same however it is cut into blocks, and reaches its file without being held whole."""

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from data.market import assignment, blocks, event_log
from tests.data.small_market import small_market

FEW_SHOPPERS = {"events": 6_000, "skus": 4, "retailers": 1, "days": 14}  # so that households repeat


@pytest.mark.parametrize("changes", [{}, FEW_SHOPPERS], ids=["many cells", "few shoppers"])
def test_the_log_does_not_depend_on_how_it_is_cut(monkeypatch: pytest.MonkeyPatch, changes: dict[str, int]) -> None:
    whole = small_market.__wrapped__(**changes)
    events, delivery = whole.events(), whole.delivery("brand_x")

    monkeypatch.setattr(blocks, "BLOCK_EVENTS", 40)
    monkeypatch.setattr(assignment, "PORTION", 7)
    cut = small_market.__wrapped__(**changes)

    assert len(whole.worlds["brand_x"].history.exposures.blocks) == 1
    assert len(cut.worlds["brand_x"].history.exposures.blocks) > 30
    assert cut.spend_digest == whole.spend_digest
    pd.testing.assert_frame_equal(cut.events(), events)
    pd.testing.assert_frame_equal(cut.delivery("brand_x"), delivery)


def test_the_written_log_is_the_log_in_row_groups_of_whole_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_log, "ROW_GROUP", 300)
    path = tmp_path / "events.parquet"

    small_market().write_events(path)

    file = pq.ParquetFile(path)
    assert 3 <= file.metadata.num_row_groups <= 2_000 / 300 + 1
    pd.testing.assert_frame_equal(pd.read_parquet(path), small_market().events(), check_dtype=False)
    last_days = [file.read_row_group(group, ["date"])["date"].to_pylist()[-1] for group in range(file.num_row_groups)]
    assert last_days == sorted(set(last_days))
    assert list(tmp_path.iterdir()) == [path]
