"""Every group of units that could have been treated, each with its synthetic series.

Axes: G groups, the real one first; U units; T points in time.
"""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.optimize import nnls

from orchestrator.tools.experiments.arms import Arms
from orchestrator.tools.experiments.arrays import Flags, Floats

MOST_PLACEBOS = 99
SUM_WEIGHT = 1e3  # how hard the least squares hold the sum of the weights at 1; what is left is divided out


@dataclass(frozen=True)
class Placebos:
    """A group's gap after the start is fixed_G + kept * treated_G when the treated units keep that share of theirs.

    Keeping the share 1 / (1 + lift) takes a lift out. `error_G`: root mean square gap before the start.
    """

    fixed_G: Floats
    treated_G: Floats
    error_G: Floats
    weights: Floats

    @property
    def error(self) -> float:
        return float(self.error_G[0])

    @property
    def level(self) -> float:
        """Of the treated group after the start, as a multiple of its mean before."""
        return float(self.treated_G[0])

    @property
    def counterfactual(self) -> float:
        return float(-self.fixed_G[0])

    def scores(self, kept: float) -> Floats:
        return np.asarray(np.abs(self.fixed_G + kept * self.treated_G) / self.error_G)

    def p_value(self, kept: float) -> float:
        scores = self.scores(kept)
        return float(np.mean(scores >= scores[0]))

    def kept_shares(self) -> tuple[float, float]:
        """The least and the most that can be kept with p > 0.05; 0 and infinity where there is no such end.

        p changes only where another group's score crosses the real one's, so it is looked up once in between.
        """
        fixed, treated = self.fixed_G / self.error_G, self.treated_G / self.error_G
        crossings = [
            -(fixed[0] - sign * fixed[1:]) / slope
            for sign in (1, -1)
            for slope in [np.where(treated[0] == sign * treated[1:], np.nan, treated[0] - sign * treated[1:])]
        ]
        found = np.concatenate(crossings)
        edges = np.concatenate([[0.0], np.unique(found[np.isfinite(found) & (found > 0)]), [np.inf]])
        inside = np.append((edges[:-2] + edges[1:-1]) / 2, 2 * edges[-2] + 1)
        accepted = np.flatnonzero([self.p_value(kept) > 0.05 for kept in inside])
        return float(edges[accepted[0]]), float(edges[accepted[-1] + 1])


def placebos_of(arms: Arms) -> Placebos:
    after = arms.is_after_T
    index_UT = arms.outcome_UT / arms.outcome_UT[:, ~after].mean(axis=1, keepdims=True)
    parts = []
    for group in _groups(arms.is_treated_U):
        series = arms.outcome_UT[group]
        share = series / series[:, ~after].mean(axis=1).sum()
        others = np.delete(np.arange(len(index_UT)), group)
        weights = fitted_weights(share.sum(axis=0)[~after], index_UT[others][:, ~after], len(group), int(after.sum()))
        contribution_UT = np.zeros_like(index_UT)
        contribution_UT[group] = share
        contribution_UT[others] = -weights[:, None] * index_UT[others]
        gap_U = contribution_UT[:, after].mean(axis=1)
        error = np.sqrt(np.mean(contribution_UT[:, ~after].sum(axis=0) ** 2))
        parts.append((gap_U[~arms.is_treated_U].sum(), gap_U[arms.is_treated_U].sum(), error, weights))
    fixed_G, treated_G, error_G = (np.array([part[axis] for part in parts]) for axis in range(3))
    return Placebos(fixed_G, treated_G, error_G, weights=parts[0][3])


def fitted_weights(series: Floats, donors: Floats, treated_units: int, periods_after: int) -> Floats:
    """Convex weights by non-negative least squares, with the ridge penalty of Arkhangelsky and others 2021.

    `series` (T,) and `donors` (U, T) before the start. Their zeta: (treated units x periods after) ** (1/4) times the
    standard deviation of the untreated units' steps.
    """
    zeta = (treated_units * periods_after) ** 0.25 * np.diff(donors, axis=1).std()
    ridge = np.eye(len(donors)) * zeta * math.sqrt(donors.shape[1])
    rows = np.vstack([donors.T, np.full((1, len(donors)), SUM_WEIGHT), ridge])
    weights = nnls(rows, np.concatenate([series, [SUM_WEIGHT], np.zeros(len(donors))]))[0]
    return np.asarray(weights / weights.sum())


def _groups(is_treated: Flags) -> list[list[int]]:
    """The real group, then all others of its size, or as many as suffice, drawn the same way every time."""
    units, real = len(is_treated), tuple(np.flatnonzero(is_treated).tolist())
    if math.comb(units, len(real)) <= MOST_PLACEBOS + 1:
        others = [group for group in combinations(range(units), len(real)) if group != real]
        return [list(real), *(list(group) for group in others)]
    random = np.random.default_rng(0)
    drawn: set[tuple[int, ...]] = set()
    while len(drawn) < MOST_PLACEBOS:
        group = tuple(sorted(random.choice(units, len(real), replace=False).tolist()))
        if group != real:
            drawn.add(group)
    return [list(real), *(list(group) for group in sorted(drawn))]
