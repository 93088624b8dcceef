"""A network's report file to RMIS records, rejects and a report of how it was read."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import pandas as pd

from orchestrator.harmonizer.apply import RECORDS, Constants, judge_rows
from orchestrator.harmonizer.choices import Choices, ColumnMeaning, Propose, column_meanings
from orchestrator.harmonizer.formats import Formats, read_formats
from orchestrator.harmonizer.mapping import UNKNOWN_NETWORK, column_uses, network_of
from orchestrator.harmonizer.outputs import Outputs, outputs_for
from orchestrator.harmonizer.report import (
    currency_warnings,
    records_by,
    reject_reasons,
    row_warnings,
    totals_lines,
    write_rejects,
)
from orchestrator.harmonizer.selection import Selection, missing_fields, refuse_missing, select
from orchestrator.harmonizer.sniff import SourceTable, read_table
from orchestrator.harmonizer.sql import text
from schemas.errors import InputInvalid
from schemas.rmis import HarmonizationReport

ASSUMED_CURRENCY = "USD"
SAMPLES = 5
DEFAULT_FOLDER = Path("var/harmonized")


@dataclass(frozen=True)
class Harmonized:
    """One harmonised file. `mapping`: column -> field, confidence, by, ...; `samples`: column -> some of its cells."""

    source: Path
    network: str
    retailer_id: str
    mapping: dict[str, dict[str, str | float]]
    samples: dict[str, tuple[str, ...]]
    report: HarmonizationReport
    rmis_path: Path
    rejects_path: Path

    @property
    def rows(self) -> int:
        return self.report.rows_out

    @property
    def rejected(self) -> int:
        return self.report.rejected

    @cached_property
    def records(self) -> pd.DataFrame:
        return pd.read_parquet(self.rmis_path)

    @cached_property
    def rejects(self) -> pd.DataFrame:
        """Columns line, reason, row."""
        return pd.read_csv(self.rejects_path, dtype={"reason": str, "row": str}, keep_default_na=False)


def harmonize_to_rmis(
    file: Path,
    retailer_id: str,
    *,
    catalogue: pd.DataFrame | None = None,
    propose: Propose | None = None,
    mapping: Mapping[str, object] | None = None,
    choices: Choices = Choices(),  # noqa: B008  a frozen value
    folder: Path = DEFAULT_FOLDER,
    outputs: Outputs | None = None,
) -> Harmonized:
    """Write `<stem>.rmis.parquet` and `<stem>.rejects.csv` into `folder`, or what `outputs` names.

    catalogue: sku_id and, where known, asin and item_id; with it, ids it does not have are rejected. mapping: column ->
    field, or an entry as mapping files hold it. propose is asked about columns only while a required field is open.
    Raises InputInvalid for a file or a choice the user can correct; the mapping and the rejects are written first.
    """
    out = outputs or outputs_for(file, folder)
    out.check_against(file)
    table = read_table(file)
    schema = network_of(table.names)
    uses = column_uses(table, schema, _meanings(mapping), propose, choices)
    selection = select(table, uses, schema.click_days if schema else None, choices)
    entries = {use.column: use.entry() for use in selection.uses}
    out.prepare()
    if out.mapping is not None:
        out.mapping.write_text(json.dumps(entries, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    refuse_missing(selection, missing_fields(selection, choices), file.name, str(out.mapping or "a JSON file"))
    with duckdb.connect() as con:
        con.register("cells", table.cells)
        formats = read_formats(con, selection, choices)
        currency = choices.currency or (schema.currency if schema else None)
        constants = Constants(
            retailer_id=retailer_id,
            network=schema.network if schema else UNKNOWN_NETWORK,
            source_file=file.name,
            currency=currency or ASSUMED_CURRENCY,
            click_days=selection.click_days,
            match_level=schema.match_level if schema else None,
        )
        judge_rows(con, selection, formats, constants, choices, catalogue)
        rejected = write_rejects(con, table, out.rejects)
        assumed = None if currency else ASSUMED_CURRENCY
        warnings = [*selection.warnings, *formats.warnings, *currency_warnings(con, assumed)]
        warnings += row_warnings(con, table, selection, catalogue is not None)
        report = _report(con, table, selection, formats, constants, rejected, tuple(warnings))
        if out.report is not None:
            out.report.write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
        _refuse_nothing_fits(con, report, out.rejects)
        _write_records(con, out.rmis)
    samples = {column: table.samples(position, SAMPLES) for position, column in enumerate(table.columns)}
    return Harmonized(file, constants.network, retailer_id, entries, samples, report, out.rmis, out.rejects)


def _meanings(mapping: Mapping[str, object] | None) -> dict[str, ColumnMeaning]:
    given = mapping or {}
    ready = {column: entry for column, entry in given.items() if isinstance(entry, ColumnMeaning)}
    return ready | column_meanings({column: entry for column, entry in given.items() if column not in ready})


def _report(
    con: duckdb.DuckDBPyConnection,
    table: SourceTable,
    selection: Selection,
    formats: Formats,
    constants: Constants,
    rejected: int,
    warnings: tuple[str, ...],
) -> HarmonizationReport:
    placements = records_by(con, "placement_type")
    return HarmonizationReport(
        file=constants.source_file,
        network=constants.network,
        retailer_id=constants.retailer_id,
        layout=table.layout,
        header_line=table.header_line,
        rows_in=table.rows,
        rows_out=sum(placements.values()),
        rejected=rejected,
        totals_lines=totals_lines(con, table),
        blank_lines=table.blank_lines,
        date_format=formats.date_format,
        number_style=formats.number_style,
        currencies=records_by(con, "currency"),
        attribution_click_days=constants.click_days,
        other_windows=selection.other_windows,
        placements=placements,
        reject_reasons=reject_reasons(con, table),
        warnings=warnings,
    )


def _refuse_nothing_fits(con: duckdb.DuckDBPyConnection, report: HarmonizationReport, rejects: Path) -> None:
    """Raises InputInvalid with the reason that is given most often."""
    if report.rows_out:
        return
    if not report.rejected:
        raise InputInvalid(f"{report.file!r} holds totals rows only; export it by day and product")
    common = con.execute(
        "SELECT mode(reason) FROM (SELECT unnest(reasons) AS reason FROM judged WHERE NOT is_totals)"
    ).fetchall()[0][0]
    hint = "; say it for all rows with --placement" if "placement_type" in report.reject_reasons else ""
    raise InputInvalid(
        f"none of the {report.rejected} rows of {report.file!r} fit, most often: "
        f"{common or 'the row has another number of cells than the header'}{hint}; all are in {rejects}"
    )


def _write_records(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Through a file beside it, so that nobody reads half a table."""
    part = path.with_name(f".{path.name}.part")
    con.execute(f"COPY ({RECORDS}) TO {text(str(part))} (FORMAT parquet)")
    os.replace(part, path)
