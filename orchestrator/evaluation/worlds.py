"""One world: the market, its truth, and what each side of the clean room sees of the lead brand in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from clean_room.policy import Policy, shipped_policies
from data.market import Market, market_parameters, simulate
from orchestrator.evaluation.released import released_rows
from orchestrator.evidence.clean_room_arm import seen_in_clean_room
from orchestrator.evidence.full_arm import seen_by_brand
from orchestrator.evidence.observations import CleanRoomObservation, FullObservation
from orchestrator.evidence.seen import Seen
from schemas.brief import CampaignBrief
from schemas.clean_room import Grain

MONEY = {"revenue_micros": "revenue", "cost_micros": "cost"}


@dataclass(frozen=True)
class World:
    """`brief` is the same in every world; `policies` are the retailers' own unless a scenario changes them."""

    market: Market
    brief: CampaignBrief
    policies: Mapping[str, Policy]
    dated: Grain | None = None

    @cached_property
    def products(self) -> pd.DataFrame:
        catalogue = self.market.catalogue
        return catalogue[catalogue["brand_id"] == self.brief.brand_id].reset_index(drop=True)

    @cached_property
    def delivery(self) -> pd.DataFrame:
        return self.market.delivery(self.brief.brand_id).rename(columns=MONEY)

    @cached_property
    def truth(self) -> pd.DataFrame:
        ledger = self.market.truth()
        return ledger[ledger["brand_id"] == self.brief.brand_id].reset_index(drop=True)

    def full_seen(self) -> Seen:
        """Raises InputInvalid, as a run would."""
        observation = FullObservation(
            delivery=self.delivery,
            private_feed=self.market.private_feed(self.brief.brand_id),
            outlook=self.market.outlook(self.brief.brand_id),
            catalogue=self.products,
            paused_share=self.market.parameters.paused_share,
            outlook_days=self.market.parameters.outlook_days,
        )
        return seen_by_brand(observation, self.brief.retailers, self.brief.days)

    def clean_room_seen(self) -> Seen | None:
        """None when nothing at all was released."""
        if not self.released:
            return None
        observation = CleanRoomObservation(
            rows=tuple(self.released),
            catalogue=self.products,
            cells=self.delivery.groupby(["retailer_id", "sku_id", "placement_type"], as_index=False)["cost"].sum(),
            history_days=self.market.parameters.days,
        )
        return seen_in_clean_room(observation, self.brief.retailers, self.brief.budget / self.brief.days)

    @cached_property
    def released(self) -> list[dict[str, object]]:
        events = self.market.events()
        return released_rows(events[events["brand_id"] == self.brief.brand_id], self.policies, self.dated)


def build_world(
    seed: int,
    brief: CampaignBrief,
    changes: Mapping[str, object] | None = None,
    policies: Mapping[str, Policy] | None = None,
    dated: Grain | None = None,
) -> World:
    """`changes` to the market's default parameters. Raises InputInvalid naming each that is out of range."""
    market = simulate(market_parameters(seed=seed, **dict(changes or {})))
    return World(market, brief, policies or shipped_policies(), dated)
