"""A simulated market with known causal truth.

`simulate(parameters)` makes one, `load_market(directory)` rebuilds a generated one; `Market` then gives the tables
every party would see, the truth ledger, and what any spend plan would have brought with the same draws.
"""

from data.market.campaign import Realised
from data.market.files import load_market, write_market
from data.market.market import Market, simulate
from data.market.parameters import MarketParameters, PlacementTraits, ResponseShape, market_parameters

__all__ = [
    "Market",
    "MarketParameters",
    "PlacementTraits",
    "Realised",
    "ResponseShape",
    "load_market",
    "market_parameters",
    "simulate",
    "write_market",
]
