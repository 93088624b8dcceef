"""How the simulated market compares with grocery sales: sizes, prices, promotions, measured the same way on both."""

from data.calibration.report import as_markdown, write_report
from data.calibration.sides import Profile, market_profile

__all__ = ["Profile", "as_markdown", "market_profile", "write_report"]
