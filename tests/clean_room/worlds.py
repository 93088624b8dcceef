"""Small event logs, made by hand or from a seed, and clean rooms really built from them."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from clean_room import CleanRoom
from clean_room.builder import build
from clean_room.cleaning import Events
from clean_room.disclosure import DisclosureRule
from clean_room.policy import Dominance, Policy, policy_for
from schemas.tasks import PlacementType

MONDAY = date(2026, 1, 5)
PLACEMENTS = tuple(placement.value for placement in PlacementType)
METRICS = ["impressions", "clicks", "conversions", "revenue", "cost"]


def exposures(
    rows: int,
    people: int | None = None,
    day: date = MONDAY,
    placement: str = "sponsored_search",
    sku: str = "sku-1",
    retailer: str = "retailer_a",
    brand: str = "brand_x",
    person_prefix: str = "household",
    revenue_micros: int = 5_000_000,
) -> pd.DataFrame:
    """Rows alike but for the household, which repeats after `people` of them (default: one row each)."""
    return pd.DataFrame(
        {
            "date": day,
            "retailer_id": retailer,
            "brand_id": brand,
            "sku_id": sku,
            "placement_type": placement,
            "customer_id": [f"{person_prefix}-{number % (people or rows)}" for number in range(rows)],
            "impressions": 3,
            "clicks": 1,
            "conversions": 1,
            "revenue_micros": revenue_micros,
            "cost_micros": 250_000,
            "creative_text": "Bold coffee",
            "geo_detail": "secret-street-17",
        }
    )


def random_log(seed: int, rows: int, days: int = 60, households: int = 1_500, skus: int = 12) -> pd.DataFrame:
    """Two retailers; placements, SKUs and households of uneven size, as in a market."""
    rng = np.random.default_rng(seed)
    sku_weights = rng.pareto(1.2, skus) + 0.05
    placement_weights = np.array([0.6, 0.25, 0.15])
    conversions = rng.poisson(0.6, rows)
    return pd.DataFrame(
        {
            "date": [MONDAY + timedelta(days=int(day)) for day in rng.integers(0, days, rows)],
            "retailer_id": rng.choice(["retailer_a", "retailer_b"], rows),
            "brand_id": "brand_x",
            "sku_id": [f"sku-{number:02d}" for number in rng.choice(skus, rows, p=sku_weights / sku_weights.sum())],
            "placement_type": rng.choice(list(PLACEMENTS), rows, p=placement_weights),
            "customer_id": [f"household-{number}" for number in rng.integers(0, households, rows)],
            "impressions": rng.integers(1, 20, rows),
            "clicks": rng.poisson(0.8, rows),
            "conversions": conversions,
            "revenue_micros": conversions * rng.integers(2_000_000, 9_000_000, rows),
            "cost_micros": rng.integers(50_000, 900_000, rows),
        }
    )


def with_ids(*frames: pd.DataFrame) -> pd.DataFrame:
    log = pd.concat(frames, ignore_index=True)
    return log.assign(event_id=[f"event-{number}" for number in range(len(log))])


def write_market(directory: Path, log: pd.DataFrame, parameters: str = '{"seed": 1}') -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "market.json").write_text(parameters, encoding="utf-8")
    log.to_parquet(directory / "events.parquet")
    return directory


def clean_room_over(directory: Path, *frames: pd.DataFrame) -> CleanRoom:
    """The clean room of brand_x over these events, built with the shipped policies."""
    build(write_market(directory / "market", with_ids(*frames)), "brand_x", directory / "clean_room")
    return CleanRoom(directory / "clean_room", "brand_x")


def request(**changes: object) -> dict[str, object]:
    """Every metric of the first quarter of 2026 at retailer_a, by week and placement."""
    return {
        "retailer_id": "retailer_a",
        "metrics": METRICS,
        "group_by": ["date", "placement_type"],
        "period": {"start": "2026-01-01", "end": "2026-04-30", "grain": "week"},
        **changes,
    }


def rule_of(
    events: Events, min_rows: int, min_people: int | None = None, contributors: int = 1, max_share: float = 0.99
) -> DisclosureRule:
    """The shipped policy of retailer_a with other thresholds; by default a dominance rule that all but permits all."""
    shipped = policy_for("retailer_a")
    assert shipped is not None
    fields = {
        **shipped.model_dump(),
        "min_rows": min_rows,
        "min_people": min_people or min_rows,
        "dominance": Dominance(contributors=contributors, max_share=max_share),
    }
    return DisclosureRule(events, Policy.model_validate(fields))


def events_of(
    people: list[int],
    placements: list[int] | None = None,
    skus: list[int] | None = None,
    values: list[int] | None = None,
) -> Events:
    """One event per person number given; every metric is the value (1 by default), every day is MONDAY."""
    count = len(people)
    metric = np.array(values or [1] * count, dtype=np.int64)
    return Events(
        days=np.full(count, np.datetime64(MONDAY, "D")),
        placements=np.array(placements or [0] * count, dtype=np.int64),
        skus=np.array(skus or [0] * count, dtype=np.int64),
        people=np.array(people, dtype=np.int64),
        metrics=np.column_stack([metric] * len(METRICS)),
        placement_names=PLACEMENTS,
        sku_names=tuple(f"sku-{number}" for number in range(max(skus or [0]) + 1)),
    )
