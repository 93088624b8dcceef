"""The household log as rows, by day: drawn cell by cell, kept on disk by day, and read back a day at a time.

So memory holds one block of drawn events and one day of the log, however long the log is.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from data.market.blocks import drawn_column
from data.market.delivery import credited_blocks
from data.market.world import BrandWorld

CREATIVES = (
    "{product}: in stock and ready for your next basket.",
    "Meet {product}. Add it to this week's shop.",
    "{product}, for the days that need it.",
)
ROW = np.dtype(
    [
        ("shuffle", "f8"),
        ("brand", "i4"),
        ("cell", "i4"),
        ("shopper", "i4"),
        ("creative", "i4"),
        ("impressions", "i8"),
        ("clicks", "i8"),
        ("conversions", "i8"),
        ("revenue_micros", "i8"),
        ("cost_micros", "i8"),
    ]
)
Rows = NDArray[np.void]


def keep_by_day(worlds: tuple[BrandWorld, ...], folder: Path, show_progress: bool) -> None:
    """One file per day in `folder`, brand after brand and cell after cell within it."""
    events = worlds[0].parameters.events
    with tqdm(total=events, desc="drawing events", unit="event", leave=False, disable=not show_progress) as progress:
        for brand, world in enumerate(worlds):
            for day_E, rows in _blocks(world, brand):
                _append_by_day(day_E, rows, folder)
                progress.update(len(rows))


def kept_days(folder: Path, days: int) -> Iterator[tuple[int, Rows]]:
    """(day, its rows in an order that gives nothing away); days without an event are left out."""
    for day in range(days):
        path = folder / str(day)
        if path.is_file():
            rows = np.fromfile(path, dtype=ROW)
            yield day, rows[np.argsort(rows["shuffle"], kind="stable")]


def _append_by_day(day_E: NDArray[np.int64], rows: Rows, folder: Path) -> None:
    order = np.argsort(day_E, kind="stable")
    days, starts = np.unique(day_E[order], return_index=True)
    for day, of_day in zip(days.tolist(), np.split(rows[order], starts[1:]), strict=True):
        with (folder / str(day)).open("ab") as file:
            file.write(of_day.tobytes())


def _blocks(world: BrandWorld, brand: int) -> Iterator[tuple[NDArray[np.int64], Rows]]:
    """(day, row) of every event. Conversions and revenue are those of the 14 days after."""
    exposures = world.history.exposures
    random = world.draws.generator("event labels")
    creatives = drawn_column(
        random, exposures.blocks, lambda block, stream: stream.integers(0, len(CREATIVES), block.events)
    )
    for block, delivery, credited in credited_blocks(exposures, world.history.assignment):
        rows = np.empty(block.events, dtype=ROW)
        cell_E, day_E = np.divmod(delivery.cell_day_E, world.parameters.days)
        rows["shuffle"] = random.random(block.events)
        rows["brand"] = brand
        rows["cell"] = cell_E
        rows["shopper"] = exposures.shoppers(block)
        rows["creative"] = creatives.generator(block).integers(0, len(CREATIVES), block.events)
        rows["impressions"] = delivery.impressions_E
        rows["clicks"] = delivery.clicks_E
        rows["conversions"] = credited.orders_E[14]
        rows["revenue_micros"] = credited.revenue_micros_E[14]
        rows["cost_micros"] = delivery.cost_micros_E
        yield day_E, rows
