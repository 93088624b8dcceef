"""Delimited text into rows that remember their line, one line at a time.

A quote that is never closed would otherwise swallow every row after it; here it costs its own line only.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from tqdm import tqdm

MAX_JOINED_LINES = 20  # a quoted cell may contain line breaks; an unclosed quote must not eat the file


class _Quoting(Enum):
    OPEN = "open at the end of the text"
    BAD = "closed in the middle of a cell"


@dataclass(frozen=True)
class TextRow:
    """`line` is where it starts, from 1; `raw` as it stands in the file.

    `cells` keep their outer space, and are None where the quotes do not pair.
    """

    line: int
    raw: str
    cells: list[str] | None


def text_rows(lines: list[str], delimiter: str, width: int | None = None) -> Iterator[TextRow]:
    """Blank lines are left out. With `width`, lines are joined only where that gives a row of so many cells."""
    position = 0
    while position < len(lines):
        line = lines[position]
        position += 1
        if not line.strip():
            continue
        start, raw, end = position, line, position
        cells = line.split(delimiter) if '"' not in line else _split(line, delimiter)
        while cells is _Quoting.OPEN and end < min(len(lines), position + MAX_JOINED_LINES):
            raw = f"{raw}\n{lines[end]}"
            end += 1
            cells = _split(raw, delimiter)
        if end > position and (not isinstance(cells, list) or (width is not None and len(cells) != width)):
            cells, raw, end = _Quoting.BAD, line, position
        position = end
        yield TextRow(start, raw, cells if isinstance(cells, list) else None)


def watched(rows: Iterator[TextRow]) -> Iterator[TextRow]:
    """The same rows, with their count on a person's screen once it takes longer than two seconds."""
    yield from tqdm(rows, desc="reading", unit=" rows", delay=2, leave=False, disable=None)


def _split(text: str, delimiter: str) -> list[str] | _Quoting:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        return _Quoting.OPEN if str(error) == "unexpected end of data" else _Quoting.BAD
    return rows[0] if len(rows) == 1 else _Quoting.BAD
