"""Which columns become the record: one per field, one attribution window for all outcomes."""

from collections import defaultdict
from dataclasses import dataclass, replace

from orchestrator.harmonizer.choices import Choices
from orchestrator.harmonizer.mapping import REQUIRED, ColumnUse
from orchestrator.harmonizer.sniff import SourceTable
from schemas.errors import InputInvalid
from schemas.rmis import SourceField

OUTCOMES = (SourceField.REVENUE, SourceField.CONVERSIONS, SourceField.UNITS)
PREFERRED_DAYS = (14, 7, 30)  # 14: the market's and a vendor's window; 7: a seller's; 30: Walmart's widest
SEVERAL = (SourceField.PLACEMENT_TYPE, SourceField.PRODUCT_ID)
"""Fields that several columns state together, tried in order."""


@dataclass(frozen=True)
class Selection:
    """`uses` with their status settled; `fields` the columns read for each field."""

    uses: tuple[ColumnUse, ...]
    fields: dict[SourceField, tuple[ColumnUse, ...]]
    click_days: int | None
    other_windows: dict[int, tuple[str, ...]]
    warnings: tuple[str, ...]

    def one(self, field: SourceField) -> ColumnUse | None:
        return self.fields[field][0] if self.fields.get(field) else None


def select(table: SourceTable, uses: list[ColumnUse], stated_days: int | None, choices: Choices) -> Selection:
    """`stated_days`: the window the network always uses where its columns do not name one. Raises InputInvalid."""
    usable = _by_field(uses)
    days, one_sided = _window(usable, choices.click_days)
    fields = {field: found for field, found in ((field, _in_window(usable[field], days)) for field in usable) if found}
    for field, candidates in fields.items():
        if field not in SEVERAL:
            _refuse_contradictions(table, candidates)
            fields[field] = candidates[:1]
    kept = {use.position for several in fields.values() for use in several}
    settled = tuple(replace(use, status=_status(use, kept, days)) for use in uses)
    click_days = next((stated for stated in (days, choices.click_days, stated_days) if stated is not None), None)
    warnings = [one_sided] if one_sided else []
    if click_days is None:
        warnings.append("the file does not state its attribution window; say it with --click-days")
    return Selection(settled, fields, click_days, _other_windows(settled), tuple(warnings))


def _by_field(uses: list[ColumnUse]) -> dict[SourceField, list[ColumnUse]]:
    """The columns that may be used, best first."""
    usable: dict[SourceField, list[ColumnUse]] = defaultdict(list)
    for use in sorted(uses, key=lambda use: (-use.confidence, use.rank, use.position)):
        if use.status != "review" and use.field is not SourceField.UNUSED:
            usable[use.field].append(use)
    return usable


def _in_window(candidates: list[ColumnUse], days: int | None) -> tuple[ColumnUse, ...]:
    """Outcomes of the chosen window, those that name it first; other fields have no window."""
    kept = [use for use in candidates if use.field not in OUTCOMES or use.click_days in (days, None)]
    return tuple(sorted(kept, key=lambda use: use.field in OUTCOMES and use.click_days is None))


def _other_windows(uses: tuple[ColumnUse, ...]) -> dict[int, tuple[str, ...]]:
    other: dict[int, tuple[str, ...]] = {}
    for use in uses:
        if use.status == "other_window" and use.click_days is not None:
            other[use.click_days] = (*other.get(use.click_days, ()), use.column)
    return other


def missing_fields(selection: Selection, choices: Choices) -> tuple[SourceField, ...]:
    has = set(selection.fields)
    if SourceField.PRODUCT_ID in has:
        has.add(SourceField.SKU_ID)
    if choices.placement is not None:
        has.add(SourceField.PLACEMENT_TYPE)
    return tuple(field for field in REQUIRED if field not in has)


def refuse_missing(selection: Selection, missing: tuple[SourceField, ...], name: str, mapping_file: str) -> None:
    """Raises InputInvalid with what a person has to decide: the proposals first, then the columns there are."""
    if not missing:
        return
    fields = ", ".join(missing)
    proposals = [use for use in selection.uses if use.status == "review" and use.field in missing]
    if proposals:
        told = ", ".join(f"{use.column!r} as {use.field.value} ({use.by}, {use.confidence:.2f})" for use in proposals)
        raise InputInvalid(
            f"{name!r}: columns for {fields} need a look: {told}; accept them with --accept-review, or name the right "
            f"ones in {mapping_file} and pass it with --mapping"
        )
    columns = ", ".join(repr(use.column) for use in selection.uses)
    hint = ", or --placement for all rows" if SourceField.PLACEMENT_TYPE in missing else ""
    raise InputInvalid(
        f"{name!r}: no column for {fields}; it has {columns}; name the column in a file such as "
        f'{{"COLUMN": "{missing[0].value}"}} and pass it with --mapping{hint}'
    )


def _window(usable: dict[SourceField, list[ColumnUse]], wanted: int | None) -> tuple[int | None, str | None]:
    """The named window in which revenue and conversions both stand, or None where none is named; and what to say."""
    revenue = {use.click_days for use in usable[SourceField.REVENUE]}
    conversions = {use.click_days for use in usable[SourceField.CONVERSIONS]}
    named = {days for days in revenue | conversions if days is not None}
    if not named:
        return None, None
    if not revenue or not conversions:  # one of them is missing, and will be called so
        return min(named, key=_preference), None
    both = {days for days in named if _covers(revenue, days) and _covers(conversions, days)}
    if wanted is not None:
        both &= {wanted}
    if not both:
        raise InputInvalid(
            f"no attribution window has both revenue ({_days(revenue)}) and conversions ({_days(conversions)})"
            f"{f' at {wanted} days' if wanted is not None else ''}; windows are never mixed"
        )
    fully = revenue & conversions
    days = min(both, key=lambda days: (days not in fully, _preference(days)))
    return days, None if days in fully else f"one outcome does not name its window: taken as {days} days"


def _preference(days: int) -> tuple[int, int]:
    return (PREFERRED_DAYS.index(days) if days in PREFERRED_DAYS else len(PREFERRED_DAYS), days)


def _covers(windows: set[int | None], days: int) -> bool:
    return days in windows or windows == {None}


def _days(windows: set[int | None]) -> str:
    return ", ".join("not named" if days is None else f"{days} days" for days in sorted(windows, key=lambda w: w or 0))


def _status(use: ColumnUse, kept: set[int], days: int | None) -> str:
    if use.status == "review" or use.field is SourceField.UNUSED:
        return use.status
    if use.position in kept:
        return "used"
    return "other_window" if use.field in OUTCOMES and use.click_days not in (days, None) else "duplicate"


def _refuse_contradictions(table: SourceTable, candidates: tuple[ColumnUse, ...]) -> None:
    """Two columns of one name must hold the same; nothing says which is right."""
    first = candidates[0]
    for other in candidates[1:]:
        if other.name.strip().casefold() != first.name.strip().casefold():
            continue
        if not table.cells.column(first.key).equals(table.cells.column(other.key)):
            raise InputInvalid(
                f"column {first.name!r} appears twice with different values; mark one of {first.column!r} and "
                f'{other.column!r} as "unused" in a file passed with --mapping, or remove it'
            )
