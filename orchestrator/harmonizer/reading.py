"""What each row's cells read as, in SQL over the table `cells`: every field's own text, and its value or NULL."""

from orchestrator.harmonizer import sql
from orchestrator.harmonizer.formats import Formats, NumberStyle
from orchestrator.harmonizer.headers import header_name
from orchestrator.harmonizer.mapping import ColumnUse
from orchestrator.harmonizer.placements import PLACEMENT_PATTERNS
from orchestrator.harmonizer.selection import Selection
from schemas.rmis import SourceField, Unit

COUNTS = (SourceField.IMPRESSIONS, SourceField.CLICKS, SourceField.CONVERSIONS, SourceField.UNITS)
AMOUNTS = (SourceField.REVENUE, SourceField.COST)
MICROS_PER = {Unit.CURRENCY: 1_000_000, Unit.CENTS: 10_000, Unit.MICROS: 1}


def read_columns(selection: Selection, formats: Formats, placement: str | None) -> str:
    """Each field's own text, and beside it what it reads as."""
    date = selection.one(SourceField.DATE)
    assert date is not None
    columns = {
        "date_text": f"nullif({date.key}, '')",
        "date": sql.read_date(sql.date_text(date.key), formats.date_format),
        "sku_text": _first_text(selection.fields.get(SourceField.SKU_ID, ())),
        "product_text": _first_text(selection.fields.get(SourceField.PRODUCT_ID, ())),
        **_placement(selection.fields.get(SourceField.PLACEMENT_TYPE, ()), placement),
        "label": _label(selection),
    }
    comma = formats.number_style is NumberStyle.DECIMAL_COMMA
    for field in COUNTS:
        use = selection.one(field)
        columns[f"{field}_text"] = _text_of(use)
        columns[field] = _whole_number(sql.number(use.key, comma)) if use else "NULL::BIGINT"
    for field in AMOUNTS:
        use = selection.one(field)
        assert use is not None
        columns[f"{field}_text"] = _text_of(use)
        columns[field] = f"TRY_CAST({sql.number(use.key, comma)} * {MICROS_PER[use.unit]} AS BIGINT)"
    columns["stated_currency"] = _currency(selection)
    return ", ".join(f'{expression} AS "{name}"' for name, expression in columns.items())


def _whole_number(value: str) -> str:
    return f"CASE WHEN {value} = floor({value}) THEN TRY_CAST({value} AS BIGINT) END"


def _text_of(use: ColumnUse | None) -> str:
    return f"nullif({use.key}, '')" if use else "NULL::VARCHAR"


def _first_text(uses: tuple[ColumnUse, ...]) -> str:
    """The first column with an id in it; Excel's ="123" is the text 123."""
    cells = [f"""nullif(regexp_replace({use.key}, '^="?(.*?)"?$', '\\1'), '')""" for use in uses]
    return f"coalesce({', '.join(cells)})" if cells else "NULL::VARCHAR"


def _placement(uses: tuple[ColumnUse, ...], default: str | None) -> dict[str, str]:
    order = list(PLACEMENT_PATTERNS)
    asked = sorted(uses, key=lambda use: (order.index(use.vocabulary), use.position) if use.vocabulary else (9, 0))
    tries = [sql.placement(use.key, PLACEMENT_PATTERNS[use.vocabulary]) for use in asked if use.vocabulary]
    shown = [f"nullif({use.key}, '')" for use in asked]
    return {
        "placement_text": f"concat_ws(' / ', {', '.join(shown)})" if shown else "NULL::VARCHAR",
        "placement_type": f"coalesce({', '.join([*tries, sql.value(default), 'NULL::VARCHAR'])})",
    }


def _label(selection: Selection) -> str:
    """Where a totals row says so: the first filled cell among the row's keys."""
    keys = (SourceField.DATE, SourceField.PLACEMENT_TYPE, SourceField.SKU_ID, SourceField.PRODUCT_ID)
    cells = ["nullif(c0, '')", *(f"nullif({use.key}, '')" for key in keys for use in selection.fields.get(key, ()))]
    return f"coalesce({', '.join(cells)})"


def _currency(selection: Selection) -> str:
    """The row's code, else what its amounts are written in, else what the header says."""
    column = selection.one(SourceField.CURRENCY)
    amounts = [use for field in AMOUNTS if (use := selection.one(field))]
    stated = [sql.cell_currency(f"upper({column.key})"), f"nullif(upper({column.key}), '')"] if column else []
    stated += [sql.cell_currency(use.key) for use in amounts]
    stated += [sql.value(header_name(use.name).currency) for use in amounts]
    return f"coalesce({', '.join([*stated, 'NULL::VARCHAR'])})"
