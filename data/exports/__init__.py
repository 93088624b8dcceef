"""Each network's own report format: columns, units and how it carries the placement."""

from data.exports.report_schema import ReportColumn, ReportSchema
from data.exports.write import REPORT_SCHEMAS, write_exports

__all__ = ["REPORT_SCHEMAS", "ReportColumn", "ReportSchema", "write_exports"]
