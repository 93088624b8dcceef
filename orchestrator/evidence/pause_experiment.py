"""The brand's own randomised pauses, measured: what advertising as a whole brought."""

import pandas as pd

from orchestrator.evidence.observations import FullObservation
from orchestrator.tools.experiments import Columns, Experiment, measure_lift, panel_from_frame
from schemas.errors import InputInvalid
from schemas.lift import LiftEstimate
from schemas.units import MICROS_PER_UNIT

KEYS = ["retailer_id", "sku_id", "date"]


def pause_lift(observation: FullObservation, retailers: tuple[str, ...]) -> LiftEstimate:
    """Units are retailer x SKU, those that kept their ads are the treated arm. Raises InputInvalid without pauses."""
    feed = observation.private_feed
    feed = feed[feed["retailer_id"].isin(retailers)].assign(date=lambda rows: pd.to_datetime(rows["date"]))
    paused = feed[feed["ads_paused"].astype(bool)]
    if paused.empty:
        raise InputInvalid("the private feed marks no paused SKU, so nothing went without advertising")
    cost = observation.delivery.assign(date=lambda rows: pd.to_datetime(rows["date"])).groupby(KEYS)["cost"].sum()
    is_paused = pd.MultiIndex.from_frame(feed[KEYS[:2]]).isin(pd.MultiIndex.from_frame(paused[KEYS[:2]]))
    rows = pd.DataFrame(
        {
            "unit": feed["retailer_id"] + "/" + feed["sku_id"],
            "day": feed["date"],
            "sales": feed["units"] * feed["price_micros"] / MICROS_PER_UNIT,
            "advertised": (~is_paused).astype(int),
            "cost": cost.reindex(pd.MultiIndex.from_frame(feed[KEYS])).fillna(0.0).to_numpy() / MICROS_PER_UNIT,
        }
    )
    start = paused["date"].min().date()
    panel = panel_from_frame(rows, Columns("unit", "day", "sales", "advertised", "cost"))
    return measure_lift(panel, Experiment(start, expected_share=1 - observation.paused_share))
