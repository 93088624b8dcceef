"""Curves given by points, many at a time. Axes: L lines of the plan, V vertices (short curves repeat their last)."""

from collections.abc import Sequence

import numpy as np

from orchestrator.tools.optimizer.curves import Flags, Floats, Ints, value_at
from schemas.optimization import PointsCurve


class Tabulated:
    """Linear between points and flat after the last; the envelope is the upper hull of what [low, high] holds."""

    def __init__(self, curves: Sequence[PointsCurve], low: Floats, high: Floats) -> None:
        self.low, self.high = low, high
        self._own = _Lines([curve.points for curve in curves])
        ends = zip(curves, low, high, strict=True)
        self._hull = _Lines([hull(curve, float(a), float(b)) for curve, a, b in ends])

    def value(self, spend: Floats) -> Floats:
        return self._own.at(spend)

    def envelope(self, spend: Floats) -> Floats:
        return self._hull.at(spend)

    def slope(self, spend: Floats) -> Floats:
        """Past the hull's end what more room would bring: the curve's own slope there."""
        return np.where(self._hull.ends_by(spend), self._own.slope(spend), self._hull.slope(spend))

    def spend_at(self, slope: Floats) -> Floats:
        return self._hull.where_slope_is(slope)

    def knots(self, count: int) -> Floats:
        """All vertices, whatever the `count`: between them nothing bends."""
        return self._hull.x


class _Lines:
    def __init__(self, points: Sequence[Sequence[tuple[float, float]]]) -> None:
        most = max(2, max(map(len, points)))
        padded = np.array([[*line, *[line[-1]] * (most - len(line))] for line in points], dtype=float)
        self.x: Floats = padded[:, :, 0]
        self.y: Floats = padded[:, :, 1]
        widths = np.diff(self.x)
        self._slopes: Floats = np.divide(np.diff(self.y), widths, out=np.zeros_like(widths), where=widths > 0)
        self._is_piece = widths > 0

    def at(self, spend: Floats) -> Floats:
        inside = np.minimum(spend, self.x[:, -1])
        line, piece = self._piece(inside)
        reached: Floats = self.y[line, piece] + self._slopes[line, piece] * (inside - self.x[line, piece])
        return reached

    def slope(self, spend: Floats) -> Floats:
        line, piece = self._piece(spend)
        return np.where(self.ends_by(spend), 0.0, self._slopes[line, piece])

    def where_slope_is(self, slope: Floats) -> Floats:
        steeper = ((self._slopes > slope[:, None]) & self._is_piece).sum(axis=1)
        spend: Floats = self.x[np.arange(len(slope)), steeper]
        return spend

    def ends_by(self, spend: Floats) -> Flags:
        found: Flags = spend >= self.x[:, -1]
        return found

    def _piece(self, spend: Floats) -> tuple[Ints, Ints]:
        begun = (spend[:, None] >= self.x[:, 1:]).sum(axis=1)
        return np.arange(len(spend)), np.minimum(begun, self._slopes.shape[1] - 1)


def hull(curve: PointsCurve, low: float, high: float) -> list[tuple[float, float]]:
    """Vertices of the upper concave envelope on [low, high] (Andrew's monotone chain)."""
    inside = [low, *(spend for spend, _ in curve.points if low < spend < high), *([high] if high > low else [])]
    kept: list[tuple[float, float]] = []
    for point in ((spend, value_at(curve, spend)) for spend in inside):
        while len(kept) > 1 and _turns_left(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return kept


def _turns_left(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) >= (b[1] - a[1]) * (c[0] - a[0])
