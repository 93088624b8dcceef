"""What each column of a report is to RMIS: the caller's word, the report schema, aliases, and last what is proposed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from data.exports import REPORT_SCHEMAS, ReportSchema
from data.exports.report_schema import UNIT_OF_FIELD, header_key
from orchestrator.harmonizer.aliases import alias_match, similar_match
from orchestrator.harmonizer.choices import Choices, ColumnMeaning, Propose
from orchestrator.harmonizer.headers import header_name
from orchestrator.harmonizer.shapes import field_by_shape, fits
from orchestrator.harmonizer.sniff import SourceTable
from schemas.rmis import PlacementVocabulary, SourceField, Unit

REVIEW_BELOW = 0.8
"""A column that less than this speaks for is a proposal: it is used once a person accepts it."""

SHAPE_CONFIDENCE = 0.6
UNKNOWN_NETWORK = "unknown"

REQUIRED = (
    SourceField.DATE,
    SourceField.SKU_ID,
    SourceField.PLACEMENT_TYPE,
    SourceField.IMPRESSIONS,
    SourceField.CLICKS,
    SourceField.CONVERSIONS,
    SourceField.REVENUE,
    SourceField.COST,
)


@dataclass(frozen=True)
class ColumnUse:
    """`rank` orders columns of the same field, first wins. `status`: used, review, duplicate, other_window, unused."""

    position: int
    column: str
    name: str
    field: SourceField
    unit: Unit = Unit.TEXT
    confidence: float = 0.0
    by: str = "none"
    click_days: int | None = None
    vocabulary: PlacementVocabulary | None = None
    rank: int = 0
    status: str = "unused"

    @property
    def key(self) -> str:
        """Its name in the table of cells."""
        return f"c{self.position}"

    def entry(self) -> dict[str, str | float]:
        """As mapping files hold it, and as they are read back."""
        told: dict[str, str | float] = {"field": self.field.value, "confidence": self.confidence, "by": self.by}
        if self.field is not SourceField.UNUSED:
            told |= {"status": self.status, "unit": self.unit.value}
        if self.click_days is not None:
            told["click_days"] = self.click_days
        if self.vocabulary is not None:
            told["vocabulary"] = self.vocabulary.value
        return told


def network_of(names: Iterable[str]) -> ReportSchema | None:
    """The network whose report this is, by the columns that no other report has."""
    headers = list(names)
    keys = {header_key(name) for name in headers}
    found = [schema for schema in REPORT_SCHEMAS.values() if schema.matches(headers)]
    return max(found, key=lambda schema: len(keys & schema.by_name.keys()), default=None)


def column_uses(
    table: SourceTable,
    schema: ReportSchema | None,
    meanings: Mapping[str, ColumnMeaning],
    propose: Propose | None,
    choices: Choices,
) -> list[ColumnUse]:
    """One use per column, in the file's order. Proposals are sought only while a required field is open."""
    told = {header_key(column): meaning for column, meaning in meanings.items()}
    uses = [
        _decided(ColumnUse(position, column, name, SourceField.UNUSED), schema, told)
        for position, (column, name) in enumerate(zip(table.columns, table.names, strict=True))
    ]
    for position, use in enumerate(uses):
        open_fields = _open_fields(known for known in uses if known.confidence >= REVIEW_BELOW)
        if open_fields and use.by == "none":
            uses[position] = _proposed(use, table.samples(position, 20), open_fields, propose)
    return [
        replace(use, status="review")
        if use.field is not SourceField.UNUSED and use.confidence < REVIEW_BELOW and not choices.accept_review
        else use
        for use in uses
    ]


def _decided(use: ColumnUse, schema: ReportSchema | None, told: Mapping[str, ColumnMeaning]) -> ColumnUse:
    named = header_name(use.name)
    meaning = told.get(header_key(use.column)) or told.get(header_key(use.name))
    if meaning is not None:
        days = named.click_days if meaning.click_days is None else meaning.click_days
        found = _as(use, meaning.field, 1.0, "mapping_file", days, meaning.vocabulary)
        return replace(found, unit=meaning.unit or found.unit)
    known = schema.by_name.get(header_key(use.name)) if schema else None
    if schema is not None and known is not None:
        rank = schema.columns.index(known)
        return replace(
            _as(use, known.field, 1.0, "report_schema", known.click_days, known.vocabulary), unit=known.unit, rank=rank
        )
    alias = alias_match(use.name)
    if alias is not None:
        found = _as(use, alias.field, alias.confidence, "alias", named.click_days, alias.vocabulary)
        return replace(found, rank=alias.rank)
    return use


def _proposed(
    use: ColumnUse, values: tuple[str, ...], open_fields: set[SourceField], propose: Propose | None
) -> ColumnUse:
    days = header_name(use.name).click_days
    similar = similar_match(use.name)
    if similar is not None and similar.field in open_fields and fits(similar.field, values):
        return _as(use, similar.field, similar.confidence, "similar_name", days, similar.vocabulary)
    shaped = field_by_shape(values)
    if shaped in open_fields:
        return _as(use, shaped, SHAPE_CONFIDENCE, "values", None, None)
    answer = propose(use.column, values) if propose is not None else None
    if answer is None or answer[0] not in {field.value for field in open_fields}:
        return use
    field = SourceField(answer[0])
    # A proposal is words; whether the cells can be such a field is for code to say.
    return _as(use, field, answer[1], "model", days, None) if fits(field, values) else use


def _as(
    use: ColumnUse,
    field: SourceField,
    confidence: float,
    by: str,
    click_days: int | None,
    vocabulary: PlacementVocabulary | None,
) -> ColumnUse:
    named = header_name(use.name)
    unit = UNIT_OF_FIELD.get(field, Unit.TEXT)
    if unit is Unit.CURRENCY and named.money_unit:
        unit = Unit(named.money_unit)
    if field is SourceField.PLACEMENT_TYPE and vocabulary is None:
        in_campaign = "campaign" in named.words.split()
        vocabulary = PlacementVocabulary.CAMPAIGN if in_campaign else PlacementVocabulary.PLACEMENT
    return replace(
        use, field=field, unit=unit, confidence=confidence, by=by, click_days=click_days, vocabulary=vocabulary
    )


def _open_fields(uses: Iterable[ColumnUse]) -> set[SourceField]:
    filled = {use.field for use in uses}
    if SourceField.PRODUCT_ID in filled:
        filled.add(SourceField.SKU_ID)
    return {*REQUIRED, SourceField.CURRENCY} - filled if set(REQUIRED) - filled else set()
