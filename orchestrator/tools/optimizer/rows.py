"""Constraints that run over many lines of the plan, each with a name and words for people."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orchestrator.tools.optimizer.curves import Floats, Ints

AT_MOST = -1
AT_LEAST = 1


@dataclass(frozen=True)
class Row:
    """sum over `lines` of spend_weights * spend + value_weights * value, at most or at least `rhs`.

    The weights are those of `lines` only: a plan of many periods has thousands of rows over two lines each.
    """

    name: str
    lines: Ints
    spend_weights: Floats
    value_weights: Floats
    sense: int
    rhs: float
    words: str

    @property
    def is_on_spend_only(self) -> bool:
        return not self.value_weights.any()

    @property
    def caps_value(self) -> bool:
        """Value rises concavely with spend, so that "at most" over it is not a convex constraint."""
        return self.sense == AT_MOST and not self.is_on_spend_only

    def total(self, spend: Floats, values: Floats) -> float:
        """`spend`, `values`: over all lines of the plan."""
        return float(self.spend_weights @ spend[self.lines] + self.value_weights @ values[self.lines])


def spend_row(name: str, lines: Ints, sense: int, rhs: float, words: str, weights: Floats | None = None) -> Row:
    """A row over spend; every weight is 1 unless given."""
    weights = np.ones(len(lines)) if weights is None else weights
    return Row(name, lines, weights, np.zeros(len(lines)), sense, rhs, words)


def between(
    name: str, lines: Ints, least: float, most: float | None, least_words: str, most_words: str
) -> Sequence[Row]:
    """The rows `name minimum` and `name maximum`, of those that say anything."""
    rows = []
    if least > 0:
        rows.append(spend_row(f"{name} minimum", lines, AT_LEAST, least, least_words))
    if most is not None:
        rows.append(spend_row(f"{name} maximum", lines, AT_MOST, most, most_words))
    return rows
