"""Report columns to RMIS fields, in many retailers' dialects, with columns that belong nowhere."""

import json
import random
from collections.abc import Callable

from adapters.prompts import UNKNOWN_FIELD, column_prompt
from adapters.training.example import Example, Skill, Split, share

WORDS: dict[str, tuple[str, ...]] = {
    "date": ("date", "day", "report date", "Datum", "jour", "fecha", "start date", "activity day",
    "calendar day", "Tag"),
    "sku_id": (
        "sku", "advertised sku", "product id", "item id", "asin", "advertised asin", "article number", "Artikelnummer",
        "code produit", "promoted product", "item code", "advertised product id",
    ),
    "placement_type": (
        "placement", "placement type", "page type", "ad placement", "Platzierung", "emplacement", "ad format",
        "inventory type", "ad slot type", "media placement",
    ),
    "impressions": (
        "impressions", "imps", "ad views", "num ads shown", "Einblendungen", "affichages", "impresiones",
        "views served",
        "ad impressions", "times shown",
    ),
    "clicks": (
        "clicks", "ad clicks", "num ads clicks", "Klicks", "clics", "click count", "link clicks", "total clicks", "clk",
        "clicks total",
    ),
    "conversions": (
        "conversions", "orders", "purchases 14 d", "attributed orders", "Bestellungen", "commandes", "total orders",
        "purchases", "order count", "attributed purchases",
    ),
    "units": (
        "units", "units sold", "attributed units", "Stück", "unités", "units ordered", "qty sold", "quantity",
        "unit sales", "items sold",
    ),
    "revenue": (
        "sales", "revenue", "attributed sales", "sales 14 d", "Umsatz", "chiffre d'affaires", "total sales", "ventes",
        "ad revenue", "sales amount",
    ),
    "cost": (
        "spend", "cost", "ad spend", "Kosten", "dépenses", "total cost", "Werbekosten", "coste",
        "media cost", "amount spent",
    ),
    "currency": (
        "currency", "budget currency", "Währung", "devise", "currency code", "moneda", "ccy", "campaign currency",
        "iso currency", "billing currency",
    ),
    UNKNOWN_FIELD: (
        "campaign id", "campaign name", "ad group id", "ad group name", "bid", "budget amount", "status", "portfolio",
        "click through rate", "acos", "roas", "cost per click", "Anzeigengruppe", "taux de clic", "viewability rate",
        "line item id", "account id", "match type", "keyword", "search term", "new to brand share", "frequency",
        "targeting", "creative id", "win rate", "brand name", "buy box share", "detail page views",
    ),
}  # fmt: skip


def _camel(words: list[str]) -> str:
    return words[0].lower() + "".join(word.capitalize() for word in words[1:])


STYLES: tuple[Callable[[list[str]], str], ...] = (
    " ".join,
    _camel,
    lambda words: "_".join(words).lower(),
    lambda words: " ".join(words).title(),
    lambda words: "_".join(words).upper(),
    lambda words: "".join(word.capitalize() for word in words),
    lambda words: "-".join(words).lower(),
    lambda words: "total_" + "_".join(words).lower() if len(words) == 1 else "_".join(words),
)


def _values(field: str, words: str, draw: random.Random) -> list[str]:
    makers: dict[str, Callable[[], str]] = {
        "date": lambda: _a_date(draw),
        "sku_id": lambda: _an_id(draw),
        "placement_type": lambda: draw.choice(("search", "display", "browse", "home", "native", "product page")),
        "impressions": lambda: str(draw.randint(20, 90000)),
        "clicks": lambda: str(draw.randint(0, 900)),
        "conversions": lambda: str(draw.randint(0, 60)),
        "units": lambda: str(draw.randint(0, 90)),
        "revenue": lambda: _money(draw, 900),
        "cost": lambda: _money(draw, 90),
        "currency": lambda: draw.choice(("USD", "EUR", "GBP")),
        UNKNOWN_FIELD: lambda: _of_no_field(words, draw),
    }
    return [makers[field]() for _ in range(3)]


def _a_date(draw: random.Random) -> str:
    month, day = draw.randint(1, 12), draw.randint(1, 28)
    return draw.choice((f"2026-{month:02}-{day:02}", f"{month}/{day}/2026", f"{day:02}.{month:02}.2026"))


def _an_id(draw: random.Random) -> str:
    number = draw.randint(10**7, 10**8 - 1)
    return draw.choice((f"B0{number}", f"XN-{number % 10000:04}", str(number)))


def _money(draw: random.Random, most: int) -> str:
    whole, cents = draw.randint(0, most), draw.randint(10, 99)
    return draw.choice((f"{whole}.{cents}", f"$ {whole}.{cents}", f"€{whole},{cents}"))


def _of_no_field(words: str, draw: random.Random) -> str:
    if "rate" in words or "share" in words:
        return f"0.{draw.randint(1, 99)}%"
    if "id" in words.split():
        return str(draw.randint(10**6, 10**9))
    if words in ("acos", "roas", "bid", "frequency", "cost per click"):
        return f"{draw.randint(0, 9)}.{draw.randint(10, 99)}"
    return draw.choice(("enabled", "Spring", "exact", "Brand core", "paused", "Generic"))


def column_example(draw: random.Random, split: Split) -> Example:
    """Held out: the wording of a header. One column in three belongs nowhere, so that a constant answer loses."""
    field = draw.choice([*[name for name in WORDS if name != UNKNOWN_FIELD], *[UNKNOWN_FIELD] * 5])
    words = draw.choice(share(WORDS[field], split))
    header = draw.choice(STYLES)(words.split())
    return Example(Skill.COLUMN, column_prompt(header, _values(field, words, draw)), json.dumps({"field": field}))
