"""A first guess at the choices of a mixed-integer plan, from prices: what each line and label would bring at them."""

import math
from dataclasses import dataclass

import numpy as np

from orchestrator.tools.optimizer.certify import Prices, upper_bound
from orchestrator.tools.optimizer.curves import Flags
from orchestrator.tools.optimizer.model import Model

HALVINGS = 40
ABOVE = 1 + 1e-6


@dataclass(frozen=True)
class Guess:
    """`is_open` (lines,): who may get money. `bound`: no plan is worth more, whatever is chosen."""

    is_open: Flags
    bound: float


def guessed(model: Model, prices: Prices) -> Guess:
    """Prices are scaled until the Lagrangian bound is least; just above that scale the choices fit the limits.

    The bound is convex in the scale, so that a search by thirds of log scale finds its minimum.
    """
    low, high = math.log(1 / 8), math.log(8)
    for _ in range(HALVINGS):
        first, second = low + (high - low) / 3, high - (high - low) / 3
        if upper_bound(model, prices.scaled(math.exp(first))) <= upper_bound(model, prices.scaled(math.exp(second))):
            high = second
        else:
            low = first
    return Guess(
        _open_at(model, prices.scaled(math.exp(high) * ABOVE)), upper_bound(model, prices.scaled(math.exp(high)))
    )


def _open_at(model: Model, prices: Prices) -> Flags:
    gain = prices.gains(model)
    choices = model.choices
    is_open: Flags = (gain > 0) | (choices.launch == 0) | (model.bounds.low > 0)
    if choices.most is not None:
        total = np.bincount(choices.label, gain)
        forced = np.bincount(choices.label, model.bounds.low) > 0
        order = np.lexsort([-total, ~forced])
        is_open &= np.isin(choices.label, order[: choices.most])
    return is_open
