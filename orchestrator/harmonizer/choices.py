"""What the caller decides about one file, and the mapping file it may bring."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, ValidationError

from schemas.base import Frozen
from schemas.errors import InputInvalid
from schemas.rmis import PlacementVocabulary, SourceField, Unit
from schemas.tasks import PlacementType

Propose = Callable[[str, tuple[str, ...]], tuple[str, float] | None]
"""A column and some of its values -> (RMIS field, confidence 0..1), or None for no idea."""


@dataclass(frozen=True)
class Choices:
    """`currency` and `placement` fill in what a row does not state; `click_days` picks the attribution window, or
    states it where the file does not; `date_format` is a strptime format."""

    accept_review: bool = False
    currency: str | None = None
    placement: PlacementType | None = None
    date_format: str | None = None
    click_days: int | None = None


class ColumnMeaning(Frozen):
    """One entry of a mapping file. What our own mapping files say besides is allowed and not read."""

    model_config = {"extra": "ignore"}

    field: SourceField
    unit: Unit | None = None
    click_days: int | None = Field(default=None, ge=0)
    vocabulary: PlacementVocabulary | None = None


def column_meanings(mapping: Mapping[str, object]) -> dict[str, ColumnMeaning]:
    """`{column: "field"}` or `{column: {"field": ..., "unit": ..., "click_days": ...}}`. Raises InputInvalid."""
    meanings: dict[str, ColumnMeaning] = {}
    for column, entry in mapping.items():
        try:
            meanings[column] = ColumnMeaning.model_validate({"field": entry} if isinstance(entry, str) else entry)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "entry"
            raise InputInvalid(
                f"the mapping of column {column!r} is wrong at {where!r} ({first['msg']}); "
                f"fields are {', '.join(SourceField)}, units {', '.join(Unit)}"
            ) from error
    return meanings


def read_mapping(path: Path) -> dict[str, ColumnMeaning]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputInvalid(f"cannot read the mapping {str(path)!r}: {error.strerror}") from error
    except ValueError as error:
        raise InputInvalid(f"the mapping {str(path)!r} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise InputInvalid(f'the mapping {str(path)!r} must be an object such as {{"Ad Cost": "cost"}}')
    return column_meanings(content)
