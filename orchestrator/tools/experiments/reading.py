"""A file of rows, as text or typed cells, indexed by the line number that messages quote."""

import csv
import io
from pathlib import Path

import pandas as pd
import pyarrow as pa

from orchestrator.tools.experiments.columns import line_list
from schemas.errors import InputInvalid

NEEDED = "a header line and one row per unit and time are needed"


def read_frame(path: Path) -> pd.DataFrame:
    """By ending: .parquet, .xlsx (its first sheet), anything else as CSV. Raises InputInvalid."""
    if not path.is_file():
        raise InputInvalid(f"there is no file {str(path)!r}; give a CSV, Parquet or XLSX file")
    readers = {".parquet": _parquet, ".xlsx": _workbook}
    frame = readers.get(path.suffix.lower(), _csv)(path)
    if frame.empty:
        raise InputInvalid(f"{str(path)!r} has a header and no rows; one row per unit and time is needed")
    return frame


def _parquet(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise InputInvalid(f"{str(path)!r} cannot be read as Parquet: {error}") from error
    return frame.set_index(pd.RangeIndex(1, len(frame) + 1))


def _workbook(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_excel(path, engine="openpyxl")
    except Exception as error:  # openpyxl raises whatever the broken part of the file provokes
        raise InputInvalid(f"{str(path)!r} cannot be read as an XLSX workbook: {error}") from error
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    return frame.dropna(how="all")


def _csv(path: Path) -> pd.DataFrame:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputInvalid(f"cannot read {str(path)!r} as UTF-8 text: {error}") from error
    lines = list(csv.reader(io.StringIO(text)))
    if not lines or not any(lines[0]):
        raise InputInvalid(f"{str(path)!r} is empty; {NEEDED}")
    header, body = lines[0], [(number, line) for number, line in enumerate(lines[1:], start=2) if line]
    ragged = [number for number, line in body if len(line) != len(header)]
    if ragged:
        raise InputInvalid(
            f"{line_list(ragged)} of {str(path)!r} do not have the header's {len(header)} fields; "
            "quote values that contain commas"
        )
    return pd.DataFrame([line for _, line in body], columns=header, index=[number for number, _ in body], dtype=str)
