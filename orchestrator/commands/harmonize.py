"""`python -m orchestrator harmonize`: one network export to RMIS."""

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa

from orchestrator.harmonizer import Choices, Outputs, harmonize_to_rmis
from orchestrator.harmonizer.choices import read_mapping
from orchestrator.harmonizer.headers import ISO_CURRENCIES
from schemas.command_line import OneLineParser, run_command
from schemas.errors import DataMissing, InputInvalid
from schemas.tasks import PlacementType


def main(arguments: Sequence[str]) -> int:
    given = _parser().parse_args(arguments)
    retailer_id = given.retailer or _retailer_in(given.file)
    if given.click_days is not None and given.click_days < 0:
        raise InputInvalid(f"--click-days {given.click_days!r} is negative; a window is a number of days such as 14")
    rejects = given.rejects or given.out.with_name(f"{given.out.stem}.rejects.csv")
    choices = Choices(
        accept_review=given.accept_review,
        currency=_currency(given.currency),
        placement=PlacementType(given.placement) if given.placement else None,
        date_format=_date_format(given.date_format),
        click_days=given.click_days,
    )
    harmonized = harmonize_to_rmis(
        given.file,
        retailer_id,
        catalogue=read_catalogue(given.catalogue) if given.catalogue else None,
        mapping=dict(read_mapping(given.mapping)) if given.mapping else None,
        choices=choices,
        outputs=Outputs(given.out, rejects, given.mapping_out, given.report),
    )
    report = harmonized.report
    for warning in report.warnings:
        print(f"note: {warning}", file=sys.stderr)
    print(
        f"{report.file}: {report.network}, {report.layout}, dates {report.date_format}, numbers {report.number_style}"
    )
    print(f"RMIS → {given.out}")
    totals = f", {len(report.totals_lines)} totals rows left out" if report.totals_lines else ""
    print(f"{harmonized.rows} rows harmonised{totals}, {harmonized.rejected} rejected → {rejects}")
    return 0


def _parser() -> OneLineParser:
    parser = OneLineParser(prog="python -m orchestrator harmonize", description="One network export to RMIS.")
    parser.add_argument("file", type=Path, help="a report: CSV (also .gz) or XLSX")
    parser.add_argument("--retailer", help="whose report it is (default: the file name before '__')")
    parser.add_argument("--catalogue", type=Path, help="Parquet or CSV with sku_id, asin, item_id")
    parser.add_argument("--mapping", type=Path, help='JSON of columns to fields, e.g. {"Ad Cost": "cost"}')
    parser.add_argument("--accept-review", action="store_true", help="use proposed columns without a look at them")
    parser.add_argument("--out", type=Path, required=True, help="where the RMIS Parquet file goes")
    parser.add_argument("--mapping-out", type=Path, help="where the mapping goes, to be corrected or used again")
    parser.add_argument("--rejects", type=Path, help="where rejected rows go (default: beside --out)")
    parser.add_argument("--report", type=Path, help="where the full report goes, as JSON")
    parser.add_argument("--currency", help="for rows that state none, e.g. EUR")
    parser.add_argument("--placement", choices=[kind.value for kind in PlacementType], help="for rows that state none")
    parser.add_argument("--date-format", help="for dates that can be read in two ways, e.g. %%d/%%m/%%Y")
    parser.add_argument("--click-days", type=int, help="the attribution window to take, or that of the report")
    return parser


def read_catalogue(path: Path) -> pd.DataFrame:
    """Raises DataMissing, InputInvalid."""
    if not path.is_file():
        raise DataMissing(f"no catalogue {str(path)!r}; `python -m data generate` writes one as catalogue.parquet")
    try:
        products = pd.read_csv(path, dtype=str) if path.suffix == ".csv" else pd.read_parquet(path)
    except (ValueError, OSError, pa.ArrowException) as error:
        raise InputInvalid(f"cannot read the catalogue {str(path)!r}: {error}") from error
    if "sku_id" not in products:
        raise InputInvalid(f"the catalogue {str(path)!r} has no column 'sku_id'; it has {', '.join(products)}")
    return products


def _retailer_in(file: Path) -> str:
    head, mark, _ = file.name.partition("__")
    if not mark or not head:
        raise InputInvalid(f"whose report is {file.name!r}? Say it with --retailer, or name it RETAILER__{file.name}")
    return head


def _currency(code: str | None) -> str | None:
    if code is not None and code not in ISO_CURRENCIES:
        raise InputInvalid(f"--currency {code!r} is not known; one of {', '.join(sorted(ISO_CURRENCIES))}")
    return code


def _date_format(date_format: str | None) -> str | None:
    """Only a format that gives a whole day back is one."""
    if date_format is None:
        return None
    day = datetime(2026, 11, 23)
    try:
        if datetime.strptime(day.strftime(date_format), date_format) == day:
            return date_format
    except ValueError:
        pass
    raise InputInvalid(f"--date-format {date_format!r} does not describe a day; e.g. %d/%m/%Y")


if __name__ == "__main__":
    run_command(main, sys.argv[1:])
