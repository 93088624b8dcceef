"""What one response curve is worth at one spend. Whole portfolios are evaluated by `envelopes`."""

import math

import numpy as np
from numpy.typing import NDArray

from schemas.optimization import Curve, HillCurve, LogCurve, PointsCurve, RootCurve

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]


def value_at(curve: Curve, spend: float) -> float:
    if isinstance(curve, HillCurve):
        if curve.slope == 1:
            return curve.top * spend / (spend + curve.half)
        ratio: float = (spend / curve.half) ** curve.slope
        return curve.top * ratio / (1 + ratio)
    if isinstance(curve, LogCurve):
        return curve.scale * math.log1p(spend / curve.half)
    if isinstance(curve, RootCurve):
        return curve.scale * math.sqrt(spend)
    spends, values = zip(*curve.points, strict=True)
    return float(np.interp(spend, spends, values))


def over_part(curve: Curve, share: float) -> Curve:
    """The curve of a part of the campaign: share * f(x / share), so that spending evenly brings the whole curve."""
    if share == 1:
        return curve
    if isinstance(curve, HillCurve):
        return curve.model_copy(update={"top": curve.top * share, "half": curve.half * share})
    if isinstance(curve, LogCurve):
        return curve.model_copy(update={"scale": curve.scale * share, "half": curve.half * share})
    if isinstance(curve, RootCurve):
        return curve.model_copy(update={"scale": curve.scale * math.sqrt(share)})
    return PointsCurve(kind="points", points=tuple((x * share, y * share) for x, y in curve.points))
