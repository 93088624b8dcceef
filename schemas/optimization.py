"""The optimiser's problem and its answer. Spend and value are plain currency units over the whole campaign."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from schemas.base import Frozen


class Finite(Frozen):
    """A value without NaN and infinities, which JSON readers let through and solvers do not survive."""

    model_config = ConfigDict(allow_inf_nan=False)


class HillCurve(Finite):
    """top * x / (x + half)."""

    kind: Literal["hill"]
    top: float = Field(ge=0)
    half: float = Field(gt=0)


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

    `max` is the most it may get, nothing but the budget when absent. `margin_share` is what the margin floor counts of
    the value; `units_per_value` turns value into units sold, which stock cover counts.
    """

    id: str = Field(min_length=1)
    curve: Curve
    min: float = Field(default=0, ge=0)
    max: float | None = Field(default=None, ge=0)
    current: float = Field(default=0, ge=0)
    margin_share: float | None = None
    units_per_value: float | None = Field(default=None, ge=0)
    tags: dict[str, str] = {}


class Group(Finite):
    """Spend bounds over all cells whose tags equal every entry of `where`; an empty `where` is every cell."""

    name: str = Field(min_length=1)
    where: dict[str, str] = {}
    min: float = Field(default=0, ge=0)
    max: float | None = Field(default=None, ge=0)


class StockCover(Finite):
    """Units that advertising may sell, over all cells whose tags equal every entry of `where`."""

    name: str = Field(min_length=1)
    where: dict[str, str]
    units: float = Field(ge=0)


class Options(Finite):
    """`max_change_share` bounds every cell's move against its `current`; `margin_floor` asks that the value counted at
    margin, net of spend, is at least this much per unit of spend."""

    spend_all: bool = False
    max_change_share: float | None = Field(default=None, ge=0)
    margin_floor: float | None = None
    stock: tuple[StockCover, ...] = ()
    segments: int = Field(default=10, ge=2, le=200)
    refinements: int = Field(default=3, ge=0, le=6)


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
        if self.options.margin_floor is not None:
            _needed_by("options.margin_floor", "margin_share", self.cells)
        for stock in self.options.stock:
            covered = tuple(cell for cell in self.cells if matches(cell, stock.where))
            _needed_by(f"options.stock {stock.name!r}", "units_per_value", covered)
        for group in self.groups:
            _where_is_known(group.name, group.where, self.cells)
        for stock in self.options.stock:
            _where_is_known(stock.name, stock.where, self.cells)
        return self


def matches(cell: Cell, where: dict[str, str]) -> bool:
    return all(cell.tags.get(tag) == value for tag, value in where.items())


def _no_repeats(field: str, key: str, names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if repeated:
        raise ValueError(f"{field}: {key} {repeated[0]!r} appears more than once; every {key} must be unique")


def _needed_by(option: str, field: str, cells: tuple[Cell, ...]) -> None:
    lacking = [cell.id for cell in cells if getattr(cell, field) is None]
    if lacking:
        raise ValueError(f"{option} needs {field!r} on every cell it covers; cell {lacking[0]!r} has none")


def _where_is_known(name: str, where: dict[str, str], cells: tuple[Cell, ...]) -> None:
    if not any(matches(cell, where) for cell in cells):
        raise ValueError(f"{name!r}: no cell has the tags {where!r}; correct its 'where' or the cells' tags")


class Certificate(Frozen):
    """`bound` is a proven upper bound on the value; `gap` is (bound - value) / bound."""

    gap: float
    bound: float
    seconds: float
    solver: str


class Allocation(Frozen):
    """Shadow prices: value gained per extra unit of each constraint's right-hand side, by constraint name.

    `chords` names cells that ended where their curve lies below its concave envelope, so that splitting the difference
    (funding one fully and another not at all) would be worth looking at.
    """

    status: Literal["optimal", "infeasible"]
    allocation: dict[str, float] = {}
    predicted_value: float = 0
    certificate: Certificate | None = None
    binding: tuple[str, ...] = ()
    shadow_prices: dict[str, float] = {}
    conflicts: tuple[str, ...] = ()
    chords: tuple[str, ...] = ()
