"""RMIS: our in-house, versioned profile of a retail-media delivery row.

No public standard of that name was found. Enums follow AdCP (adcp 9.2.0); the disclosures (currency, attribution
windows, match level, class of measurement) are those the IAB/MRC Retail Media Measurement Guidelines ask for.
"""

from datetime import date
from enum import StrEnum

from pydantic import Field

from schemas.base import Frozen
from schemas.tasks import PlacementType
from schemas.units import Micros

RMIS_VERSION = "1.0"


class MatchLevel(StrEnum):
    """Which purchases an attributed conversion may come from."""

    SAME_SKU = "same_sku"
    BRAND = "brand"
    CATEGORY = "category"
    HALO = "halo"


class MeasurementClass(StrEnum):
    """How an outcome was credited; attribution is never called incrementality."""

    ATTRIBUTED = "attributed"
    EXPERIMENT = "experiment"
    MODELLED = "modelled"


class RMISRecord(Frozen):
    """One day of one SKU in one placement at one retailer, as a network reported it; money in micros of `currency`."""

    date: date
    retailer_id: str
    sku_id: str
    placement_type: PlacementType
    impressions: int = Field(ge=0)
    clicks: int = Field(ge=0)
    conversions: int = Field(ge=0)
    units: int | None = Field(default=None, ge=0)
    revenue: Micros = Field(ge=0)
    cost: Micros = Field(ge=0)
    currency: str = Field(pattern="^[A-Z]{3}$")
    attribution_click_days: int | None = Field(default=None, ge=0)
    attribution_view_days: int | None = Field(default=None, ge=0)
    match_level: MatchLevel | None = None
    measurement_class: MeasurementClass = MeasurementClass.ATTRIBUTED
    network: str
    source_file: str
    source_line: int = Field(ge=1)


RMIS_FIELDS: tuple[str, ...] = tuple(RMISRecord.model_fields)


class SourceField(StrEnum):
    """What a column of a network's report can be to RMIS."""

    DATE = "date"
    SKU_ID = "sku_id"
    PRODUCT_ID = "product_id"
    """A network's own id (ASIN, item id), resolved through the catalogue where the SKU is missing."""
    PLACEMENT_TYPE = "placement_type"
    IMPRESSIONS = "impressions"
    CLICKS = "clicks"
    CONVERSIONS = "conversions"
    UNITS = "units"
    REVENUE = "revenue"
    COST = "cost"
    CURRENCY = "currency"
    UNUSED = "unused"


class Unit(StrEnum):
    """How a column's cells are written."""

    TEXT = "text"
    DATE = "date"
    COUNT = "count"
    CURRENCY = "currency"
    CENTS = "cents"
    MICROS = "micros"


class PlacementVocabulary(StrEnum):
    """In which words a column states the placement."""

    PLACEMENT = "placement"
    PAGE_TYPE = "page_type"
    MEDIA_TYPE = "media_type"
    CAMPAIGN = "campaign"


class HarmonizationReport(Frozen):
    """What was read, how, and where every row went: `rows_in == rows_out + rejected + len(totals_lines)`.

    Line numbers are the file's own, from 1. `other_windows` lists the columns of attribution windows that were not
    chosen, by days. `reject_reasons` counts a row once for each field that did not fit.
    """

    rmis_version: str = RMIS_VERSION
    file: str
    network: str
    retailer_id: str
    layout: str
    header_line: int
    rows_in: int
    rows_out: int
    rejected: int
    totals_lines: tuple[int, ...]
    blank_lines: int
    date_format: str
    number_style: str
    currencies: dict[str, int]
    attribution_click_days: int | None
    other_windows: dict[int, tuple[str, ...]]
    placements: dict[str, int]
    reject_reasons: dict[str, int]
    warnings: tuple[str, ...]
