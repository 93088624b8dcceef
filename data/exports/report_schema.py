"""What a network's report looks like, as data: the exports write by it and the harmoniser reads by it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from schemas.rmis import MatchLevel, PlacementVocabulary, SourceField, Unit

UNIT_OF_FIELD = {
    SourceField.DATE: Unit.DATE,
    SourceField.IMPRESSIONS: Unit.COUNT,
    SourceField.CLICKS: Unit.COUNT,
    SourceField.CONVERSIONS: Unit.COUNT,
    SourceField.UNITS: Unit.COUNT,
    SourceField.REVENUE: Unit.CURRENCY,
    SourceField.COST: Unit.CURRENCY,
}


@dataclass(frozen=True)
class ReportColumn:
    """One column. `click_days` is the attribution window its name states; `vocabulary` is set for placements only."""

    name: str
    field: SourceField
    click_days: int | None = None
    vocabulary: PlacementVocabulary | None = None

    @property
    def unit(self) -> Unit:
        return UNIT_OF_FIELD.get(self.field, Unit.TEXT)


@dataclass(frozen=True)
class ReportSchema:
    """One report type of one network, with every column we know, not only those our exports write.

    `signature`: the columns no other report has. `currency`: set where the network bills in one only.
    `click_days`: set where the window is the same in every such report and its columns do not name it.
    """

    network: str
    extension: str
    columns: tuple[ReportColumn, ...]
    signature: frozenset[str]
    currency: str | None = None
    match_level: MatchLevel | None = None
    click_days: int | None = None

    @cached_property
    def by_name(self) -> dict[str, ReportColumn]:
        return {header_key(column.name): column for column in self.columns}

    def matches(self, headers: Iterable[str]) -> bool:
        return {header_key(name) for name in self.signature} <= {header_key(name) for name in headers}


def header_key(name: str) -> str:
    """Column names compare without case and outer space: the Amazon console writes '7 Day Total Sales '."""
    return name.strip().casefold()


def unused(*names: str) -> tuple[ReportColumn, ...]:
    return tuple(ReportColumn(name, SourceField.UNUSED) for name in names)


def windowed(pattern: str, field: SourceField, days: Iterable[int]) -> tuple[ReportColumn, ...]:
    """`windowed("sales{}d", REVENUE, (7, 14))` is the columns sales7d and sales14d."""
    return tuple(ReportColumn(pattern.format(window), field, window) for window in days)
