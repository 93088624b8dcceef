"""The market as others see it: two brands' worlds behind tables of what was seen, what is true, and what would be."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from data.market.campaign import Realised, realise
from data.market.catalogue import BRANDS, build_catalogue
from data.market.event_log import EventLog, event_table
from data.market.feeds import outlook, private_feed
from data.market.ledger import truth_ledger
from data.market.parameters import MarketParameters
from data.market.portfolio import portfolio_truth
from data.market.records import delivery_table
from data.market.world import BrandWorld, build_world
from schemas.errors import InputInvalid


@dataclass(frozen=True)
class Market:
    parameters: MarketParameters
    catalogue: pd.DataFrame
    worlds: dict[str, BrandWorld]

    @property
    def brand_ids(self) -> tuple[str, ...]:
        return tuple(self.worlds)

    def events(self) -> pd.DataFrame:
        """The retailers' raw log: one row per household, SKU, placement, retailer and day; exactly `events` rows."""
        return event_table(tuple(self.worlds.values()), self.catalogue)

    def write_events(self, path: Path) -> None:
        """The same log as a Parquet file, written as it is drawn: memory does not grow with it."""
        EventLog(tuple(self.worlds.values()), self.catalogue).write(path)

    def delivery(self, brand_id: str) -> pd.DataFrame:
        """Daily sums of the brand's events per cell, conversions and revenue per attribution window."""
        return delivery_table(self._world(brand_id))

    def private_feed(self, brand_id: str) -> pd.DataFrame:
        return private_feed(self._world(brand_id))

    def outlook(self, brand_id: str) -> pd.DataFrame:
        return outlook(self._world(brand_id))

    def truth(self) -> pd.DataFrame:
        """The ledger: every cell of every brand, by running history again without its spend."""
        return self._truth.copy()

    def truth_portfolio(self) -> pd.DataFrame:
        """Every brand's spend taken away at once: one row per brand and retailer, and per brand over all retailers."""
        ledger = self._truth
        own = {brand_id: ledger[ledger["brand_id"] == brand_id] for brand_id in self.worlds}
        tables = [portfolio_truth(world, own[brand_id]) for brand_id, world in self.worlds.items()]
        return pd.concat(tables, ignore_index=True)

    def realise(self, spend: pd.DataFrame, brand_id: str, start: date, end: date) -> Realised:
        """`spend`: retailer_id, sku_id, placement_type, spend_micros over the campaign. Same draws for every plan."""
        return realise(self._world(brand_id), spend, start, end)

    @cached_property
    def spend_digest(self) -> str:
        """Of every brand's billed spend by cell and day: tells whether a rebuilt market is the same one."""
        digest = sha256()
        for world in self.worlds.values():
            digest.update(world.history.spend_RSPT.tobytes())
        return digest.hexdigest()

    @cached_property
    def _truth(self) -> pd.DataFrame:
        return pd.concat([truth_ledger(world) for world in self.worlds.values()], ignore_index=True)

    def _world(self, brand_id: str) -> BrandWorld:
        if brand_id not in self.worlds:
            raise InputInvalid(f"no brand {brand_id!r} in this market; it has {', '.join(self.worlds)}")
        return self.worlds[brand_id]


def simulate(parameters: MarketParameters, show_progress: bool = False) -> Market:
    catalogue = build_catalogue(parameters)
    lead_events = min(max(round(parameters.events * parameters.lead_brand_event_share), 1), parameters.events - 1)
    events = dict(zip(BRANDS, (lead_events, parameters.events - lead_events), strict=True))
    brands = tqdm(BRANDS, desc="simulating", unit="brand", leave=False, disable=not show_progress)
    worlds = {brand_id: build_world(parameters, catalogue, brand_id, events[brand_id]) for brand_id in brands}
    return Market(parameters, catalogue, worlds)
