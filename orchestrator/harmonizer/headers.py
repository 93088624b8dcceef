"""Column names taken apart: the words, and what the name says about window, currency and unit."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

ISO_CURRENCIES = frozenset(
    (
        *("AED", "AUD", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EUR", "GBP", "HKD"),
        *("HUF", "IDR", "ILS", "INR", "JPY", "KRW", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "RON"),
        *("SAR", "SEK", "SGD", "THB", "TRY", "TWD", "USD", "VND", "ZAR"),
    )
)

SYMBOL_CURRENCIES = {
    "US$": "USD",
    "CA$": "CAD",
    "C$": "CAD",
    "A$": "AUD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "MX$": "MXN",
    "R$": "BRL",
    "HK$": "HKD",
    "S$": "SGD",
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "₩": "KRW",
    "zł": "PLN",
}
"""What a symbol means where nothing else is said; `$` and `¥` give way to a code (see SYMBOL_ALSO)."""

SYMBOL_ALSO = {"$": ("CAD", "AUD", "NZD", "MXN", "SGD", "HKD", "CLP", "COP", "TWD"), "¥": ("CNY",)}

_WINDOW = re.compile(r"\b(\d{1,3}) ?(?:d|days?|tagen?|tage|jours?|dias)\b")
_UNIT_WORDS = {"micros": "micros", "micro": "micros", "cents": "cents"}
_SYMBOL = re.compile(r"[^\W\d_]{0,2}[$€£¥₹₩]")


@dataclass(frozen=True)
class HeaderName:
    """`words` without accents, case, window, currency and unit: '14 Day Total Sales (USD)' is 'total sales'."""

    words: str
    click_days: int | None
    currency: str | None
    money_unit: str | None


@lru_cache(maxsize=4096)
def header_name(column: str) -> HeaderName:
    """
    >>> header_name("attributedSales14days")
    HeaderName(words='attributed sales', click_days=14, currency=None, money_unit=None)
    >>> header_name("7 Day Total Spend (CAD)")
    HeaderName(words='total spend', click_days=7, currency='CAD', money_unit=None)
    """
    symbol = _SYMBOL.search(column)
    currency = SYMBOL_CURRENCIES.get(symbol.group()) if symbol else None
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[^\W\d_])(?=\d)", " ", column)
    plain = unicodedata.normalize("NFKD", spaced)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = re.sub(r"[^\w]+|_", " ", plain.casefold()).strip()
    window = _WINDOW.search(words)
    if window:
        words = words.replace(window.group(), " ")
    kept = []
    unit = None
    for word in words.split():
        if word.upper() in ISO_CURRENCIES:
            currency = word.upper()
        elif word in _UNIT_WORDS:
            unit = _UNIT_WORDS[word]
        else:
            kept.append(word)
    return HeaderName(" ".join(kept), int(window.group(1)) if window else None, currency, unit)
