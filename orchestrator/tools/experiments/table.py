"""The means behind an estimate, arm by arm."""

from typing import Literal

import numpy as np

from orchestrator.tools.experiments.arms import Arms
from orchestrator.tools.experiments.arrays import Flags
from orchestrator.tools.experiments.checks import has_before
from orchestrator.tools.experiments.measured import Measured
from orchestrator.tools.experiments.switchback import Blocks
from schemas.lift import LiftEstimate, LiftRow

ArmName = Literal["treated", "untreated"]


def arm_table(arms: Arms, measured: Measured) -> tuple[LiftRow, ...]:
    rows = [_arm_row(arms, arms.is_treated_U, "treated"), _arm_row(arms, ~arms.is_treated_U, "untreated")]
    return (*rows, _effect_row(len(arms.is_treated_U), measured))


def block_table(blocks: Blocks, measured: Measured) -> tuple[LiftRow, ...]:
    rows = [_block_row(blocks, blocks.is_on_B, "treated"), _block_row(blocks, ~blocks.is_on_B, "untreated")]
    return (*rows, _effect_row(len(blocks.is_on_B), measured))


def as_text(lift: LiftEstimate) -> str:
    cells = [("", "units", "before", "after", "change", "95 % interval")]
    for row in lift.table:
        interval = "" if row.ci95 is None else f"{row.ci95[0]:+,.2f} to {row.ci95[1]:+,.2f}"
        cells.append(
            (
                row.row,
                f"{row.units:,}",
                _number(row.mean_before),
                _number(row.mean_after),
                _number(row.change),
                interval,
            )
        )
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width) for column, (cell, width) in enumerate(pairs))
        for pairs in (list(zip(line, widths, strict=True)) for line in cells)
    )


def _arm_row(arms: Arms, arm: Flags, name: ArmName) -> LiftRow:
    before = float(arms.before_U[arm].mean()) if has_before(arms) else None
    after = float(arms.after_U[arm].mean())
    change = None if before is None else after - before
    return LiftRow(row=name, units=int(arm.sum()), mean_before=before, mean_after=after, change=change)


def _block_row(blocks: Blocks, state: Flags, name: ArmName) -> LiftRow:
    mean = float(np.average(blocks.outcome_B[state], weights=blocks.units_B[state]))
    return LiftRow(row=name, units=int(state.sum()), mean_before=None, mean_after=mean, change=None)


def _effect_row(units: int, measured: Measured) -> LiftRow:
    """Not always the difference of the changes above: cuped and synthetic_control weigh the untreated units."""
    absolute = measured.absolute
    return LiftRow(
        row="effect", units=units, mean_before=None, mean_after=None, change=absolute.estimate, ci95=absolute.ci95
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.2f}"
