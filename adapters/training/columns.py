"""Report columns to RMIS fields and units, in many retailers' dialects, with columns that belong nowhere."""

import json
import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from adapters.prompts import UNKNOWN_FIELD, column_prompt
from adapters.training.column_words import (
    CELL_WORDS,
    COLUMN_WORDS,
    COUNTED,
    ENGLISH,
    FIELD_WORDS,
    LANGUAGES,
    PRICED,
    STRANGER_WORDS,
    UNIT_WORDS,
    UNSEEN_LANGUAGE,
)
from adapters.training.example import Example, Skill, Split, share


def _plain_words(words: str) -> list[str]:
    """The words as an identifier can hold them: no accents, no apostrophes."""
    folded = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return folded.replace("'", " ").lower().split()


def _capitals(words: list[str]) -> str:
    return "".join(word.capitalize() for word in words)


def _vowelless(word: str) -> str:
    return word if len(word) <= 3 else word[0] + "".join(letter for letter in word[1:] if letter not in "aeiou")


STYLES: dict[str, Callable[[str], str]] = {
    "spaced": str.lower,
    "title": lambda words: " ".join(word[0].upper() + word[1:] for word in words.split()),
    "snake": lambda words: "_".join(_plain_words(words)),
    "upper": lambda words: "_".join(_plain_words(words)).upper(),
    "kebab": lambda words: "-".join(_plain_words(words)),
    "camel": lambda words: _plain_words(words)[0] + _capitals(_plain_words(words)[1:]),
    "pascal": lambda words: _capitals(_plain_words(words)),
    "vowelless": lambda words: "_".join(_vowelless(word) for word in _plain_words(words)),
    "prefixed": lambda words: "rm_" + "_".join(_plain_words(words)),
    "dotted": lambda words: "metrics." + "_".join(_plain_words(words)),
    "bracketed": lambda words: f"[{words[0].upper()}{words[1:]}]",
}
NOTATIONS = ("plain", "symbol", "code", "comma", "thousands", "cents", "micros")
# Amounts in cents or micros are two columns in twelve of a retailer's report; drawn evenly they would hardly be seen.
NOTATION_WEIGHTS = {"thousands": 2, "cents": 2, "micros": 2}
LANGUAGE_WEIGHTS = {ENGLISH: 3}
FIELD_WEIGHTS = {"revenue": 2, "cost": 2}


@dataclass(frozen=True)
class Dialect:
    """How one retailer writes its reports: the held-out unit."""

    language: str
    style: str
    notation: str

    @property
    def weight(self) -> int:
        return LANGUAGE_WEIGHTS.get(self.language, 1) * NOTATION_WEIGHTS.get(self.notation, 1)

    def __str__(self) -> str:
        return f"{self.language}-{self.style}-{self.notation}"


# Neither the 11 styles nor the 7 notations are a multiple of five, so that `share` takes every fifth dialect along all
# three axes at once: each split has every language, style and notation, in combinations of its own.
DIALECTS = tuple(Dialect(*axes) for axes in product(LANGUAGES, STYLES, NOTATIONS))
UNSEEN_DIALECTS = tuple(Dialect(*axes) for axes in product((UNSEEN_LANGUAGE,), STYLES, NOTATIONS))


def dialects(split: Split) -> tuple[Dialect, ...]:
    return share(DIALECTS, split) + (UNSEEN_DIALECTS if split is Split.TEST else ())


ENGLISH_MONEY = (("$", "USD"), ("$ ", "USD"), ("£", "GBP"))
CURRENCIES = ("USD", "EUR", "GBP", "CHF", "SEK", "PLN", "CAD", "AUD", "DKK", "NOK", "CZK", "MXN")


def column_example(draw: random.Random, split: Split) -> Example:
    """Held out: whole dialects, and English wordings too.

    One column in three belongs nowhere, so that a constant answer loses.
    """
    choices = dialects(split)
    dialect = draw.choices(choices, [choice.weight for choice in choices])[0]
    column = _a_column(draw)
    wordings = COLUMN_WORDS[column][dialect.language]
    words = draw.choice(share(wordings, split) if dialect.language == ENGLISH else wordings)
    unit = written_unit(column, dialect.notation)
    if unit in UNIT_WORDS:
        header, values = _marked(words, unit, dialect, draw)
    else:
        header, values = STYLES[dialect.style](words), _values(column, dialect, split, draw)
    known = column in FIELD_WORDS
    answer = {"field": column if known else UNKNOWN_FIELD, "unit": unit if known else "none"}
    return Example(Skill.COLUMN, column_prompt(header, values), json.dumps(answer), family=str(dialect))


def _a_column(draw: random.Random) -> str:
    if draw.randrange(3) == 0:
        return draw.choice(list(STRANGER_WORDS))
    return draw.choices(list(FIELD_WORDS), [FIELD_WEIGHTS.get(field, 1) for field in FIELD_WORDS])[0]


def written_unit(column: str, notation: str) -> str:
    """How the cells are written; columns that belong nowhere are written like all others of their retailer."""
    if column not in COUNTED + PRICED:
        return "none"
    if notation == "thousands":
        return "thousand"
    if column in COUNTED:
        return "count"
    return {"cents": "cent", "micros": "micro"}.get(notation, "currency")


def _marked(words: str, unit: str, dialect: Dialect, draw: random.Random) -> tuple[str, list[str]]:
    """The header and three values of a unit that must be told.

    Cents and micros are told by the header's words, thousands also by "(000)" after it or by the values.
    """
    style = STYLES[dialect.style]
    place = draw.choice(("words", "zeros", "values")) if unit == "thousand" else "words"
    if place == "words":
        return style(f"{words} {draw.choice(UNIT_WORDS[unit][dialect.language])}"), _scaled(unit, "", draw)
    if place == "zeros":
        return f"{style(words)} (000)", _scaled(unit, "", draw)
    return style(words), _scaled(unit, draw.choice(("k", "K", " k")), draw)


def _scaled(unit: str, suffix: str, draw: random.Random) -> list[str]:
    if unit == "thousand":
        return [f"{draw.randint(0, 240)}.{draw.randint(1, 9)}{suffix}" for _ in range(3)]
    # A whole cent is ten thousand micros, and networks bill in cents.
    most = draw.choice((900, 9_000))
    return [str(draw.randint(10, most) * (1 if unit == "cent" else 10_000)) for _ in range(3)]


def _values(column: str, dialect: Dialect, split: Split, draw: random.Random) -> list[str]:
    """Three cells, all written in one way."""
    if column in COUNTED:
        most = 90_000 if column == "impressions" else draw.choice((90, 2_000))
        return [_count(draw.randint(0, most), dialect.notation) for _ in range(3)]
    if column in PRICED:
        symbol, code = draw.choice(ENGLISH_MONEY) if dialect.language == ENGLISH else ("€", "EUR")
        most = draw.choice((900, 9_000, 90_000))
        return [_amount(draw.randint(10, most), symbol, code, dialect.notation) for _ in range(3)]
    match column:
        case "date":
            return _dates(dialect.language, draw)
        case "currency":
            return _currencies(dialect.language, draw)
        case "rate":
            sign, most = draw.choice((("%", 40), (" %", 40), ("", 0)))
            return [_decimal(draw.randint(0, most), draw.randint(0, 99), dialect.notation) + sign for _ in range(3)]
        case "ratio":
            return [_decimal(draw.randint(0, 9), draw.randint(0, 99), dialect.notation) for _ in range(3)]
        case "sku_id" | "number":
            return _numbers(draw)
        case _:
            cells = draw.choice(share(CELL_WORDS[column], split))
            return [draw.choice(cells) for _ in range(3)]


def _count(number: int, notation: str) -> str:
    separator = {"symbol": ",", "code": " ", "comma": "."}.get(notation, "")
    return f"{number:,}".replace(",", separator)


def _amount(cents: int, symbol: str, code: str, notation: str) -> str:
    number = _decimal(cents // 100, cents % 100, notation)
    match notation:
        case "symbol":
            return f"{symbol}{number}"
        case "code":
            return f"{number} {code}"
        case _:
            return number


def _decimal(whole: int, hundredths: int, notation: str) -> str:
    return f"{whole}{',' if notation == 'comma' else '.'}{hundredths:02}"


def _dates(language: str, draw: random.Random) -> list[str]:
    local = {"en": "{month:02}/{day:02}/2026", "de": "{day:02}.{month:02}.2026", "nl": "{day:02}-{month:02}-2026"}
    form = draw.choice(("2026-{month:02}-{day:02}", local.get(language, "{day:02}/{month:02}/2026")))
    return [form.format(day=draw.randint(1, 28), month=draw.randint(1, 12)) for _ in range(3)]


def _currencies(language: str, draw: random.Random) -> list[str]:
    """A report of one market repeats its currency.

    Only in English, whose wordings are held out: elsewhere the same column would soon be in two splits.
    """
    if language == ENGLISH and draw.random() < 0.5:
        return [draw.choice(CURRENCIES[:3])] * 3
    return [draw.choice(CURRENCIES) for _ in range(3)]


def _numbers(draw: random.Random) -> list[str]:
    """Ids look alike whatever they are of: only the header tells."""
    form, digits = draw.choice((("B0{}", 6), ("XN-{}", 4), ("{}", 6), ("SKU{}", 5), ("{}-A", 4)))
    return [form.format(draw.randrange(10 ** (digits - 1), 10**digits)) for _ in range(3)]
