"""Amounts as networks print them: at least two decimals, and more only where the amount has them, so none is lost."""

import pandas as pd

from schemas.units import MICROS_PER_UNIT


def amount(micros: int) -> str:
    """
    >>> amount(16_220_000), amount(1_234_567), amount(0)
    ('16.22', '1.234567', '0.00')
    """
    whole, rest = divmod(abs(micros), MICROS_PER_UNIT)
    fraction = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if micros < 0 else ''}{whole}.{fraction}"


def amounts(micros: pd.Series) -> list[str]:
    return [amount(int(value)) for value in micros]


def ratios(numerator: pd.Series, denominator: pd.Series, decimals: int = 4) -> list[str]:
    """Empty where the denominator is zero: a ratio over nothing is not a number."""
    pairs = zip(numerator, denominator, strict=True)
    return [f"{above / below:.{decimals}f}" if below else "" for above, below in pairs]


def percents(numerator: pd.Series, denominator: pd.Series) -> list[str]:
    return [f"{float(ratio):.4%}" if ratio else "" for ratio in ratios(numerator, denominator, 6)]
