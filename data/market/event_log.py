"""The retailers' log as tables, in the order of its days, a piece at a time."""

import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from tqdm import tqdm

from data.market.draws import Draws, Ints
from data.market.event_rows import CREATIVES, Rows, keep_by_day, kept_days
from data.market.households import households_per_retailer
from data.market.keys import calendar, cell_columns
from data.market.parameters import MarketParameters
from data.market.world import BrandWorld

REGIONS = 40
ROW_GROUP = 100_000
TEXT = pa.large_string()
COUNTS = ("impressions", "clicks", "conversions", "revenue_micros", "cost_micros")


class EventLog:
    """Every brand's events in one log. `tables` gives it day by day."""

    def __init__(self, worlds: tuple[BrandWorld, ...], catalogue: pd.DataFrame) -> None:
        self._worlds = worlds
        self._parameters = worlds[0].parameters
        self._days = calendar(self._parameters)
        keys = [cell_columns(world) for world in worlds]
        self._cells = {name: _texts([value for key in keys for value in key[name]]) for name in keys[0]}
        cells = [len(key["sku_id"]) for key in keys]
        self._first_cell = np.concatenate([[0], np.cumsum(cells)])
        products = catalogue.set_index("sku_id")["product_name"]
        texts = [text.format(product=products[sku]) for key in keys for sku in key["sku_id"] for text in CREATIVES]
        self._creatives = _texts(texts)
        self._region = _regions(self._parameters)

    def tables(self, scratch: Path | None = None, show_progress: bool = False) -> Iterator[pa.Table]:
        """`scratch`: where the log is kept while it is put in order; 60 bytes an event."""
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            keep_by_day(self._worlds, Path(folder), show_progress)
            numbered = 0
            for day, rows in kept_days(Path(folder), self._parameters.days):
                yield self._table(day, rows, numbered)
                numbered += len(rows)

    def write(self, path: Path) -> None:
        """One Parquet file in row groups of whole days, at least `ROW_GROUP` rows each but for the last."""
        groups = _groups(self.tables(path.parent, show_progress=True))
        first = next(groups)
        with (
            pq.ParquetWriter(path, first.schema, compression="zstd") as writer,
            tqdm(total=self._parameters.events, desc="writing events", unit="event", leave=False) as progress,
        ):
            for group in chain([first], groups):
                writer.write_table(group, row_group_size=len(group))
                progress.update(len(group))

    def _table(self, day: int, rows: Rows, numbered: int) -> pa.Table:
        cell_E = rows["cell"] + self._first_cell[rows["brand"]]
        creative_E = cell_E * len(CREATIVES) + rows["creative"]
        household_E = rows["shopper"] % households_per_retailer(self._parameters)
        retailer_ids = self._cells["retailer_id"].take(pa.array(cell_E))
        return pa.table(
            {
                "event_id": _joined(pa.scalar("ev_", TEXT), _padded(numbered + 1 + np.arange(len(rows)), 8)),
                "date": pa.repeat(pa.scalar(self._days[day], pa.date32()), len(rows)),
                **{name: texts.take(pa.array(cell_E)) for name, texts in self._cells.items()},
                "customer_id": _joined(retailer_ids, pa.scalar("-", TEXT), _padded(household_E, 7)),
                **{name: pa.array(np.ascontiguousarray(rows[name])) for name in COUNTS},
                "creative_text": self._creatives.take(pa.array(creative_E)),
                "geo_detail": _joined(pa.scalar("region_", TEXT), _padded(self._region[rows["shopper"]], 2)),
            }
        )


def event_table(worlds: tuple[BrandWorld, ...], catalogue: pd.DataFrame) -> pd.DataFrame:
    """The whole log in memory."""
    return pa.concat_tables(EventLog(worlds, catalogue).tables()).to_pandas()


def _groups(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Whole tables, together at least `ROW_GROUP` rows but for the last."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(map(len, waiting)) >= ROW_GROUP:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _regions(parameters: MarketParameters) -> Ints:
    """A household's region, the same for every brand; households of every retailer one after another."""
    shoppers = households_per_retailer(parameters) * parameters.retailers
    random = Draws(parameters.seed, "households").generator("region")
    return np.asarray(random.integers(0, REGIONS, shoppers).astype(np.int8))


def _texts(values: list[str]) -> pa.Array:
    return pa.array(values, TEXT)


def _padded(numbers: Ints, width: int) -> pa.Array:
    return pc.utf8_lpad(pc.cast(pa.array(numbers), TEXT), width, "0")


def _joined(*parts: pa.Array | pa.Scalar) -> pa.Array:
    return pc.binary_join_element_wise(*parts, pa.scalar("", TEXT))
