"""What a response curve is worth at a spend, and the concave pieces that stand for it in the LP."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from schemas.optimization import Curve, HillCurve, LogCurve, PointsCurve, RootCurve

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def value_at(curve: Curve, spend: float) -> float:
    if isinstance(curve, HillCurve):
        return curve.top * spend / (spend + curve.half)
    if isinstance(curve, LogCurve):
        return curve.scale * math.log1p(spend / curve.half)
    if isinstance(curve, RootCurve):
        return curve.scale * math.sqrt(spend)
    spends, values = zip(*curve.points, strict=True)
    return float(np.interp(spend, spends, values))


def envelope_at(curve: Curve, spend: float, low: float, high: float) -> float:
    """The least concave function above the curve on [low, high]; the curve itself unless it is given by points."""
    if isinstance(curve, PointsCurve):
        spends, values = hull(curve, low, high)
        return float(np.interp(spend, spends, values))
    return value_at(curve, spend)


def slope_at(curve: Curve, spend: float) -> float:
    """Value per extra unit of spend; infinite for a root curve at 0."""
    if isinstance(curve, HillCurve):
        return curve.top * curve.half / (spend + curve.half) ** 2
    if isinstance(curve, LogCurve):
        return curve.scale / (spend + curve.half)
    if isinstance(curve, RootCurve):
        if curve.scale == 0:
            return 0.0
        return curve.scale / (2 * math.sqrt(spend)) if spend > 0 else math.inf
    spends, values = zip(*curve.points, strict=True)
    return _piece_slope(np.array(spends), np.array(values), spend)


def envelope_slope(curve: Curve, spend: float, low: float, high: float) -> float:
    if isinstance(curve, PointsCurve):
        return _piece_slope(*hull(curve, low, high), spend)
    return slope_at(curve, spend)


def best_spend(curve: Curve, weight: float, price: float, low: float, high: float) -> tuple[float, float]:
    """The spend in [low, high] that maximises weight * envelope - price * spend, and that maximum.

    With a negative weight the function is convex, so that an end is best.
    """
    candidates = [low, high]
    if isinstance(curve, PointsCurve):
        candidates += [float(spend) for spend in hull(curve, low, high)[0]]
    elif weight > 0 and price > 0:
        candidates.append(min(max(_where_slope_is(curve, price / weight), low), high))
    spend = max(candidates, key=lambda x: weight * envelope_at(curve, x, low, high) - price * x)
    return spend, weight * envelope_at(curve, spend, low, high) - price * spend


def _where_slope_is(curve: HillCurve | LogCurve | RootCurve, slope: float) -> float:
    if isinstance(curve, HillCurve):
        return math.sqrt(curve.top * curve.half / slope) - curve.half
    if isinstance(curve, LogCurve):
        return curve.scale / slope - curve.half
    return (curve.scale / (2 * slope)) ** 2


def pieces(
    curve: Curve, low: float, high: float, count: int, window: tuple[float, float] | None
) -> tuple[Floats, Floats]:
    """Knots of a concave interpolation: spends from `low` to `high`, and the values there.

    Closest where the curve bends most. With a `window`, a spend and how far either side of it, most knots are there, so
    that a round gets finer without shutting any spend out.
    """
    if isinstance(curve, PointsCurve):
        return hull(curve, low, high)
    if high <= low:
        return np.array([low]), np.array([value_at(curve, low)])
    ends = _bend(curve, low), _bend(curve, high)
    coarse = count if window is None else max(2, count // 2)
    spends = np.clip([_unbend(curve, bend) for bend in np.linspace(*ends, coarse + 1)], low, high)
    if window is not None:
        near, width = window
        fine = np.linspace(max(low, near - width), min(high, near + width), count + 1)
        spends = np.union1d(spends, np.append(fine, near))
    spends[0], spends[-1] = low, high
    spends = spends[np.append(True, np.diff(spends) > (high - low) * 1e-9)]
    spends[-1] = high
    return spends, np.array([value_at(curve, float(x)) for x in spends])


def piece_width(curve: Curve, low: float, high: float, spend: float, count: int) -> float:
    """About how wide `pieces` makes the piece around `spend`."""
    if isinstance(curve, PointsCurve) or high <= low:
        return high - low
    step = abs(_bend(curve, high) - _bend(curve, low)) / count
    here = _bend(curve, spend)
    ends = sorted((_bend(curve, low), _bend(curve, high)))
    before, after = (_unbend(curve, min(max(here + move, ends[0]), ends[1])) for move in (-step, step))
    return abs(after - before) / 2


def _bend(curve: HillCurve | LogCurve | RootCurve, spend: float) -> float:
    """The scale on which knots are even: the integral of sqrt(|f''|), which makes the interpolation's error even."""
    if isinstance(curve, HillCurve):
        return -1 / math.sqrt(spend + curve.half)
    if isinstance(curve, LogCurve):
        return math.log(spend + curve.half)
    return float(spend**0.25)


def _unbend(curve: HillCurve | LogCurve | RootCurve, bend: float) -> float:
    if isinstance(curve, HillCurve):
        return 1 / bend**2 - curve.half
    if isinstance(curve, LogCurve):
        return math.exp(bend) - curve.half
    return bend**4


@lru_cache(maxsize=4096)
def hull(curve: PointsCurve, low: float, high: float) -> tuple[Floats, Floats]:
    """Vertices of the upper concave envelope on [low, high] (Andrew's monotone chain)."""
    inside = [low, *(spend for spend, _ in curve.points if low < spend < high), *([high] if high > low else [])]
    kept: list[tuple[float, float]] = []
    for point in ((spend, value_at(curve, spend)) for spend in inside):
        while len(kept) > 1 and _turns_left(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    spends, values = zip(*kept, strict=True)
    return np.array(spends), np.array(values)


def _turns_left(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) >= (b[1] - a[1]) * (c[0] - a[0])


def _piece_slope(spends: Floats, values: Floats, spend: float) -> float:
    """Slope of the piece that begins at or holds `spend`; 0 after the last."""
    piece = int(np.searchsorted(spends, spend, side="right")) - 1
    if piece >= len(spends) - 1:
        return 0.0
    return float((values[piece + 1] - values[piece]) / (spends[piece + 1] - spends[piece]))
