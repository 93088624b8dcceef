"""docs/market.md: the generating process in words, from the parameters' and mechanisms' own descriptions."""

from typing import Any

from data.market.mechanisms import EACH_PLACEMENT, MECHANISMS, PLACEMENT_FIELDS, Mechanism
from data.market.parameters import MarketParameters, PlacementTraits

INTRODUCTION = """\
# The simulated market

Two brands sell through the same retailers and buy ads there. Every mechanism below is a parameter of
`MarketParameters` (`data/market/parameters.py`) with a default, and can be switched off:
`python -m data generate --without promotions stock_outs`, or `without(parameters, ["promotions"])` in Python.
This page is written by `python -m data describe`; a test holds it to the code.

A day of one SKU at one retailer, in this order:

1. **Organic demand** = size x weekday x season x holiday x promotion x shock, and the day's chance.
2. **Spend** follows that demand, promotions and past returns, with weekly noise; some ads are paused at random.
3. **Exposures**: exactly `events` household exposures are spread as spend was intended. Impressions, clicks and cost
   are sums over them.
4. **Lift** = spend x return at the cell's recent level of spend, carried over to later days, stronger on days of high
   demand; part is taken from the product line, part comes on top in the category.
5. **Sales** = the smaller of demand and stock. The retailer reorders weekly what sold.
6. **Attribution** credits each placement with its own lift and with organic buyers who saw an ad.
7. **The private feed** is what the brand is told: late or wrong where it is set to be.

**Truth** is never a formula: `truth.parquet` (per cell) and `truth_portfolio.parquet` (per retailer, and the whole
brand) compare history with the same history run again without the spend, or with 10 % more or less of it. Cells do not
add up to the portfolio: they saturate alone but share neighbours and shelves. Draws depend on the seed, the brand, the
stream and the day only, so neither a plan nor a switch shifts another mechanism's draws; only what is counted from
sales (attribution) and the log (spread over cells in proportion to intended spend) is drawn anew when those change.

**Size**: the log is drawn in blocks of whole cell-days and written a day at a time, so memory holds a block, a day and
8 bytes a household; `docs/results/market_scale.json` has it measured up to 10 million events.
`docs/results/market_profile.md` sets sizes, prices and promotions beside Complete Journey's.
"""
SIZES = (
    "seed",
    "events",
    "skus",
    "retailers",
    "days",
    "first_day",
    "outlook_days",
    "lead_brand_sku_share",
    "lead_brand_event_share",
)
PLACEMENTS_OWN = ("event_share", "impressions_per_event", "click_rate", "cost_per_click")


def handbook() -> str:
    """Markdown."""
    sizes = [_parameter_row(name) for name in SIZES]
    placements = [_parameter_row(f"{EACH_PLACEMENT}.{name}") for name in PLACEMENTS_OWN]
    parts = [
        INTRODUCTION,
        _section("Sizes", "", sizes),
        _section("Placements", "In the order search, display, native.", placements),
        *(_mechanism_section(mechanism) for mechanism in MECHANISMS),
    ]
    return "\n".join(parts)


def described_parameters() -> set[str]:
    """Every parameter the handbook has a row for."""
    named = {*SIZES, *(name for mechanism in MECHANISMS for name in mechanism.parameters)}
    return {*named, *(f"{EACH_PLACEMENT}.{name}" for name in PLACEMENTS_OWN)}


def _mechanism_section(mechanism: Mechanism) -> str:
    switch = ", ".join(f"`{name} = {_value(value)}`" for name, value in mechanism.off.items())
    return _section(
        f"`{mechanism.name}`",
        f"{mechanism.says} Off: {switch}.",
        [_parameter_row(name) for name in mechanism.parameters],
    )


def _section(title: str, text: str, rows: list[str]) -> str:
    table = "\n".join(["| parameter | default | meaning |", "|---|---|---|", *rows])
    return "\n".join([f"## {title}", "", *([text, ""] if text else []), table, ""])


def _parameter_row(path: str) -> str:
    owner, _, name = path.rpartition(".")
    default = MarketParameters()
    if owner == EACH_PLACEMENT:
        field = PlacementTraits.model_fields[name]
        values = ", ".join(_value(getattr(getattr(default, placement), name)) for placement in PLACEMENT_FIELDS)
    else:
        field, values = MarketParameters.model_fields[name], _value(getattr(default, name))
    return f"| `{path}` | {values} | {field.description} |"


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
