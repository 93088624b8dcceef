"""The clean room with one safeguard taken out, and the attack that must notice.

Each mutant is a function that breaks the engine through pytest's monkeypatch; names say what is wrong with it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from pytest import MonkeyPatch

from clean_room import (
    atom_store,
    audit,
    builder,
    cleaning,
    engine,
    overlap,
    partition,
    policy,
    query_plan,
    release,
)
from clean_room.cleaning import METRICS, Events
from clean_room.disclosure import DisclosureRule, Rows
from clean_room.partition import Block
from clean_room.policy import Policy
from schemas.clean_room import BLOCKED_FIELDS, Answered, RefusalCode
from tests.clean_room.attacks import access, cells, differencing, presence, refusals, snapshots, statements
from tests.clean_room.attacks.doors import Engine
from tests.clean_room.attacks.learnt import Learnt


@dataclass(frozen=True)
class Mutant:
    break_engine: Callable[[MonkeyPatch], None]
    noticed_by: Callable[[Engine], Learnt]

    @property
    def name(self) -> str:
        return self.break_engine.__name__


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
        for _, child in partition._children(rows, ladder[depth]):
            of_child = split(child, ladder, depth + 1, permits)
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


def error_text_passed_on(patch: MonkeyPatch) -> None:
    messages: list[str] = []
    real_refused = engine.Refused

    def keep(error: Exception) -> RefusalCode:
        messages.append(str(error))
        return RefusalCode.NOT_ANSWERABLE

    class Talkative(real_refused):  # type: ignore[valid-type, misc]
        def model_dump(self, **how: Any) -> dict[str, Any]:
            return {**super().model_dump(**how), "message": messages[-1] if messages else ""}

    patch.setattr(engine, "_not_answerable", keep)
    patch.setattr(engine, "Refused", Talkative)


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


def blocked_fields_have_their_own_code(patch: MonkeyPatch) -> None:
    real = engine.read_request

    def read(params: object) -> Any:
        code = real(params)
        names_blocked = any(field in str(params) for field in BLOCKED_FIELDS)
        return RefusalCode.NOT_AUTHORISED if code is RefusalCode.FIELD_NOT_PERMITTED and names_blocked else code

    patch.setattr(engine, "read_request", read)


def filters_read_before_the_allowlist(patch: MonkeyPatch) -> None:
    """A filter on a field nobody permitted is dropped where it should refuse the request."""
    real = engine.read_request

    def read(params: Any) -> Any:
        if isinstance(params, dict) and isinstance(params.get("filters"), dict):
            known = {key: value for key, value in params["filters"].items() if key == "placement_type"}
            params = {**params, "filters": known}
        return real(params)

    patch.setattr(engine, "read_request", read)


def audited_after_release(patch: MonkeyPatch) -> None:
    real = engine.CleanRoom._keep

    def too_late(room: Any, outcome: Any) -> None:
        try:
            real(room, outcome)
        except Exception:
            return

    patch.setattr(engine.CleanRoom, "_keep", too_late)


def chain_without_content(patch: MonkeyPatch) -> None:
    patch.setattr(audit, "_hash", lambda number, entry, previous: f"{number}-{previous[:32]}")


def latency_from_rows(patch: MonkeyPatch) -> None:
    def answered(**fields: Any) -> Answered:
        return Answered(**{**fields, "latency_ms": fields["latency_ms"] + 250 * len(fields["rows"])})

    patch.setattr(engine, "Answered", answered)


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


def size_unchecked(patch: MonkeyPatch) -> None:
    patch.setattr(query_plan, "is_too_large", lambda params: False)


def unknown_retailers_have_a_default(patch: MonkeyPatch) -> None:
    patch.setattr(engine, "policy_for", lambda name: policy.policy_for(name) or policy.policy_for("retailer_a"))


def connection_not_locked_down(patch: MonkeyPatch) -> None:
    patch.setattr(atom_store, "LOCKED_DOWN", {})


MUTANTS = (
    Mutant(threshold_off, cells.small_cells),
    Mutant(one_fewer_is_enough, cells.small_cells),
    Mutant(a_hundred_are_not_enough, cells.small_cells),
    Mutant(rows_for_people, cells.few_people_many_rows),
    Mutant(dominance_off, cells.one_dominates),
    Mutant(small_remainder_told, differencing.total_less_rest),
    Mutant(small_remainder_dropped, differencing.invoice_less_told),
    Mutant(overlap_unchecked, differencing.skus_less_placements),
    Mutant(overlap_called_safe, differencing.skus_less_placements),
    Mutant(closed_days_reopened, snapshots.restatements),
    Mutant(last_closed_day_reopened, snapshots.restatements),
    Mutant(error_text_passed_on, refusals.error_text),
    Mutant(withheld_cells_have_a_row, presence.withheld_or_empty),
    Mutant(blocked_fields_have_their_own_code, refusals.refusals_as_oracle),
    Mutant(filters_read_before_the_allowlist, refusals.forbidden_fields),
    Mutant(audited_after_release, access.unaudited),
    Mutant(chain_without_content, access.forged_audit),
    Mutant(latency_from_rows, presence.told_latency),
    Mutant(every_id_is_a_person, cells.many_ids_of_one),
    Mutant(spellings_are_people, cells.many_ids_of_one),
    Mutant(repeats_counted, cells.events_repeated),
    Mutant(negative_amounts_kept, cells.poisoned_amounts),
    Mutant(size_unchecked, access.oversized),
    Mutant(unknown_retailers_have_a_default, access.other_doors),
    Mutant(connection_not_locked_down, statements.taken_over),
)
