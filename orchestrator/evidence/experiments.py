"""An experiment's result brought into the curves: the model's return of the cells it speaks of is moved towards it.

Precision-weighted, as a normal prior and a normal likelihood combine: what a model's experiment-calibrated prior does
(Google Meridian, "ROI priors and calibration"). All cells in scope move by one factor, because an experiment measures
them together and says nothing of how they differ.
"""

import numpy as np

from orchestrator.evidence.attributed import Returns
from orchestrator.evidence.seen import Seen


def calibrated(seen: Seen, returns: Returns) -> Returns:
    mean, sd = returns.mean, returns.sd
    for result in seen.experiments:
        inside = np.array([result.speaks_of(key) for key in seen.keys], dtype=bool)
        weights = np.where(inside, seen.spend, 0.0)
        if weights.sum() <= 0:
            continue
        model = float(np.average(mean, weights=weights))
        relative = float(np.average(returns.common_sd[seen.placement], weights=weights))
        if model <= 0:
            continue
        trust = (relative * model) ** 2 / ((relative * model) ** 2 + result.sd**2)
        factor = np.where(inside, max(0.0, 1 + trust * (result.iroas / model - 1)), 1.0)
        mean, sd = factor * mean, factor * sd
    return Returns(mean, sd, returns.common_sd)
