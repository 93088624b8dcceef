"""Incremental ROAS put to the test: tests with a known return, and with an extra cost from none to plain."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from orchestrator.tools.experiments.arms import Arms
from orchestrator.tools.experiments.calibration.figures import Share, share_of
from orchestrator.tools.experiments.lift import measured_by
from schemas.base import Frozen

EXTRA_COST_SHARES = (0.0, 0.03, 0.15)  # of sales: none, hardly visible, plain
USUAL_COST_SHARE = 0.10
DRIFT_SIGMA, WEEK_SIGMA = 0.3, 0.2  # of a unit's usual cost, before to after and from week to week


@dataclass(frozen=True)
class RoasTrial:
    """`is_covered` means nothing where the ratio was refused."""

    is_refused: bool
    is_covered: bool


class RoasFigures(Frozen):
    """`coverage`: of the intervals that were given; None when none was."""

    source: str
    setting: str
    extra_cost_share: float
    repetitions: int
    refused: Share
    coverage: Share | None


def roas_trials(
    draw: Callable[[np.random.Generator], tuple[Arms, Arms]], extra_share: float, repetitions: int, seed: int
) -> Iterator[RoasTrial]:
    for repetition in range(repetitions):
        random = np.random.default_rng([seed, repetition])
        null, lifted = draw(random)
        usual, extra = _costs(null, extra_share, random)
        iroas = measured_by("did", replace(lifted, cost_UT=usual + extra)).iroas
        if iroas is None:
            yield RoasTrial(True, False)
            continue
        brought = (lifted.outcome_UT - null.outcome_UT).sum()
        low, high = iroas.ci95
        yield RoasTrial(False, bool(extra_share > 0 and low <= brought / extra.sum() <= high))


def roas_figures(source: str, setting: str, extra_share: float, found: list[RoasTrial]) -> RoasFigures:
    given = [trial.is_covered for trial in found if not trial.is_refused]
    return RoasFigures(
        source=source,
        setting=setting,
        extra_cost_share=extra_share,
        repetitions=len(found),
        refused=share_of([trial.is_refused for trial in found]),
        coverage=share_of(given) if given and extra_share > 0 else None,
    )


def _costs(arms: Arms, extra_share: float, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(usual, extra) cost by unit and week, in proportion to the unit's sales before the start."""
    units, weeks = arms.outcome_UT.shape
    drift = np.where(arms.is_after_T, random.lognormal(0, DRIFT_SIGMA, (units, 1)), 1.0)
    usual = USUAL_COST_SHARE * arms.before_U[:, None] * drift * random.lognormal(0, WEEK_SIGMA, (units, weeks))
    is_on = arms.is_treated_U[:, None] & arms.is_after_T
    extra = extra_share * arms.before_U[:, None] * is_on * random.lognormal(0, WEEK_SIGMA, (units, weeks))
    return usual, extra
