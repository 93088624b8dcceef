"""A report file of unknown kind into one table of text: kind, encoding, delimiter, sheet and header row are found."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from data.exports import REPORT_SCHEMAS
from data.exports.report_schema import header_key
from orchestrator.harmonizer.aliases import alias_match
from orchestrator.harmonizer.decode import REPLACED, Text, decode, file_bytes
from orchestrator.harmonizer.records import TextRow, text_rows, watched
from orchestrator.harmonizer.totals import is_totals_label
from orchestrator.harmonizer.workbook import sheets
from schemas.errors import InputInvalid

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
HEADER_WITHIN_ROWS = 30  # consoles put a title, the account and the period above the column names
BATCH_ROWS = 50_000
SAMPLED_ROWS = 2_000
MIN_KNOWN_NAMES = 2

_SCHEMA_NAMES = frozenset(name for schema in REPORT_SCHEMAS.values() for name in schema.by_name)


@dataclass(frozen=True)
class BrokenRow:
    line: int
    reason: str
    raw: str


@dataclass(frozen=True)
class SourceTable:
    """`cells`: line, raw and one text column `c0..` per column. Rows that have no such shape are `broken`.

    `columns` are the `names` of the header made unique.
    """

    columns: tuple[str, ...]
    names: tuple[str, ...]
    cells: pa.Table
    broken: tuple[BrokenRow, ...]
    totals_lines: tuple[int, ...]
    header_line: int
    blank_lines: int
    layout: str

    def samples(self, position: int, count: int) -> tuple[str, ...]:
        """The first different cells of a column that are not empty."""
        seen = pc.unique(self.cells.column(f"c{position}").slice(0, SAMPLED_ROWS)).to_pylist()
        return tuple(cell for cell in seen if cell)[:count]

    @property
    def rows(self) -> int:
        return int(self.cells.num_rows) + len(self.broken) + len(self.totals_lines)


def read_table(path: Path) -> SourceTable:
    """Raises InputInvalid for a file without a table in it."""
    content = file_bytes(path)
    if content.startswith(b"PK\x03\x04"):
        return _from_workbook(content, path.name)
    return _from_text(decode(content, path.name), path.name)


def _from_workbook(content: bytes, name: str) -> SourceTable:
    found = {title: rows for title, rows in sheets(content, name).items() if rows}
    if not found:
        raise InputInvalid(f"{name!r} has no filled sheet; export the report again")
    title = max(found, key=lambda title: _known(_header(found[title])))
    rows = found[title]
    header = _header(rows)
    width = len(_named(header))
    after = [_padded(row, width) for row in rows if row.line > header.line]
    blank = rows[-1].line - header.line - len(after)
    return _table(header, after, blank, f"xlsx, sheet {title!r}", name)


def _padded(row: TextRow, width: int) -> TextRow:
    """A workbook leaves out the empty cells at a row's end."""
    cells = row.cells or []
    return TextRow(row.line, row.raw, [*cells, *[""] * (width - len(cells))])


def _from_text(text: Text, name: str) -> SourceTable:
    delimiter = max(DELIMITERS, key=lambda candidate: _split_score(text.lines, candidate))
    header = _header(list(islice(text_rows(text.lines, delimiter), HEADER_WITHIN_ROWS)))
    if len(header.cells or ()) < 2:
        names = ", ".join(DELIMITERS.values())
        raise InputInvalid(
            f"{name!r} has one column only: its first line {header.raw[:80]!r} is split by none of {names}; "
            "export it as comma-separated CSV"
        )
    start = header.line + header.raw.count("\n")
    width = len(_named(header))
    rows = text_rows(text.lines[start:], delimiter, width)
    after = (TextRow(row.line + start, row.raw, row.cells) for row in watched(rows))
    blank = sum(not line.strip() for line in text.lines[start:-1])
    return _table(header, after, blank, f"csv, {DELIMITERS[delimiter]}, {text.encoding}", name)


def _split_score(lines: list[str], delimiter: str) -> tuple[int, int]:
    header = _header(list(islice(text_rows(lines, delimiter), HEADER_WITHIN_ROWS)))
    return _known(header), len(header.cells or ())


def _header(rows: list[TextRow]) -> TextRow:
    """The row with the most names we know; where none has two, the first."""
    first = rows[:HEADER_WITHIN_ROWS]
    best = max(first, key=lambda row: (_known(row), -row.line))
    return best if _known(best) >= MIN_KNOWN_NAMES else first[0]


def _known(row: TextRow) -> int:
    cells = row.cells or []
    return sum(header_key(cell) in _SCHEMA_NAMES or alias_match(cell) is not None for cell in cells if cell.strip())


def _named(header: TextRow) -> list[str]:
    """Column names without empty ones at the end; a repeated name gets its number, an empty one its position."""
    cells = list(header.cells or [])
    while cells and not cells[-1].strip():
        cells.pop()
    names: list[str] = []
    for position, cell in enumerate(cells, start=1):
        name = cell if cell.strip() else f"column {position}"
        repeats = sum(header_key(earlier) == header_key(name) for earlier in cells[: position - 1])
        names.append(f"{name} ({repeats + 1})" if repeats else name)
    return names


def _table(header: TextRow, rows: Iterable[TextRow], blank_lines: int, layout: str, name: str) -> SourceTable:
    columns = _named(header)
    kept = _Shapes(len(columns))
    batches = list(_batches(kept.well_formed(rows), len(columns)))
    table = SourceTable(
        columns=tuple(columns),
        names=tuple(header.cells or ())[: len(columns)],
        cells=pa.Table.from_batches(batches, schema=_arrow_schema(len(columns))),
        broken=tuple(kept.broken),
        totals_lines=tuple(kept.totals_lines),
        header_line=header.line,
        blank_lines=blank_lines,
        layout=layout,
    )
    if table.broken and not table.cells.num_rows:
        first = table.broken[0]
        raise InputInvalid(
            f"no row of {name!r} has the shape of its header in line {header.line} ({layout}, {len(columns)} columns): "
            f"line {first.line} {first.raw[:80]!r} ({first.reason}); export it with one delimiter throughout"
        )
    if table.rows == 0:
        raise InputInvalid(f"{name!r} has column names and no rows; choose a period with delivery and export it again")
    return table


class _Shapes:
    """Sorts rows by shape while they stream past: `width` cells, a totals row, or broken."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.broken: list[BrokenRow] = []
        self.totals_lines: list[int] = []

    def well_formed(self, rows: Iterable[TextRow]) -> Iterator[TextRow]:
        for row in rows:
            cells = row.cells
            if cells is None:
                self.broken.append(BrokenRow(row.line, "its quotes do not pair", row.raw))
            elif REPLACED in row.raw:
                self.broken.append(BrokenRow(row.line, "bytes that are not UTF-8", row.raw))
            elif "\x00" in row.raw:
                self.broken.append(BrokenRow(row.line, "a zero byte in the row", row.raw))
            elif len(cells) == self.width:
                yield row
            elif len(cells) > self.width and not "".join(cells[self.width :]).strip():
                yield TextRow(row.line, row.raw, cells[: self.width])
            elif is_totals_label(next((cell.strip() for cell in cells if cell.strip()), "")):
                self.totals_lines.append(row.line)
            else:
                reason = f"number of cells: {len(cells)}, the header has {self.width}"
                self.broken.append(BrokenRow(row.line, reason, row.raw))


def _batches(rows: Iterator[TextRow], width: int) -> Iterator[pa.RecordBatch]:
    schema = _arrow_schema(width)
    while batch := list(islice(rows, BATCH_ROWS)):
        by_column = list(zip(*(row.cells or () for row in batch), strict=True))
        arrays = [pa.array([row.line for row in batch], pa.int64()), pa.array([row.raw for row in batch], pa.string())]
        arrays += [pc.utf8_trim_whitespace(pa.array(column, pa.string())) for column in by_column]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _arrow_schema(width: int) -> pa.Schema:
    texts = [(f"c{position}", pa.string()) for position in range(width)]
    return pa.schema([("line", pa.int64()), ("raw", pa.string()), *texts])
