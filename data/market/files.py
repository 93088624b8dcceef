"""The market directory: what each party holds, in a file of its own, and market.json to make it all again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError
from tqdm import tqdm

from data.directory import MARKET_FILE, replace_directory
from data.exports import write_exports
from data.market.market import Market, simulate
from data.market.parameters import MarketParameters
from schemas.base import Frozen
from schemas.brief import validation_message
from schemas.errors import DataMissing, InputInvalid


class MarketFile(Frozen):
    """`market.json`: all a market is rebuilt from; `spend_digest` says whether the rebuilt one is the same."""

    kind: Literal["simulated"] = "simulated"
    schema_version: Literal["1"] = "1"
    parameters: MarketParameters
    brand_ids: tuple[str, ...]
    retailer_ids: tuple[str, ...]
    currency: str = "USD"
    first_day: str
    last_day: str
    spend_digest: str


def write_market(market: Market, out: Path) -> tuple[Path, ...]:
    """Writes everything beside `out` first and moves it there at once; returns the files.

    Raises InputInvalid when `out` holds something that is no market, or cannot be written.
    """
    return replace_directory(out, lambda folder: _write_all(market, folder))


def load_market(directory: Path) -> Market:
    """Rebuilds the market from its parameters.

    Raises DataMissing without market.json; InputInvalid when it is not a simulated market of this version, or when
    what is rebuilt differs from what was written.
    """
    market_file = read_market_file(directory)
    market = simulate(market_file.parameters)
    if market.spend_digest != market_file.spend_digest:
        raise InputInvalid(
            f"the market rebuilt from {str(directory / MARKET_FILE)!r} differs from the files beside it (other library "
            f"versions?); generate it again with `python -m data generate --out {directory}`"
        )
    return market


def read_market_file(directory: Path) -> MarketFile:
    path = directory / MARKET_FILE
    if not path.is_file():
        raise DataMissing(f"no market in {str(directory)!r}; make one with `python -m data generate --out {directory}`")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputInvalid(f"cannot read {str(path)!r}: {error}; generate the market again") from error
    if isinstance(content, dict) and content.get("kind", "simulated") != "simulated":
        raise InputInvalid(
            f"{str(directory)!r} holds {content['kind']!r} data, which has no known truth to simulate from; "
            "use a directory made by `python -m data generate`"
        )
    try:
        return MarketFile.model_validate(content)
    except ValidationError as error:
        raise InputInvalid(validation_message(error, str(path))) from error


def write_table(table: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), path, compression="zstd")


def _write_all(market: Market, folder: Path) -> None:
    steps: list[tuple[str, Callable[[], Any]]] = [
        ("events", lambda: market.write_events(folder / "events.parquet")),
        ("catalogue", lambda: write_table(market.catalogue, folder / "catalogue.parquet")),
        *(
            (brand_id, lambda brand_id=brand_id: _write_brand(market, brand_id, folder))
            for brand_id in market.brand_ids
        ),
        ("truth", lambda: write_table(market.truth(), folder / "truth.parquet")),
        ("portfolio", lambda: write_table(market.truth_portfolio(), folder / "truth_portfolio.parquet")),
        ("parameters", lambda: _write_market_file(market, folder / MARKET_FILE)),
    ]
    with tqdm(steps, unit="file", leave=False) as progress:
        for name, write in progress:
            progress.set_description(f"writing {name}")
            write()


def _write_brand(market: Market, brand_id: str, folder: Path) -> None:
    write_table(market.private_feed(brand_id), folder / "private" / f"{brand_id}.parquet")
    write_table(market.outlook(brand_id), folder / "private" / f"{brand_id}_outlook.parquet")
    write_exports(market.delivery(brand_id), market.catalogue, brand_id, folder / "exports" / brand_id)


def _write_market_file(market: Market, path: Path) -> None:
    parameters = market.parameters
    content = MarketFile(
        parameters=parameters,
        brand_ids=market.brand_ids,
        retailer_ids=parameters.retailer_ids,
        first_day=parameters.first_day.isoformat(),
        last_day=parameters.last_day.isoformat(),
        spend_digest=market.spend_digest,
    )
    path.write_text(content.model_dump_json(indent=2) + "\n", encoding="utf-8")
