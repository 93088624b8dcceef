"""The optimiser's problem and its answer. Spend and value are plain currency units over the whole campaign."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from schemas.base import Frozen
from schemas.tasks import Pacing


class Finite(Frozen):
    """A value without NaN and infinities, which JSON readers let through and solvers do not survive."""

    model_config = ConfigDict(allow_inf_nan=False)


def _no_repeats(field: str, key: str, names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if repeated:
        raise ValueError(f"{field}: {key} {repeated[0]!r} appears more than once; every {key} must be unique")


class HillCurve(Finite):
    """top * x^slope / (x^slope + half^slope); with a slope above 1 it is S-shaped, and its envelope is optimised."""

    kind: Literal["hill"]
    top: float = Field(ge=0)
    half: float = Field(gt=0)
    slope: float = Field(default=1, gt=0, le=20)


class LogCurve(Finite):
    """scale * ln(1 + x / half)."""

    kind: Literal["log"]
    scale: float = Field(ge=0)
    half: float = Field(gt=0)


class RootCurve(Finite):
    """scale * sqrt(x)."""

    kind: Literal["root"]
    scale: float = Field(ge=0)


class PointsCurve(Finite):
    """Linear between (spend, value) points from spend 0 upwards, flat after the last.

    Its upper concave envelope is optimised; the value reported is the curve's own.
    """

    kind: Literal["points"]
    points: tuple[tuple[float, float], ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _spends_rise_from_zero(self) -> Self:
        spends = [spend for spend, _ in self.points]
        if spends[0] != 0 or any(b <= a for a, b in pairwise(spends)):
            raise ValueError(f"the spends of 'points' must start at 0 and rise, got {spends}")
        return self


Curve = Annotated[HillCurve | LogCurve | RootCurve | PointsCurve, Field(discriminator="kind")]


class Cell(Finite):
    """One retailer x SKU x placement.

    `max` is the most it may get, nothing but the budget when absent; `frozen` keeps it at `current`; `excluded` says
    why it gets nothing, `excluded_in` the same by period. `min_launch` is the least it gets, in each period that it
    gets anything in.

    What other limits count: `margin_share` of the value, for the margin floor and the break-even; `units_per_value`
    sold, for stock cover; `conversions_per_value`, for a cost per acquisition; `impressions_per_spend`, for inventory.
    """

    id: str = Field(min_length=1)
    curve: Curve
    min: float = Field(default=0, ge=0)
    max: float | None = Field(default=None, ge=0)
    current: float = Field(default=0, ge=0)
    frozen: bool = False
    excluded: str | None = Field(default=None, min_length=1)
    excluded_in: dict[str, str] = {}
    min_launch: float | None = Field(default=None, gt=0)
    margin_share: float | None = None
    units_per_value: float | None = Field(default=None, ge=0)
    conversions_per_value: float | None = Field(default=None, ge=0)
    impressions_per_spend: float | None = Field(default=None, ge=0)
    tags: dict[str, str] = {}


class Group(Finite):
    """Limits over all cells whose tags equal every entry of `where`; an empty `where` is every cell.

    `min` and `max` bound spend; `min_roas` value per unit of spend; `max_cpa` spend per conversion. Of the
    `available_impressions` the plan may buy `max_share_of_voice`, all of them when that is absent.
    """

    name: str = Field(min_length=1)
    where: dict[str, str] = {}
    min: float = Field(default=0, ge=0)
    max: float | None = Field(default=None, ge=0)
    min_roas: float | None = Field(default=None, gt=0)
    max_cpa: float | None = Field(default=None, gt=0)
    available_impressions: float | None = Field(default=None, ge=0)
    max_share_of_voice: float | None = Field(default=None, ge=0, le=1)

    @model_validator(mode="after")
    def _a_share_is_of_something(self) -> Self:
        if self.max_share_of_voice is not None and self.available_impressions is None:
            raise ValueError(
                f"group {self.name!r}: max_share_of_voice {self.max_share_of_voice:g} is a share of "
                "'available_impressions', which is missing; give how many there are"
            )
        return self


class StockCover(Finite):
    """Units that advertising may sell, over all cells whose tags equal every entry of `where`."""

    name: str = Field(min_length=1)
    where: dict[str, str]
    units: float = Field(ge=0)


class ExperimentReserve(Finite):
    """Money for tests: either a `share` of the budget or an `amount`.

    With `cells` (ids) exactly that much is spent on them; without, it is held back and no cell gets it.
    """

    share: float | None = Field(default=None, ge=0, le=1)
    amount: float | None = Field(default=None, ge=0)
    cells: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.share is None) == (self.amount is None):
            raise ValueError(
                f"an experiment reserve is either a 'share' of the budget or an 'amount', got share {self.share} and "
                f"amount {self.amount}; give one of them"
            )
        return self

    def money(self, budget: float) -> float:
        return self.share * budget if self.share is not None else self.amount or 0.0


class Period(Finite):
    """A part of the campaign. A cell's curve is shared out in proportion to `length` (days, weeks: any unit).

    `min` and `max` bound what is spent in it. Advertising in one period is taken to bring nothing in the next.
    """

    name: str = Field(min_length=1)
    length: float = Field(default=1, gt=0)
    min: float = Field(default=0, ge=0)
    max: float | None = Field(default=None, ge=0)


class ActiveLimit(Finite):
    """At most `most` different values of `tag` get any money at all."""

    tag: str = "sku_id"
    most: int = Field(ge=1)


class Options(Finite):
    """`max_change_share` bounds every cell's move against its `current`; `incremental_only` lets none fall below it.
    `margin_floor` asks that the value counted at margin, net of spend, is at least this much per unit of spend;
    `exclude_below_break_even` that no cell gets a unit of spend that brings less margin than it costs.

    `pacing`: over the periods, spend per unit of length is the same (even), never rises (front_loaded), or the
    periods' budgets are used up in their order (asap). `max_step`: the most a cell's spend moves between neighbours.

    `max_active`, and `min_launch` of a cell, make the program a mixed-integer one. `segments` is how many pieces stand
    for a curve, `refinements` how often they get finer where the money is.
    """

    spend_all: bool = False
    max_change_share: float | None = Field(default=None, ge=0)
    incremental_only: bool = False
    experiment: ExperimentReserve | None = None
    margin_floor: float | None = None
    exclude_below_break_even: bool = False
    stock: tuple[StockCover, ...] = ()
    periods: tuple[Period, ...] = ()
    pacing: Pacing | None = None
    max_step: float | None = Field(default=None, ge=0)
    max_active: ActiveLimit | None = None
    segments: int = Field(default=10, ge=2, le=200)
    refinements: int = Field(default=3, ge=0, le=6)
    solver: Literal["highs", "cbc"] = "highs"
    time_limit_seconds: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _pacing_has_periods(self) -> Self:
        _no_repeats("options.periods", "name", [period.name for period in self.periods])
        for option in ("pacing", "max_step"):
            if getattr(self, option) is not None and len(self.periods) < 2:
                raise ValueError(
                    f"options.{option} needs at least two 'periods', got {len(self.periods)}; list them or remove it"
                )
        return self


class Problem(Finite):
    budget: float = Field(ge=0)
    cells: tuple[Cell, ...] = Field(min_length=1)
    groups: tuple[Group, ...] = ()
    options: Options = Options()

    @model_validator(mode="after")
    def _names_are_unique_and_needed_fields_present(self) -> Self:
        _no_repeats("cells", "id", [cell.id for cell in self.cells])
        _no_repeats("groups", "name", [group.name for group in self.groups])
        _no_repeats("options.stock", "name", [stock.name for stock in self.options.stock])
        for option in ("margin_floor", "exclude_below_break_even"):
            if getattr(self.options, option) not in (None, False):
                _needed_by(f"options.{option}", "margin_share", self.cells)
        for group in self.groups:
            covered = _covered(group.name, group.where, self.cells)
            if group.max_cpa is not None:
                _needed_by(f"max_cpa of group {group.name!r}", "conversions_per_value", covered)
            if group.available_impressions is not None:
                _needed_by(f"available_impressions of group {group.name!r}", "impressions_per_spend", covered)
        for stock in self.options.stock:
            covered = _covered(stock.name, stock.where, self.cells)
            _needed_by(f"options.stock {stock.name!r}", "units_per_value", covered)
        if self.options.max_active is not None:
            _tag_is_on_every_cell(self.options.max_active.tag, self.cells)
        _names_are_known(self)
        return self


def matches(cell: Cell, where: dict[str, str]) -> bool:
    return all(cell.tags.get(tag) == value for tag, value in where.items())


def _needed_by(option: str, field: str, cells: tuple[Cell, ...]) -> None:
    lacking = [cell.id for cell in cells if getattr(cell, field) is None]
    if lacking:
        raise ValueError(f"{option} needs {field!r} on every cell it covers; cell {lacking[0]!r} has none")


def _covered(name: str, where: dict[str, str], cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    covered = tuple(cell for cell in cells if matches(cell, where))
    if not covered:
        raise ValueError(f"{name!r}: no cell has the tags {where!r}; correct its 'where' or the cells' tags")
    return covered


def _tag_is_on_every_cell(tag: str, cells: tuple[Cell, ...]) -> None:
    lacking = [cell.id for cell in cells if tag not in cell.tags]
    if lacking:
        raise ValueError(f"options.max_active counts the tag {tag!r}; cell {lacking[0]!r} has none, so give it one")


def _names_are_known(problem: Problem) -> None:
    reserve = problem.options.experiment
    ids = {cell.id for cell in problem.cells}
    for name in () if reserve is None else reserve.cells:
        if name not in ids:
            raise ValueError(f"options.experiment: no cell has the id {name!r}; name cells of the problem")
    periods = [period.name for period in problem.options.periods]
    for cell in problem.cells:
        unknown = [name for name in cell.excluded_in if name not in periods]
        if unknown:
            raise ValueError(
                f"cell {cell.id!r}: excluded_in names the period {unknown[0]!r}; options.periods has {periods}"
            )


class Certificate(Frozen):
    """`bound` is a proven upper bound on the value; `gap` is (bound - value) / bound.

    For a mixed-integer program `bound` is the lower of the solver's own bound and the Lagrangian one.
    """

    gap: float
    bound: float
    seconds: float
    solver: str


class Allocation(Frozen):
    """Shadow prices: value gained per extra unit of each constraint's right-hand side, by constraint name.

    `chords` names cells that ended where their curve lies below its concave envelope, so that splitting the difference
    (funding one fully and another not at all) would be worth looking at. `periods`: spend by period, then cell.

    When infeasible, `slack_needed` says by constraint how far its right-hand side would have to move, were it the only
    one of its conflict to give way. On `time_limit` the allocation is the best found so far with its true gap; it is
    empty when there is none.
    """

    status: Literal["optimal", "infeasible", "time_limit"]
    allocation: dict[str, float] = {}
    periods: dict[str, dict[str, float]] = {}
    predicted_value: float = 0
    certificate: Certificate | None = None
    binding: tuple[str, ...] = ()
    shadow_prices: dict[str, float] = {}
    conflicts: tuple[str, ...] = ()
    slack_needed: dict[str, float] = {}
    chords: tuple[str, ...] = ()
