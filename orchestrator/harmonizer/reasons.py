"""Why a row does not fit, in SQL over the table `resolved`: one expression per rule, a sentence or NULL."""

from orchestrator.harmonizer import sql
from orchestrator.harmonizer.formats import FIRST_YEAR, LAST_YEAR, Formats
from orchestrator.harmonizer.reading import AMOUNTS, COUNTS
from orchestrator.harmonizer.selection import Selection
from schemas.rmis import SourceField

QUOTED_MACRO = "CREATE TEMP MACRO quoted(cell) AS concat('''', left(cell, 60), '''')"
"""Cells can be long; a reason shows their beginning."""


def reject_reasons(selection: Selection, formats: Formats, has_catalogue: bool) -> list[str]:
    date_reason = f"concat('date ', quoted(date_text), {sql.text(f' is not a day written {formats.date_format}')})"
    reasons = [
        f"CASE WHEN date IS NULL OR year(date) NOT BETWEEN {FIRST_YEAR} AND {LAST_YEAR} "
        f"THEN {_or_empty('date', date_reason)} END",
        _sku_reason(has_catalogue),
        "CASE WHEN placement_type IS NULL THEN "
        + _or_empty("placement", "concat('placement_type is not stated by ', quoted(placement_text))", "placement_type")
        + " END",
    ]
    for field in COUNTS:
        if selection.one(field):
            wrong = f"concat('{field} ', quoted({field}_text), ' is not a whole number')"
            if field is SourceField.UNITS:  # not required: an empty cell stays unknown
                reasons.append(f"CASE WHEN {field} IS NULL AND {field}_text IS NOT NULL THEN {wrong} END")
            else:
                reasons.append(f"CASE WHEN {field} IS NULL THEN {_or_empty(field, wrong)} END")
            reasons.append(f"CASE WHEN {field} < 0 THEN concat('{field} ', quoted({field}_text), ' is negative') END")
    for field in AMOUNTS:
        style = sql.text(f" is not an amount written {formats.number_style}")
        wrong = f"concat('{field} ', quoted({field}_text), {style})"
        reasons.append(f"CASE WHEN {field} IS NULL THEN {_or_empty(field, wrong)} END")
        reasons.append(f"CASE WHEN {field} < 0 THEN concat('{field} ', quoted({field}_text), ' is negative') END")
        reasons.append(
            f"CASE WHEN NOT ({sql.same_currency(f'{field}_text', 'stated_currency')}) THEN "
            f"concat('{field} ', quoted({field}_text), ' is not in the row''s currency ', quoted(stated_currency)) END"
        )
    reasons.append(
        "CASE WHEN NOT regexp_full_match(stated_currency, '[A-Z]{3}') THEN "
        "concat('currency ', quoted(stated_currency), ' is not an ISO 4217 code') END"
    )
    return reasons


def _sku_reason(has_catalogue: bool) -> str:
    if not has_catalogue:
        return "CASE WHEN sku_id IS NULL THEN 'sku_id is empty' END"
    unknown = "concat('sku_id ', quoted(coalesce(sku_text, product_text)), ' is not in the catalogue')"
    return (
        f"CASE WHEN sku_id IS NULL THEN {_or_empty('sku', unknown, 'sku_id', 'coalesce(sku_text, product_text)')} END"
    )


def _or_empty(name: str, otherwise: str, field: str | None = None, cell: str | None = None) -> str:
    return f"CASE WHEN coalesce({cell or f'{name}_text'}, '') = '' THEN '{field or name} is empty' ELSE {otherwise} END"
