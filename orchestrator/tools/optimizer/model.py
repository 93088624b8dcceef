"""A problem as the solver's side sees it: lines with curves and bounds, rows over them, and choices."""

from dataclasses import dataclass, replace

import numpy as np

from orchestrator.tools.optimizer.bounds import Bounds
from orchestrator.tools.optimizer.curves import Floats, Ints
from orchestrator.tools.optimizer.envelopes import Envelopes
from orchestrator.tools.optimizer.limits import rows_of
from orchestrator.tools.optimizer.lines import Lines
from orchestrator.tools.optimizer.rows import Row
from schemas.optimization import Options

HALVINGS = 60


@dataclass(frozen=True)
class Choices:
    """What makes a program mixed-integer. `launch` (lines,): the least spend once there is any, 0 where any will do.

    `label` (lines,): which of the counted things a line belongs to; at most `most` of them are active.
    """

    launch: Floats
    label: Ints
    labels: tuple[str, ...]
    most: int | None
    words: str

    @property
    def are_needed(self) -> bool:
        return bool(self.launch.any()) or self.most is not None


@dataclass(frozen=True)
class Model:
    """Everything but the curves' own shapes is linear in spend and value; see `Row`, `Bounds`, `Choices`."""

    lines: Lines
    bounds: Bounds
    curves: Envelopes
    rows: tuple[Row, ...]
    choices: Choices
    options: Options

    def without_choices(self) -> "Model":
        free = replace(self.choices, launch=np.zeros(len(self.choices.launch)), most=None)
        return replace(self, choices=free)

    def within(self, bounds: Bounds) -> "Model":
        return replace(self, bounds=bounds, curves=Envelopes(self.curves.curves, bounds.low, bounds.high))


def model_of(lines: Lines) -> Model:
    """`lines` whose bounds do not cross."""
    bounds = lines.bounds
    curves = Envelopes(lines.curves, bounds.low, bounds.high)
    model = Model(lines, bounds, curves, rows_of(lines), _choices(lines), lines.problem.options)
    if model.options.exclude_below_break_even:
        model = model.within(_up_to_break_even(model))
    return model


def within_own_stock(model: Model) -> Model:
    """With each line's maximum lowered to what stock lets it sell by itself, the others at their minimums.

    No allowed plan is lost, and pieces are cut where the plan can be: a scarce SKU's range may be a thousandth of the
    budget. Bisection on the envelope.
    """
    bounds, curves = model.bounds, model.curves
    least = curves.envelope(bounds.low)
    most, names = np.full(len(least), np.inf), np.array(bounds.high_names, dtype=object)
    for row in model.rows:
        left = row.rhs - row.total(bounds.low, least) if row.caps_value and not row.spend_weights.any() else -1.0
        if left < 0:
            continue
        sold = row.value_weights > 0
        lines = row.lines[sold]
        reach = least[lines] + left / row.value_weights[sold]
        tighter = reach < most[lines]
        most[lines[tighter]], names[lines[tighter]] = reach[tighter], row.name
    if not np.any(curves.envelope(bounds.high) > most):
        return model
    keep, too_much = bounds.low.copy(), bounds.high.copy()
    for _ in range(HALVINGS):
        middle = (keep + too_much) / 2
        is_over = curves.envelope(middle) > most
        keep, too_much = np.where(is_over, keep, middle), np.where(is_over, middle, too_much)
    # The upper end: the bound must not cut off a plan that the row itself allows.
    return model.within(bounds.lowered(too_much, tuple(names)))


def _up_to_break_even(model: Model) -> Bounds:
    """Lowered to where one more unit of spend brings a unit of margin; nothing where even the first does not."""
    margin = model.lines.of_field("margin_share")
    needed = np.divide(1.0, margin, out=np.full(len(margin), np.inf), where=margin > 0)
    most = model.curves.spend_at(needed)
    nothing = model.curves.slope(model.bounds.low) <= needed
    names = tuple(f"cell {model.lines.problem.cells[c].id!r} break-even" for c in model.lines.cell)
    return model.bounds.lowered(np.where(nothing, 0.0, most), names)


def _choices(lines: Lines) -> Choices:
    limit = lines.problem.options.max_active
    cells = lines.problem.cells
    tagged = [cell.tags[limit.tag] if limit is not None else "" for cell in cells]
    labels, label = np.unique(tagged, return_inverse=True)
    words = "" if limit is None else f"at most {limit.most} different {limit.tag!r} may be active"
    return Choices(
        launch=lines.of_field("min_launch"),
        label=label[lines.cell],
        labels=tuple(map(str, labels)),
        most=None if limit is None else limit.most,
        words=words,
    )
