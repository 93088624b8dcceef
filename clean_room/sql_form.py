"""The SQL form of a request: read by a positive grammar into the typed request, and never executed.

    SELECT keys, SUM(metric), ... FROM retailer WHERE date BETWEEN 'day' AND 'day' AND grain = 'week'
    AND placement_type IN ('name', ...) GROUP BY keys

What the grammar does not list is refused. A list of what is forbidden would not do: in sqlglot a window, a PIVOT, a
CTE or `SELECT t FROM t` are ordinary parts of a `Select`.
"""

import logging
from collections.abc import Iterable

from clean_room.query_plan import read_request
from schemas.clean_room import CleanRoomRequest, RefusalCode
from schemas.errors import DataMissing

try:
    from sqlglot import exp, parse, tokenize
    from sqlglot.errors import SqlglotError
except ImportError as error:
    raise DataMissing(
        f"the SQL form needs the package of {error.name!r}: pip install -e '.[engines]' -c constraints.txt"
    ) from error

# sqlglot warns with the statement's text, and what was refused belongs in no log.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

LONGEST_SQL = 4_000  # the largest sensible question has some 400 characters
# Each kind of node that may occur, and the only parts it may have.
GRAMMAR: dict[type[exp.Expr], set[str]] = {
    exp.Select: {"expressions", "from_", "where", "group"},
    exp.From: {"this"},
    exp.Table: {"this"},
    exp.Where: {"this"},
    exp.Group: {"expressions"},
    exp.Sum: {"this"},
    exp.And: {"this", "expression"},
    exp.Between: {"this", "low", "high"},
    exp.EQ: {"this", "expression"},
    exp.In: {"this", "expressions"},
    exp.Column: {"this"},
    exp.Identifier: {"this", "quoted"},
    exp.Literal: {"this", "is_string"},
}


class NotInGrammar(Exception):
    """Internal: becomes REQUEST_INVALID."""


def read_sql(text: str) -> CleanRoomRequest | RefusalCode:
    """Raises nothing for any text. A refusal depends on the text alone, and not on which fields exist."""
    if len(text) > LONGEST_SQL:
        return RefusalCode.REQUEST_TOO_LARGE
    try:
        params = _params(_statement(text))
    except RecursionError:
        return RefusalCode.REQUEST_TOO_LARGE
    except (SqlglotError, NotInGrammar):
        return RefusalCode.REQUEST_INVALID
    return read_request(params)


def _statement(text: str) -> exp.Select:
    if any(token.comments for token in tokenize(text)):
        raise NotInGrammar
    statements = parse(text)
    if len(statements) != 1 or not isinstance(statements[0], exp.Select):
        raise NotInGrammar
    for node in statements[0].walk():
        parts = {name for name, part in node.args.items() if part}
        if type(node) not in GRAMMAR or not parts <= GRAMMAR[type(node)]:
            raise NotInGrammar
    return statements[0]


def _params(select: exp.Select) -> dict[str, object]:
    """What the statement asks, as the caller of the typed form would write it; names are taken as they stand."""
    shown, metrics = _told_apart(select.expressions)
    grouped = [_column(node) for node in _parts(select, "group")]
    if sorted(shown) != sorted(grouped):
        raise NotInGrammar
    conditions = _conditions(select)
    params: dict[str, object] = {"retailer_id": _retailer(select), "metrics": metrics, "group_by": shown}
    days, grain = conditions.pop("date", None), conditions.pop("grain", None)
    if days is not None:
        params["period"] = {"start": days[0], "end": days[1], **({"grain": grain[0]} if grain else {})}
    elif grain is not None:
        raise NotInGrammar
    return {**params, "filters": {name: list(values) for name, values in conditions.items()}}


def _told_apart(expressions: Iterable[exp.Expr]) -> tuple[list[str], list[str]]:
    """The columns shown as they are, and the columns summed."""
    shown, summed = [], []
    for node in expressions:
        if isinstance(node, exp.Sum):
            summed.append(_column(node.this))
        else:
            shown.append(_column(node))
    return shown, summed


def _conditions(select: exp.Select) -> dict[str, tuple[str, ...]]:
    """The values of each column of WHERE; a column named twice is not in the grammar."""
    where = select.args.get("where")
    conditions: dict[str, tuple[str, ...]] = {}
    for node in _operands(where.this) if where else ():
        name = _column(node.this)
        if name in conditions:
            raise NotInGrammar
        conditions[name] = _values(name, node)
    return conditions


def _operands(node: exp.Expr) -> Iterable[exp.Expr]:
    return node.flatten() if isinstance(node, exp.And) else (node,)


def _values(name: str, node: exp.Expr) -> tuple[str, ...]:
    """`date` takes BETWEEN only, `grain` takes = only, every other name takes = and IN."""
    if isinstance(node, exp.Between) and name == "date":
        return _literal(node.args["low"]), _literal(node.args["high"])
    if isinstance(node, exp.EQ) and name != "date":
        return (_literal(node.expression),)
    if isinstance(node, exp.In) and name not in ("date", "grain"):
        return tuple(_literal(value) for value in node.expressions)
    raise NotInGrammar


def _retailer(select: exp.Select) -> str:
    source = select.args.get("from_")
    if source is None or not isinstance(source.this, exp.Table) or not isinstance(source.this.this, exp.Identifier):
        raise NotInGrammar
    return source.this.name


def _parts(select: exp.Select, clause: str) -> Iterable[exp.Expr]:
    part = select.args.get(clause)
    return part.expressions if part else ()


def _column(node: exp.Expr) -> str:
    if not isinstance(node, exp.Column) or not isinstance(node.this, exp.Identifier):
        raise NotInGrammar
    return node.name


def _literal(node: exp.Expr) -> str:
    if not isinstance(node, exp.Literal) or not node.is_string:
        raise NotInGrammar
    return node.name
