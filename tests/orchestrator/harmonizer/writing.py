"""Small reports of an unknown network, written as a test needs them."""

from pathlib import Path

from orchestrator.harmonizer import Harmonized, harmonize_to_rmis

HEADER = "Day,SKU,Placement,Impressions,Clicks,Orders,Sales,Spend"
ROW = "2026-01-05,A-1,search,100,5,1,10.50,2.25"


def write(folder: Path, *lines: str, name: str = "report.csv", header: str = HEADER) -> Path:
    path = folder / name
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def harmonize(path: Path, **options: object) -> Harmonized:
    """Into a folder beside the file; every row must be somewhere."""
    done = harmonize_to_rmis(path, "retailer_a", folder=path.parent / "out", **options)  # type: ignore[arg-type]
    report = done.report
    assert report.rows_in == report.rows_out + report.rejected + len(report.totals_lines)
    assert (len(done.records), len(done.rejects)) == (report.rows_out, report.rejected)
    return done
