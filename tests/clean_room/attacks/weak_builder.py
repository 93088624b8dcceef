"""The builder with one safeguard taken out; each function's name says which."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from pytest import MonkeyPatch

from clean_room import builder, cleaning, overlap, partition, release
from clean_room.cleaning import METRICS, Events
from clean_room.disclosure import DisclosureRule, Rows
from clean_room.partition import Block
from clean_room.policy import Policy


def _people(rule: DisclosureRule, rows: Rows) -> int:
    return len(np.unique(rule.events.people[rows]))


def threshold_off(patch: MonkeyPatch) -> None:
    patch.setattr(DisclosureRule, "has_enough_people", lambda rule, rows: True)


def one_fewer_is_enough(patch: MonkeyPatch) -> None:
    patch.setattr(
        DisclosureRule, "has_enough_people", lambda rule, rows: _people(rule, rows) >= rule.policy.min_people - 1
    )


def a_hundred_are_not_enough(patch: MonkeyPatch) -> None:
    """`>` for `>=`: protects more than promised, and answers less."""
    patch.setattr(DisclosureRule, "has_enough_people", lambda rule, rows: _people(rule, rows) > rule.policy.min_people)


def rows_for_people(patch: MonkeyPatch) -> None:
    patch.setattr(DisclosureRule, "has_enough_people", lambda rule, rows: len(rows) >= rule.policy.min_rows)


def dominance_off(patch: MonkeyPatch) -> None:
    patch.setattr(DisclosureRule, "permits", DisclosureRule.has_enough_people)


def small_remainder_told(patch: MonkeyPatch) -> None:
    """The pool of what is too small is told whatever it holds."""
    patch.setattr(partition, "_split", _split_with(lambda pool, depth: [Block(np.concatenate(pool), depth)]))


def small_remainder_dropped(patch: MonkeyPatch) -> None:
    """The pool of what is too small is withheld, and nothing joins it."""
    patch.setattr(partition, "_split", _split_with(lambda pool, depth: []))
    patch.setattr(release, "exact_cells", lambda blocks, ladder: np.ones((len(ladder), len(ladder[0])), dtype=np.bool_))
    patch.setattr(release, "blocks_safe_beside", _beside_without_check)


def _split_with(leftover: Callable[[list[Rows], int], list[Block]]) -> Callable[..., list[Block]]:
    def split(rows: Rows, ladder: Any, depth: int, permits: Callable[[Rows], bool]) -> list[Block]:
        if depth == len(ladder):
            return [Block(rows, depth)] if permits(rows) else []
        pool, blocks = [], []
        for key, child in partition._children(rows, ladder[depth]):
            of_child = [] if key == partition.POOLED else split(child, ladder, depth + 1, permits)
            blocks += of_child
            if not of_child:
                pool.append(child)
        if not blocks:
            return [Block(rows, depth)] if permits(rows) else []
        return [*blocks, *(leftover(pool, depth) if pool else [])]

    return split


def _beside_without_check(released: Any, ladder: Any, rule: DisclosureRule) -> list[Block]:
    return partition.partition(np.arange(len(rule.events)), ladder, rule.permits)


def overlap_unchecked(patch: MonkeyPatch) -> None:
    patch.setattr(release, "blocks_safe_beside", _beside_without_check)


def overlap_called_safe(patch: MonkeyPatch) -> None:
    patch.setattr(overlap, "_exposed", lambda released, blocks, rule: [])


def closed_days_reopened(patch: MonkeyPatch) -> None:
    patch.setattr(builder, "_closed_release", lambda path, manifest: None)


def last_closed_day_reopened(patch: MonkeyPatch) -> None:
    """Days after the last closed one are taken from the log's first day on: what was told is told again, grown."""
    real = builder._closed_release

    def nothing_kept(path: Any, manifest: Any) -> Any:
        closed = real(path, manifest)
        if closed is None:
            return None
        earlier = replace(closed.manifest, last_day=closed.manifest.first_day)
        kept = closed.atoms[pd.to_datetime(closed.atoms["last_day"]) <= pd.Timestamp(earlier.last_day)]
        return builder.ClosedRelease(earlier, kept)

    patch.setattr(builder, "_closed_release", nothing_kept)


def withheld_cells_have_a_row(patch: MonkeyPatch) -> None:
    """A placement with events that may not be told is told as zero, as a left join would."""
    real = builder.release

    def with_zeros(events: Events, of_policy: Policy, snapshot: Any) -> pd.DataFrame:
        atoms = real(events, of_policy, snapshot)
        told = set(atoms["placement_type"].dropna())
        missing = [name for name in {events.placement_names[key] for key in events.placements} if name not in told]
        common = {"shape": "placement", "sku_id": None, "first_day": snapshot.first, "last_day": snapshot.last}
        flags, zeros = dict.fromkeys(release.EXACT_COLUMNS, True), dict.fromkeys(map(str, METRICS), 0)
        added = [{**common, "placement_type": name, **flags, **zeros} for name in missing]
        return pd.DataFrame([*atoms.to_dict("records"), *added], columns=list(release.ATOM_COLUMNS))

    patch.setattr(builder, "release", with_zeros)


def every_id_is_a_person(patch: MonkeyPatch) -> None:
    patch.setattr(cleaning, "DEFAULT_IDS", ("no id at all",))


def spellings_are_people(patch: MonkeyPatch) -> None:
    real = cleaning._typed_columns
    canonical = "lower(trim(CAST(customer_id AS VARCHAR)))"
    patch.setattr(
        cleaning, "_typed_columns", lambda *given: real(*given).replace(canonical, "CAST(customer_id AS VARCHAR)")
    )


def repeats_counted(patch: MonkeyPatch) -> None:
    real = cleaning._typed_columns
    numbered = "CAST(row_number() OVER () AS VARCHAR) AS event_id"
    patch.setattr(
        cleaning,
        "_typed_columns",
        lambda *given: real(*given).replace("CAST(event_id AS VARCHAR) AS event_id", numbered),
    )


def negative_amounts_kept(patch: MonkeyPatch) -> None:
    patch.setattr(cleaning, "_is_whole_amount", lambda metric: f"isfinite({metric}) AND abs({metric}) < 1e11")
