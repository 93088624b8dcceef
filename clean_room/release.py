"""From clean events to the atoms that may leave: sums over blocks, with the keys and the days they stand for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
import pandas as pd

from clean_room.calendar import Keys, Span, day_keys, month_keys, span_of, week_keys
from clean_room.cleaning import METRICS, NO_SKU, Events
from clean_room.disclosure import DisclosureRule
from clean_room.overlap import blocks_safe_beside
from clean_room.partition import POOLED, Block, exact_cells, partition
from clean_room.policy import Policy
from schemas.clean_room import Grain, Mode

KEY_COLUMNS = ("shape", "placement_type", "sku_id", "first_day", "last_day")
EXACT_COLUMNS = ("exact_sku", "exact_placement", "exact_month", "exact_week", "exact_day")
ATOM_COLUMNS = (*KEY_COLUMNS, *EXACT_COLUMNS, *map(str, METRICS), "draws")


class Shape(StrEnum):
    """Which question an atom answers; both shapes hold the same events, so an answer uses one of them."""

    PLACEMENT = "placement"
    SKU = "sku"


@dataclass(frozen=True)
class Rung:
    """One step of a ladder: the key it splits by, and the period an atom that stops there stands for.

    `exact` names the columns that say whether the atom's cell at this step is told exactly.
    """

    keys: Keys
    grain: Grain | None
    exact: tuple[str, ...]


def release(events: Events, policy: Policy, snapshot: Span) -> pd.DataFrame:
    """The atoms of one brand at one retailer, one row each with ATOM_COLUMNS; none when all together are too few.

    An atom that pools several placements or SKUs has no placement or SKU; one that pools days carries the whole period
    they were pooled in. The `exact_` columns say which cells around an atom are told exactly by the atoms inside them.
    `draws` is how often noise was added to each sum: never, here.
    """
    assert policy.mode is Mode.EXACT, "a policy that asks for noise is released by noisy_release"
    if len(events) == 0:
        return atoms_table([])
    rule = DisclosureRule(events, policy)
    by_placement = placement_ladder(events)
    placement_blocks = partition(np.arange(len(events)), [rung.keys for rung in by_placement], rule.permits)
    atoms = atoms_of_blocks(events, Shape.PLACEMENT, by_placement, placement_blocks, snapshot)
    if placement_blocks and policy.permits_skus:
        by_sku = sku_ladder(events)
        sku_blocks = blocks_safe_beside(placement_blocks, [rung.keys for rung in by_sku], rule)
        atoms += atoms_of_blocks(events, Shape.SKU, by_sku, sku_blocks, snapshot)
    return atoms_table(atoms)


def placement_ladder(events: Events) -> list[Rung]:
    return [
        Rung(events.placements, None, ("exact_placement",)),
        Rung(month_keys(events.days), Grain.MONTH, ("exact_month",)),
        Rung(week_keys(events.days), Grain.WEEK, ("exact_week",)),
        Rung(day_keys(events.days), Grain.DAY, ("exact_day",)),
    ]


def sku_ladder(events: Events) -> list[Rung]:
    assert NO_SKU == POOLED, "events without a SKU are never told alone"
    return [
        Rung(events.skus, None, ("exact_sku",)),
        Rung(events.placements, None, ("exact_placement",)),
        Rung(month_keys(events.days), Grain.MONTH, ("exact_month", "exact_week", "exact_day")),
    ]


def atoms_of_blocks(
    events: Events,
    shape: Shape,
    ladder: Sequence[Rung],
    blocks: Sequence[Block],
    snapshot: Span,
    draws_per_row: int = 0,
) -> list[dict[str, object]]:
    if not blocks:
        return []
    exact = exact_cells(blocks, [rung.keys for rung in ladder])
    return [
        {
            "shape": str(shape),
            **_keys_of(events, ladder[: block.depth], block, snapshot),
            **dict.fromkeys(EXACT_COLUMNS, True),
            **{
                column: bool(exact[step, block.rows[0]])
                for step, rung in enumerate(ladder[: block.depth])
                for column in rung.exact
            },
            **dict(zip(map(str, METRICS), events.metrics[block.rows].sum(axis=0).tolist(), strict=True)),
            "draws": draws_per_row * len(block.rows),
        }
        for block in blocks
    ]


def _keys_of(events: Events, shared: Sequence[Rung], block: Block, snapshot: Span) -> dict[str, object]:
    row = block.rows[0]
    grain = shared[-1].grain if shared else None
    span = span_of(_day(events, row), grain).clipped_to(snapshot) if grain else snapshot
    return {
        "placement_type": events.placement_names[events.placements[row]] if _holds(shared, events.placements) else None,
        "sku_id": events.sku_names[events.skus[row]] if _holds(shared, events.skus) else None,
        "first_day": span.first,
        "last_day": span.last,
    }


def _holds(shared: Sequence[Rung], keys: Keys) -> bool:
    return any(rung.keys is keys for rung in shared)


def _day(events: Events, row: np.int64) -> date:
    day = events.days[row].item()
    assert isinstance(day, date)
    return day


def atoms_table(atoms: list[dict[str, object]]) -> pd.DataFrame:
    """Sorted by the keys, so that the order tells nothing about the order of events."""
    table = pd.DataFrame(atoms, columns=list(ATOM_COLUMNS))
    return table.sort_values(list(KEY_COLUMNS), na_position="last", ignore_index=True)
