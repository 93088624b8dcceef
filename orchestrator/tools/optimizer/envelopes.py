"""All curves of a plan at once: their values, their concave envelopes, and the best answer to a price.

Axes: L lines of the plan (a cell, or a cell in one period), K knots.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from orchestrator.tools.optimizer.curves import Floats, Ints
from orchestrator.tools.optimizer.families import Family, Hill, Log, PowerHill, Root
from orchestrator.tools.optimizer.tabulated import Tabulated
from schemas.optimization import Curve, HillCurve, LogCurve, PointsCurve, RootCurve


class Envelopes:
    """`low`, `high`: (L,) currency units, low <= high; an envelope depends on the range it is taken over."""

    def __init__(self, curves: Sequence[Curve], low: Floats, high: Floats) -> None:
        self.curves, self.low, self.high = tuple(curves), low, high
        self._families = tuple(_families(self.curves, low, high))

    def value(self, spend: Floats) -> Floats:
        return self._each(lambda family, x: family.value(x), spend)

    def envelope(self, spend: Floats) -> Floats:
        return self._each(lambda family, x: family.envelope(x), spend)

    def slope(self, spend: Floats) -> Floats:
        return self._each(lambda family, x: family.slope(x), spend)

    def spend_at(self, slope: Floats) -> Floats:
        """(L,) the spend in [low, high] past which each envelope rises less than `slope` (L,) >= 0."""
        found = self._each(lambda family, p: family.spend_at(p), slope)
        # A curve without any value, asked for slope 0, is the only way to 0 / 0.
        return np.clip(np.nan_to_num(found, nan=0.0, posinf=np.inf), self.low, self.high)

    def best(self, weight: Floats, price: Floats, low: Floats | None = None) -> tuple[Floats, Floats]:
        """(L,) the spend in [low, high] with the most weight * envelope - price * spend, and that much.

        With a negative weight the function is convex, so that an end is best.
        """
        low = self.low if low is None else low
        slope = np.divide(price, weight, out=np.full(len(price), np.inf), where=weight > 0)
        inside = np.clip(self.spend_at(np.maximum(slope, 0.0)), low, self.high)
        spends = np.array([inside, low, self.high])
        worths = np.array([weight * self.envelope(x) - price * x for x in spends])
        pick = worths.argmax(axis=0)
        lines = np.arange(len(price))
        return spends[pick, lines], worths[pick, lines]

    def knots(self, coarse: int, slopes: Sequence[Floats] = (), near: Floats | None = None) -> Iterator["Knots"]:
        """Even ones, those where each envelope has one of the `slopes` (L,), and `near` (L,)."""
        more = [self.spend_at(slope) for slope in slopes] + ([] if near is None else [near])
        for lines, family in self._families:
            found = [family.knots(coarse)]
            if not isinstance(family, Tabulated):
                found += [spend[lines, None] for spend in more]
            spend = _apart(np.concatenate(found, axis=1), family.low, family.high)
            with np.errstate(divide="ignore", invalid="ignore"):
                value, slope = (np.column_stack([ask(x) for x in spend.T]) for ask in (family.envelope, family.slope))
            yield Knots(lines, spend, value, slope)

    def _each(self, ask: Callable[[Family, Floats], Floats], given: Floats) -> Floats:
        found = np.empty(len(self.curves))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            for lines, family in self._families:
                found[lines] = ask(family, given[lines])
        return found


@dataclass(frozen=True)
class Knots:
    """Of some `lines`, (lines, K): rising spends from `low` to `high`, and the envelopes' values and slopes there."""

    lines: Ints
    spend: Floats
    value: Floats
    slope: Floats


def _apart(spend: Floats, low: Floats, high: Floats) -> Floats:
    """(lines, K) sorted, from `low` to `high`; equal or well apart, because slopes between near knots are noise."""
    spend = np.sort(np.clip(np.column_stack([low, spend, high]), low[:, None], high[:, None]), axis=1)
    least = (high - low) * 1e-9
    spend = np.where(high[:, None] - spend <= least[:, None], high[:, None], spend)
    for k in range(1, spend.shape[1]):
        spend[:, k] = np.where(spend[:, k] - spend[:, k - 1] <= least, spend[:, k - 1], spend[:, k])
    return spend


def _families(curves: tuple[Curve, ...], low: Floats, high: Floats) -> Iterator[tuple[Ints, Family]]:
    kinds: dict[str, list[int]] = {}
    for line, curve in enumerate(curves):
        is_s_shaped = isinstance(curve, HillCurve) and curve.slope != 1
        kinds.setdefault("power" if is_s_shaped else curve.kind, []).append(line)
    for kind, members in kinds.items():
        lines = np.array(members)
        yield lines, _family(kind, [curves[line] for line in members], low[lines], high[lines])


def _family(kind: str, curves: Sequence[Curve], low: Floats, high: Floats) -> Family:
    if kind == "points":
        return Tabulated([curve for curve in curves if isinstance(curve, PointsCurve)], low, high)
    if kind == "root":
        scales = np.array([curve.scale for curve in curves if isinstance(curve, RootCurve)])
        return Root(scales, np.ones(len(curves)), low, high)
    if kind == "log":
        logs = np.array([(curve.scale, curve.half) for curve in curves if isinstance(curve, LogCurve)])
        return Log(logs[:, 0], logs[:, 1], low, high)
    hills = np.array([(curve.top, curve.half, curve.slope) for curve in curves if isinstance(curve, HillCurve)])
    if kind == "hill":
        return Hill(hills[:, 0], hills[:, 1], low, high)
    return PowerHill(hills[:, 0], hills[:, 1], hills[:, 2], low, high)
