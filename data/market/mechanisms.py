"""The generating process, mechanism by mechanism: which parameters each has, and what switches it off.

A mechanism's parameters are names in MarketParameters; a placement's are written `placement.carry_over` and mean all
three placements'.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from data.market.parameters import MarketParameters, market_parameters
from schemas.errors import InputInvalid

EACH_PLACEMENT = "placement"
PLACEMENT_FIELDS = ("search", "display", "native")


@dataclass(frozen=True)
class Mechanism:
    """`off`: parameters and the values that leave the mechanism out; nothing else changes with them."""

    name: str
    says: str
    parameters: tuple[str, ...]
    off: Mapping[str, Any]


MECHANISMS = (
    Mechanism(
        "sizes",
        "Sales differ by orders of magnitude between SKUs: log-normal, nine tenths of it shared by the retailers.",
        ("size_sigma", "organic_sales_per_spend"),
        {"size_sigma": 0},
    ),
    Mechanism(
        "prices",
        "List prices are log-normal and end in .49 or .99; each retailer's own is within a few percent.",
        ("price_median", "price_sigma"),
        {"price_sigma": 0},
    ),
    Mechanism(
        "weekdays",
        "Demand is highest on Saturdays, lowest on Tuesdays.",
        ("weekday_strength",),
        {"weekday_strength": 0},
    ),
    Mechanism("season", "Each category has a peak in the year.", ("season_amplitude",), {"season_amplitude": 0}),
    Mechanism("holidays", "More is bought before and on holidays.", ("holiday_lift",), {"holiday_lift": 0}),
    Mechanism(
        "shocks",
        "What neither the calendar nor the brand explains: an AR(1) per retailer x SKU that spend follows too.",
        ("shock_sd", "shock_persistence"),
        {"shock_sd": 0},
    ),
    Mechanism(
        "overdispersion",
        "Days vary more than Poisson's: a day's demand is gamma with the negative binomial's mean and variance.",
        ("overdispersion",),
        {"overdispersion": 0},
    ),
    Mechanism(
        "promotions",
        "A promotion starts at random in a week, cuts the price, lifts demand in proportion and costs margin.",
        (
            "promotions",
            "promotion_rate",
            "promotion_shallowest",
            "promotion_deepest",
            "promotion_lift",
            "promotion_two_weeks_share",
        ),
        {"promotions": False},
    ),
    Mechanism(
        "return_spread",
        "Cells of one placement differ in what a unit of spend returns, by SKU and by cell.",
        ("placement.mean_return", "sku_return_sigma", "cell_return_sigma"),
        {"sku_return_sigma": 0, "cell_return_sigma": 0},
    ),
    Mechanism(
        "saturation",
        "Returns fall with the cell's recent spend; hill, log and root curves agree at the reference spend.",
        (
            "saturation",
            "response_shape",
            "half_saturation",
            "half_saturation_sigma",
            "saturation_half_life_days",
        ),
        {"saturation": False},
    ),
    Mechanism(
        "carry_over",
        "Purchases follow exposures over the next days, geometrically (Jin et al., Google, 2017).",
        ("placement.carry_over",),
        {"placement.carry_over": 0},
    ),
    Mechanism("demand_synergy", "Ads do more on days of high demand.", ("demand_synergy",), {"demand_synergy": 0}),
    Mechanism(
        "cannibalisation",
        "Part of an SKU's lift is taken from its product line at the same retailer.",
        ("cannibalisation_share",),
        {"cannibalisation_share": 0},
    ),
    Mechanism(
        "halo",
        "Part of an SKU's lift comes on top in the rest of its category at the same retailer.",
        ("halo_share",),
        {"halo_share": 0},
    ),
    Mechanism(
        "spend_follows_demand",
        "Confounding: spend was high where sales would have been high anyway.",
        ("demand_following", "promotion_boost", "return_following"),
        {"demand_following": 0, "promotion_boost": 0, "return_following": 0},
    ),
    Mechanism(
        "spend_noise", "Weekly spend differs by chance, cell by cell.", ("spend_noise_sigma",), {"spend_noise_sigma": 0}
    ),
    Mechanism(
        "pauses",
        "The brand's own experiment: ads of some retailer x SKU are off at random late in history.",
        ("paused_share",),
        {"paused_share": 0},
    ),
    Mechanism(
        "placement_bias",
        "Attribution credits organic buyers whom ads reached, in some placements more than in others.",
        ("placement.over_credit",),
        {"placement.over_credit": 1},
    ),
    Mechanism(
        "window_bias",
        "Purchases are credited to exposures up to 30 days back, so a longer window claims more.",
        ("credit_recency_days",),
        {"credit_recency_days": 0},
    ),
    Mechanism(
        "stock_outs",
        "Weekly orders, lead times and short shipments: an empty shelf hides demand, and clicks on it are wasted.",
        ("stock_limits", "safety_days_median", "short_shipment_share", "forecast_sigma"),
        {"stock_limits": False},
    ),
    Mechanism("margins", "SKUs differ in margin.", ("margin_mean", "margin_sd"), {"margin_sd": 0}),
    Mechanism(
        "margin_return",
        "Margins can go with returns or against them; the value of margin data depends on it.",
        ("margin_return_correlation",),
        {"margin_return_correlation": 0},
    ),
    Mechanism(
        "feed_lag",
        "The private feed does not know history's last days: their rows are missing or repeat the last known day, and "
        "the outlook's stock on hand is that day's.",
        ("feed_lag_days", "feed_lag"),
        {"feed_lag_days": 0},
    ),
    Mechanism(
        "feed_error",
        "Rows of the private feed and of the outlook have all their amounts wrong by one factor.",
        ("feed_error_share", "feed_error_factor"),
        {"feed_error_share": 0},
    ),
)


def without(parameters: MarketParameters, names: Iterable[str]) -> MarketParameters:
    """The same market with these mechanisms switched off. Raises InputInvalid for a name there is none of."""
    known = {mechanism.name: mechanism for mechanism in MECHANISMS}
    changed = parameters.model_dump()
    for name in names:
        if name not in known:
            raise InputInvalid(f"no mechanism {name!r}; there are {', '.join(known)}")
        for path, value in known[name].off.items():
            owner, _, trait = path.rpartition(".")
            for target in [changed[field] for field in PLACEMENT_FIELDS] if owner == EACH_PLACEMENT else [changed]:
                target[trait] = value
    return market_parameters(**changed)
