"""A spend plan realised in the days after history, against the same days without any spend of the brand."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from data.market.draws import Bools, Floats, Ints
from data.market.keys import cell_columns
from data.market.parameters import PLACEMENTS
from data.market.response import ad_effect
from data.market.stock import SOLD_OUT, sell
from data.market.world import BrandWorld, Environment, committed_deliveries, demand
from schemas.errors import InputInvalid
from schemas.units import MICROS_PER_UNIT, Micros, to_micros

LONGEST_CAMPAIGN_DAYS = 365
KEYS = ["retailer_id", "sku_id", "placement_type"]


@dataclass(frozen=True)
class Realised:
    """What a plan brought. Incremental amounts are the brand's, over all its SKUs, and gross of the spend itself.

    `stockout_sku_days` counts retailer x SKU x day that closed with nothing on the shelf; `wasted_spend_micros` is
    the spend on those. `cells` has retailer_id, sku_id, placement_type, spend_micros, wasted_spend_micros; `skus` has
    retailer_id, sku_id, incremental_margin_micros, of each product's own sales.
    """

    spend_micros: Micros
    incremental_revenue_micros: Micros
    incremental_margin_micros: Micros
    incremental_units: float
    stockout_sku_days: int
    stockout_sku_days_without_spend: int
    wasted_spend_micros: Micros
    cells: pd.DataFrame
    skus: pd.DataFrame


@dataclass(frozen=True)
class _Outcome:
    """Every day after history: units sold, and which SKU-days closed sold out."""

    sales_RST: Floats
    is_out_RST: Bools


def realise(world: BrandWorld, spend: pd.DataFrame, start: date, end: date) -> Realised:
    """Spend is paced evenly over start..end; between history and `start` the brand spends nothing.

    Raises InputInvalid for a cell the brand does not have, a negative amount, or days outside the year after history.
    """
    history_days = world.parameters.days
    first, last = _window(world, start, end)
    spend_micros_RSP = _spend_by_cell(world, spend)
    environment = world.environment_through(last)
    nothing = np.zeros((*world.traits.shape_RSP, last - history_days))
    paced = nothing.copy()
    paced[..., first - history_days :] = (spend_micros_RSP / MICROS_PER_UNIT / (last - first))[..., None]
    plan, without = _outcome(world, environment, paced), _outcome(world, environment, nothing)
    added_RST = plan.sales_RST - without.sales_RST
    price_RST = environment.days.price_RST[..., history_days:last]
    margin_RST = environment.days.margin_RST[..., history_days:last]
    margin_RS = (added_RST * price_RST * margin_RST).sum(axis=-1)
    campaign = slice(first - history_days, None)
    wasted_micros_RSP = np.rint(spend_micros_RSP * plan.is_out_RST[..., campaign].mean(axis=-1)[..., None])
    return Realised(
        spend_micros=int(spend_micros_RSP.sum()),
        incremental_revenue_micros=to_micros(float((added_RST * price_RST).sum())),
        incremental_margin_micros=to_micros(float(margin_RS.sum())),
        incremental_units=float(added_RST.sum()),
        stockout_sku_days=int(plan.is_out_RST[..., campaign].sum()),
        stockout_sku_days_without_spend=int(without.is_out_RST[..., campaign].sum()),
        wasted_spend_micros=int(wasted_micros_RSP.sum()),
        cells=_cells(world, spend_micros_RSP, wasted_micros_RSP.astype(np.int64)),
        skus=_skus(world, margin_RS),
    )


def _outcome(world: BrandWorld, environment: Environment, spend_RSPT: Floats) -> _Outcome:
    """From the evening of the last day of history, with what past spend and sales left behind."""
    history, first = world.history, world.parameters.days
    effect = ad_effect(world.parameters, world.traits, environment.days, history.effect.after, spend_RSPT, first)
    last = first + spend_RSPT.shape[-1]
    wanted = demand(environment.days.organic_RST[..., first:last], effect.lift_RSPT, environment.spill_RSS)
    arriving = committed_deliveries(world, last)
    sales, closing = sell(wanted, arriving, history.trade.closing_T[..., -1])
    return _Outcome(sales, closing < SOLD_OUT)


def _window(world: BrandWorld, start: date, end: date) -> tuple[int, int]:
    """(first, last exclusive) as days from the first of history."""
    begins = world.parameters.last_day + timedelta(days=1)
    until = world.parameters.last_day + timedelta(days=LONGEST_CAMPAIGN_DAYS)
    if not begins <= start <= end <= until:
        raise InputInvalid(
            f"cannot realise a campaign from {start} to {end}: it must lie between {begins} and {until}, the year "
            "after the market's history; correct the dates or generate a market with other --days"
        )
    return (start - world.parameters.first_day).days, (end - world.parameters.first_day).days + 1


def _spend_by_cell(world: BrandWorld, spend: pd.DataFrame) -> Ints:
    """(R, S, P) in micros; cells not named get nothing, cells named twice get the sum."""
    lacking = [name for name in (*KEYS, "spend_micros") if name not in spend.columns]
    if lacking:
        raise InputInvalid(
            f"the plan's spend lacks the column {lacking[0]!r}; it needs {', '.join(KEYS)}, spend_micros"
        )
    amounts = spend["spend_micros"].to_numpy(dtype=np.float64)
    if not (np.isfinite(amounts) & (amounts >= 0)).all():
        wrong = amounts[~(np.isfinite(amounts) & (amounts >= 0))][0]
        raise InputInvalid(f"the plan spends {wrong:g} micros in a cell; every amount must be 0 or more")
    traits = world.traits
    axes = (traits.retailer_ids, traits.sku_ids, tuple(place.value for place in PLACEMENTS))
    positions = [_positions(spend[key], names, traits.brand_id) for key, names in zip(KEYS, axes, strict=True)]
    total = np.zeros(traits.shape_RSP, dtype=np.int64)
    np.add.at(total, tuple(positions), np.rint(amounts).astype(np.int64))
    return total


def _positions(values: pd.Series, names: tuple[str, ...], brand_id: str) -> Ints:
    found = pd.Index(names).get_indexer(values.astype(str))
    if (found < 0).any():
        unknown = str(values[found < 0].iloc[0])
        raise InputInvalid(
            f"the plan's {values.name} {unknown!r} is not one of {brand_id!r}'s; "
            f"the market has {names[0]!r} to {names[-1]!r}"
        )
    return np.asarray(found, dtype=np.int64)


def _cells(world: BrandWorld, spend_micros_RSP: Ints, wasted_micros_RSP: Ints) -> pd.DataFrame:
    keys = cell_columns(world)
    return pd.DataFrame(
        {
            **{key: keys[key] for key in KEYS},
            "spend_micros": spend_micros_RSP.ravel(),
            "wasted_spend_micros": wasted_micros_RSP.ravel(),
        }
    )


def _skus(world: BrandWorld, margin_RS: Floats) -> pd.DataFrame:
    retailer, sku = (index.ravel() for index in np.indices(margin_RS.shape))
    return pd.DataFrame(
        {
            "retailer_id": np.array(world.traits.retailer_ids, dtype=object)[retailer],
            "sku_id": np.array(world.traits.sku_ids, dtype=object)[sku],
            "incremental_margin_micros": np.rint(margin_RS.ravel() * MICROS_PER_UNIT).astype(np.int64),
        }
    )
