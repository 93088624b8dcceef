"""The engine many would write: raw events behind GROUP BY ... HAVING count(DISTINCT customer_id) >= k.

Its mistakes are those seen in public code: a threshold on each answer and nothing across answers, names put into the
statement as they come, filters on any column, an unknown retailer served, error text handed back, no audit.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from tests.clean_room.attacks.doors import BRAND, SECRET

K = 100


class NaiveDoor:
    def __init__(self, log: pd.DataFrame) -> None:
        self.connection = duckdb.connect()
        renamed = log[log["brand_id"] == BRAND].rename(columns={"revenue_micros": "revenue", "cost_micros": "cost"})
        self.connection.register("log", renamed.assign(date=pd.to_datetime(renamed["date"])))
        self.connection.execute("CREATE TABLE events AS SELECT * REPLACE (CAST(date AS DATE) AS date) FROM log")

    def query(self, query_params: Any, /) -> dict[str, Any]:
        started = time.perf_counter()
        try:
            rows = self._rows(query_params)
        except Exception as error:
            return {"status": "error", "message": str(error)}
        waited_ms = int(1000 * (time.perf_counter() - started))
        return {"status": "ok", "rows": rows, "mode": "exact", "latency_ms": waited_ms}

    def _rows(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        period = asked["period"]
        bucket = f"CAST(date_trunc('{period.get('grain', 'week')}', date) AS DATE)"
        keys = [bucket if key == "date" else key for key in asked.get("group_by", [])]
        sums = [metric if "(" in metric else f"sum({metric})" for metric in asked["metrics"]]
        where, values = ["date BETWEEN ? AND ?"], [period["start"], period["end"]]
        for column, allowed in asked.get("filters", {}).items():
            where.append(f"{column} IN ({', '.join('?' * len(allowed))})")
            values += allowed
        if asked["retailer_id"] in ("retailer_a", "retailer_b"):
            where.append(f"retailer_id = '{asked['retailer_id']}'")
        grouped = f"GROUP BY {', '.join(keys)}" if keys else ""
        found = self.connection.execute(
            f"SELECT {', '.join([*keys, *sums])} FROM events WHERE {' AND '.join(where)} {grouped} "
            f"HAVING count(DISTINCT customer_id) >= {K} ORDER BY ALL",
            values,
        ).fetchall()
        names = [*asked.get("group_by", []), *asked["metrics"]]
        return [dict(zip(names, map(_plain, row), strict=True)) for row in found]


def _plain(value: Any) -> Any:
    return value if isinstance(value, (int, float)) else str(value)


class Naive:
    def open(self, log: pd.DataFrame) -> NaiveDoor:
        return NaiveDoor(log)

    def restate(self, door: NaiveDoor, log: pd.DataFrame) -> NaiveDoor:
        return NaiveDoor(log)

    def of_other_brand(self, door: NaiveDoor) -> NaiveDoor:
        return door

    def colleague(self, door: NaiveDoor) -> NaiveDoor:
        return door

    def damage(self, door: NaiveDoor) -> None:
        door.connection.execute(f"ALTER TABLE events ALTER revenue TYPE VARCHAR USING '{SECRET}'")

    def lose_audit(self, door: NaiveDoor) -> None:
        """It has none."""

    def forge_audit(self, door: NaiveDoor, sql: str) -> bool:
        return False

    @contextmanager
    def taken_over(self, door: NaiveDoor) -> Iterator[duckdb.DuckDBPyConnection]:
        yield door.connection


class NoisyDoor(NaiveDoor):
    """Draws fresh noise for every answer, as some engines do."""

    SCALE = 50_000_000.0

    def __init__(self, log: pd.DataFrame) -> None:
        super().__init__(log)
        self._random = np.random.default_rng(7)

    def query(self, query_params: Any, /) -> dict[str, Any]:
        answer = super().query(query_params)
        noisy = [
            {
                key: value + self._random.normal(0, self.SCALE) if isinstance(value, int) else value
                for key, value in row.items()
            }
            for row in answer.get("rows", [])
        ]
        return {**answer, "rows": noisy}


class FreshNoise(Naive):
    def open(self, log: pd.DataFrame) -> NoisyDoor:
        return NoisyDoor(log)
