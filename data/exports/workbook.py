"""A table as an XLSX workbook, the same bytes for the same table."""

from datetime import datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pandas as pd
from openpyxl import Workbook

SHEET = "Sponsored Product Advertised Pr"  # 31 characters: a sheet name's limit, where the console cuts it too
FIXED_TIME = datetime(2026, 1, 1)


def write_workbook(table: pd.DataFrame, path: Path) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    sheet.append(list(table.columns))
    for row in table.itertuples(index=False, name=None):
        sheet.append([value.item() if hasattr(value, "item") else value for value in row])
    book.save(path)
    _without_clock(path)


def _without_clock(path: Path) -> None:
    """openpyxl stamps the time of saving into the archive and its properties."""
    with ZipFile(path) as saved:
        parts = {name: saved.read(name) for name in saved.namelist()}
    parts["docProps/core.xml"] = _core_properties()
    with ZipFile(path, "w", ZIP_DEFLATED) as fixed:
        for name, content in parts.items():
            fixed.writestr(ZipInfo(name, FIXED_TIME.timetuple()[:6]), content, ZIP_DEFLATED)


def _core_properties() -> bytes:
    stamp = f'xsi:type="dcterms:W3CDTF">{FIXED_TIME.isoformat()}Z'
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dcterms:created {stamp}</dcterms:created><dcterms:modified {stamp}</dcterms:modified>"
        "</cp:coreProperties>"
    ).encode()
