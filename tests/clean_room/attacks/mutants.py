"""The clean room with one safeguard taken out, and the attack that must notice."""

from collections.abc import Callable
from dataclasses import dataclass

from pytest import MonkeyPatch

from tests.clean_room.attacks import (
    access,
    cells,
    differencing,
    presence,
    refusals,
    snapshots,
    statements,
    weak_builder,
    weak_engine,
)
from tests.clean_room.attacks.doors import Engine
from tests.clean_room.attacks.learnt import Learnt


@dataclass(frozen=True)
class Mutant:
    """`break_engine` breaks it through pytest's monkeypatch until the test is over."""

    break_engine: Callable[[MonkeyPatch], None]
    noticed_by: Callable[[Engine], Learnt]

    @property
    def name(self) -> str:
        return self.break_engine.__name__


MUTANTS = (
    Mutant(weak_builder.threshold_off, cells.small_cells),
    Mutant(weak_builder.one_fewer_is_enough, cells.small_cells),
    Mutant(weak_builder.a_hundred_are_not_enough, cells.small_cells),
    Mutant(weak_builder.rows_for_people, cells.few_people_many_rows),
    Mutant(weak_builder.dominance_off, cells.one_dominates),
    Mutant(weak_builder.small_remainder_told, differencing.total_less_rest),
    Mutant(weak_builder.small_remainder_dropped, differencing.invoice_less_told),
    Mutant(weak_builder.overlap_unchecked, differencing.skus_less_placements),
    Mutant(weak_builder.overlap_called_safe, differencing.skus_less_placements),
    Mutant(weak_builder.closed_days_reopened, snapshots.restatements),
    Mutant(weak_builder.last_closed_day_reopened, snapshots.restatements),
    Mutant(weak_engine.error_text_passed_on, refusals.error_text),
    Mutant(weak_builder.withheld_cells_have_a_row, presence.withheld_or_empty),
    Mutant(weak_engine.blocked_fields_have_their_own_code, refusals.refusals_as_oracle),
    Mutant(weak_engine.filters_read_before_the_allowlist, refusals.forbidden_fields),
    Mutant(weak_engine.audited_after_release, access.unaudited),
    Mutant(weak_engine.chain_without_content, access.forged_audit),
    Mutant(weak_engine.latency_from_rows, presence.told_latency),
    Mutant(weak_builder.every_id_is_a_person, cells.many_ids_of_one),
    Mutant(weak_builder.spellings_are_people, cells.many_ids_of_one),
    Mutant(weak_builder.repeats_counted, cells.events_repeated),
    Mutant(weak_builder.negative_amounts_kept, cells.poisoned_amounts),
    Mutant(weak_engine.size_unchecked, access.oversized),
    Mutant(weak_engine.unknown_retailers_have_a_default, access.other_doors),
    Mutant(weak_engine.connection_not_locked_down, statements.taken_over),
)
