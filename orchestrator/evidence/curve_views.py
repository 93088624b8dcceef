"""Response curves for people: one per placement and retailer, with a band."""

import numpy as np

from orchestrator.evidence.cells import Evidence
from orchestrator.evidence.problems import Campaign
from orchestrator.tools.optimizer import value_at
from schemas.run import CurvePoint, CurveView

POINTS = 25
REACH = 2.0  # the curve is drawn to this multiple of the larger of today's and the planned spend


def curve_views(evidence: Evidence, found: Campaign, planned: list[float]) -> tuple[CurveView, ...]:
    """Predicted revenue against a group's spend, split between its cells as planned (as today where none is planned).

    The band takes cells' errors as independent but for the part they share with their pool, a quarter of the variance.
    """
    names = [f"{cell.estimate.key.placement_type.value} at {cell.estimate.key.retailer_id}" for cell in evidence.cells]
    views = []
    for name in dict.fromkeys(names):
        inside = [i for i, other in enumerate(names) if other == name]
        current_spend = sum(found.current[i] for i in inside)
        planned_spend = sum(planned[i] for i in inside)
        mix = np.array([planned[i] if planned_spend > 0 else found.current[i] for i in inside])
        reach = REACH * max(current_spend, planned_spend)
        if mix.sum() <= 0 or reach <= 0:
            continue
        points = [_point(evidence, found, inside, mix / mix.sum(), spend) for spend in np.linspace(0, reach, POINTS)]
        views.append(
            CurveView(name=name, points=tuple(points), current_spend=current_spend, planned_spend=planned_spend)
        )
    return tuple(views)


SHARED_VARIANCE = 0.25


def _point(evidence: Evidence, found: Campaign, inside: list[int], mix: np.ndarray, spend: float) -> CurvePoint:
    values = np.array([value_at(found.revenue[i], float(spend * share)) for i, share in zip(inside, mix, strict=True)])
    relative = np.array([evidence.cells[i].estimate.sd / max(evidence.cells[i].estimate.mean, 1e-9) for i in inside])
    errors = values * relative
    variance = (1 - SHARED_VARIANCE) * float(np.sum(errors**2)) + SHARED_VARIANCE * float(np.sum(errors)) ** 2
    total, reach = float(values.sum()), 1.96 * float(np.sqrt(variance))
    return CurvePoint(spend=float(spend), value=total, low=max(0.0, total - reach), high=total + reach)
