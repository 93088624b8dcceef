"""What a brand asks for. Validated once, where it enters."""

from datetime import date
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator

from schemas.base import Frozen
from schemas.errors import InputInvalid
from schemas.tasks import Objective, Pacing, PlacementType
from schemas.units import Micros, Share, to_micros


class GroupLimit(Frozen):
    """Spend bounds over every cell whose retailer, placement, SKU or category equals `value`; currency units."""

    dimension: str = Field(pattern="^(retailer_id|placement_type|sku_id|category)$")
    value: str
    min_spend: float = Field(default=0, ge=0)
    max_spend: float | None = Field(default=None, ge=0)


class CampaignBrief(Frozen):
    """A campaign in the brand's own words and numbers; money in units of `currency`."""

    name: str = Field(min_length=1)
    brand_id: str = Field(min_length=1)
    text: str = Field(min_length=1, description="the brief in plain English")
    budget: float = Field(gt=0)
    currency: str = Field(default="USD", pattern="^[A-Z]{3}$")
    start: date
    end: date
    retailers: tuple[str, ...] = Field(min_length=1)
    placements: tuple[PlacementType, ...] = tuple(PlacementType)
    objective: Objective = Objective.INCREMENTAL_MARGIN
    pacing: Pacing = Pacing.EVEN
    categories: tuple[str, ...] = ()
    max_change_share: Share | None = Field(default=None, description="largest move per cell against current spend")
    margin_floor: float | None = Field(
        default=None, description="least incremental margin per unit of spend, net of it"
    )
    experiment_reserve_share: Share = 0.0
    limits: tuple[GroupLimit, ...] = ()
    creatives: int = Field(default=3, ge=0, le=12, description="how many pieces of copy to draft")

    @model_validator(mode="after")
    def _dates_and_limits_agree(self) -> Self:
        if self.end < self.start:
            raise ValueError(
                f"the campaign ends ({self.end}) before it starts ({self.start}); correct 'start' or 'end'"
            )
        for limit in self.limits:
            if limit.max_spend is not None and limit.max_spend < limit.min_spend:
                raise ValueError(
                    f"the limit on {limit.dimension} {limit.value!r} has a maximum of {limit.max_spend:g}, "
                    f"below its minimum of {limit.min_spend:g}"
                )
        return self

    @property
    def budget_micros(self) -> Micros:
        return to_micros(self.budget)

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1


def validation_message(error: ValidationError, what: str) -> str:
    """One line that names each wrong field, its value and what was expected."""
    parts = []
    for problem in error.errors():
        where = ".".join(str(step) for step in problem["loc"])
        reason = problem["msg"].removeprefix("Value error, ")
        got = "" if problem["type"] in {"missing", "value_error"} else f", got {problem['input']!r}"
        parts.append(f"{where}: {reason}{got}" if where else reason)
    return f"{what}: " + "; ".join(parts)


def read_brief(path: Path) -> CampaignBrief:
    """Raises InputInvalid naming the file and each wrong field."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputInvalid(f"cannot read the brief {str(path)!r}: {error}") from error
    return parse_brief(text, f"the brief {str(path)!r}")


def parse_brief(text: str, what: str = "the brief") -> CampaignBrief:
    """Raises InputInvalid naming each wrong field."""
    try:
        return CampaignBrief.model_validate_json(text)
    except ValidationError as error:
        raise InputInvalid(validation_message(error, what)) from error
