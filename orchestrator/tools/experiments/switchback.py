"""Treatment switched on and off by blocks of time: block means, one observation per block, burn-in dropped.

Bojinov, Simchi-Levi and Zhao 2023 for the design. Units that switch together are one schedule, and a schedule's block
is what chance assigned, so it is also the cluster (Abadie and others 2023).
"""

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
import statsmodels.api as sm

from orchestrator.tools.experiments.arms import row_means
from orchestrator.tools.experiments.arrays import Flags, Floats
from orchestrator.tools.experiments.effects import Effect, Found
from orchestrator.tools.experiments.measured import Measured, measured_from
from orchestrator.tools.experiments.panel import Panel
from schemas.errors import InputInvalid

FEWEST_BLOCKS = 3  # treated, and untreated: below that an interval says nothing
SCHEDULES_FOR_TIME_EFFECTS = 4  # fewer cannot tell what is common to all from the treatment


@dataclass(frozen=True)
class Blocks:
    """Axis B: schedule x block. `units_B`: how many units its mean is over. `block`, `burn_in`: in periods."""

    outcome_B: Floats
    cost_B: Floats | None
    is_on_B: Flags
    schedule_B: np.ndarray
    number_B: np.ndarray
    units_B: Floats
    block: int
    burn_in: int
    units: int
    units_left_out: int

    @property
    def schedules(self) -> int:
        return len(np.unique(self.schedule_B))


def blocks_of(panel: Panel, start: date, block: int | None, burn_in: int) -> Blocks:
    """`block`: periods per block; by default the longest that fits every switch. Raises InputInvalid.

    Units with gaps after the start and units that never switch are left out, and so is a last block cut short.
    """
    after = panel.is_after_T(start)
    outcome, is_on = panel.outcome_UT[:, after], panel.is_on_UT[:, after]
    switches = (is_on[:, 1:] != is_on[:, :-1]).any(axis=1)
    kept = switches & ~np.isnan(outcome).any(axis=1)
    if not kept.any():
        raise InputInvalid(
            "method switchback: no unit with a row for every period switches between treated and untreated after "
            f"{start}; choose did or cuped for arms that stay, or fill in 0 where no row means nothing happened"
        )
    outcome, is_on = outcome[kept], is_on[kept]
    cost = None if panel.cost_UT is None else panel.cost_UT[:, after][kept]
    length = _length(is_on, block, burn_in)
    plans, schedule_U = np.unique(is_on, axis=0, return_inverse=True)
    schedule_U = np.asarray(schedule_U).ravel()
    blocks = outcome.shape[1] // length
    schedule_B, number_B = (index.ravel() for index in np.indices((len(plans), blocks)))
    return Blocks(
        outcome_B=_block_means(outcome, schedule_U, length, burn_in),
        cost_B=None if cost is None else _block_means(cost, schedule_U, length, burn_in),
        is_on_B=plans[:, : blocks * length : length].ravel(),
        schedule_B=schedule_B,
        number_B=number_B,
        units_B=np.bincount(schedule_U).astype(float)[schedule_B],
        block=length,
        burn_in=burn_in,
        units=int(kept.sum()),
        units_left_out=int((~kept).sum()),
    )


def switchback(blocks: Blocks) -> Measured:
    """Raises InputInvalid for too few blocks to compare."""
    on, off = int(blocks.is_on_B.sum()), int((~blocks.is_on_B).sum())
    if min(on, off) < FEWEST_BLOCKS:
        raise InputInvalid(
            f"method switchback: {on} treated and {off} untreated blocks of {blocks.block} periods; "
            f"at least {FEWEST_BLOCKS} of each are needed: run longer, or switch more often"
        )
    effect = block_effect(blocks, blocks.outcome_B)
    weights = np.where(blocks.is_on_B, blocks.units_B, 0.0) / blocks.units_B[blocks.is_on_B].sum()
    level = float(weights @ blocks.outcome_B)
    found = Found(effect, Effect(level, weights * (blocks.outcome_B - level), effect.degrees))
    cost = None if blocks.cost_B is None else block_effect(blocks, blocks.cost_B)
    return measured_from(found, cost, {"block_periods": blocks.block, "burn_in_periods": blocks.burn_in})


def block_effect(blocks: Blocks, values_B: Floats) -> Effect:
    """Weighted least squares on treatment, schedule and, with enough schedules, block number; HC2 by block."""
    design = np.column_stack([blocks.is_on_B, *_dummies(blocks.schedule_B)]).astype(float)
    if blocks.schedules >= SCHEDULES_FOR_TIME_EFFECTS:
        with_time = np.column_stack([design, *_dummies(blocks.number_B)[1:]])
        if np.linalg.matrix_rank(with_time) == with_time.shape[1]:
            design = with_time
    root = np.sqrt(blocks.units_B)
    fit = sm.OLS(values_B * root, design * root[:, None]).fit()
    if fit.df_resid < 1:
        raise InputInvalid("method switchback: as many schedules and blocks as observations; run longer")
    leverage = np.minimum(fit.get_influence().hat_matrix_diag, 1 - 1e-9)
    influence = fit.model.pinv_wexog[0] * fit.resid / np.sqrt(1 - leverage)
    return Effect(float(fit.params[0]), influence, float(fit.df_resid))


def _length(is_on: Flags, block: int | None, burn_in: int) -> int:
    switches = np.flatnonzero((is_on[:, 1:] != is_on[:, :-1]).any(axis=0)) + 1
    longest = math.gcd(*switches.tolist())
    length = longest if block is None else block
    if longest % length:
        raise InputInvalid(
            f"blocks of {length} periods do not fit: a unit switches {int(switches[switches % length > 0][0])} periods "
            f"after the start; blocks of {longest} fit, or correct the start"
        )
    if not 0 <= burn_in < length:
        raise InputInvalid(f"a burn-in of {burn_in} periods leaves nothing of blocks of {length}; give less")
    return length


def _block_means(values_UT: Floats, schedule_U: np.ndarray, length: int, burn_in: int) -> Floats:
    blocks = values_UT.shape[1] // length
    cut = values_UT[:, : blocks * length].reshape(len(values_UT), blocks, length)[:, :, burn_in:]
    means = row_means(cut.reshape(-1, length - burn_in)).reshape(len(values_UT), blocks)
    schedules = range(int(schedule_U.max()) + 1)
    return np.array([means[schedule_U == schedule].mean(axis=0) for schedule in schedules]).ravel()


def _dummies(labels: np.ndarray) -> list[np.ndarray]:
    return [labels == label for label in np.unique(labels)]
