"""XLSX cells as text, so that workbooks and delimited text take the same path."""

import csv
import io
import warnings
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from orchestrator.harmonizer.records import TextRow, watched
from schemas.errors import InputInvalid


def sheets(content: bytes, name: str) -> dict[str, list[TextRow]]:
    """Each sheet's non-blank rows, numbered as Excel numbers them. Raises InputInvalid."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # openpyxl warns of styles that it drops; we read values only
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            return {sheet.title: list(watched(_rows(sheet))) for sheet in book.worksheets}
    except (BadZipFile, InvalidFileException, KeyError, OSError, ValueError, EOFError) as error:
        raise InputInvalid(
            f"{name!r} is not a readable XLSX workbook ({error}); save it again or export CSV"
        ) from error


def _rows(sheet: Any) -> Iterator[TextRow]:
    for line, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        cells = [_text(value) for value in values]
        if any(cell.strip() for cell in cells):
            yield TextRow(line, _as_line(cells), cells)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _as_line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
