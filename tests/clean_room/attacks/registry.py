"""Every attack, and those that wait for a mode that this clean room does not have."""

from dataclasses import dataclass

from tests.clean_room.attacks import (
    access,
    averaging,
    cells,
    differencing,
    outside,
    presence,
    reconstruction,
    refusals,
    snapshots,
    statements,
)
from tests.clean_room.attacks.learnt import Attack, Promise
from tests.clean_room.attacks.naive import FreshNoise

ATTACKS = (
    Attack("name blocked, unknown or misspelt fields and functions", refusals.forbidden_fields),
    Attack("tell from refusals which fields exist", refusals.refusals_as_oracle),
    Attack("filter by a household's id", refusals.filter_by_person),
    Attack("read values out of error text", refusals.error_text),
    Attack("ask for cells of 1 to 99 households", cells.small_cells, naive_falls=False),
    Attack("ask for few households with many rows", cells.few_people_many_rows, naive_falls=False),
    Attack("small days beside large ones, by day and week", cells.small_days_beside_large),
    Attack("one household under many ids, and no id", cells.many_ids_of_one),
    Attack("one household that dominates a cell", cells.one_dominates),
    Attack("events delivered twice", cells.events_repeated),
    Attack("poisoned amounts", cells.poisoned_amounts),
    Attack("tell a withheld cell from an empty one", presence.withheld_or_empty, naive_falls=False),
    Attack("the latency an answer names", presence.told_latency, naive_falls=False),
    Attack("total less rest", differencing.total_less_rest),
    Attack("invoice less what is told", differencing.invoice_less_told),
    Attack("SKU less placement", differencing.skus_less_placements),
    Attack("date tracker", differencing.date_tracker),
    Attack("general tracker", differencing.general_tracker),
    Attack("general tracker shared by two people", differencing.colluding_trackers),
    Attack("restated rows between two releases", snapshots.restatements),
    Attack("one more day between two releases", snapshots.one_more_day),
    Attack("average the same question", averaging.repeats, rival=FreshNoise),
    Attack("average the same question reworded", averaging.rewordings, rival=FreshNoise),
    Attack("reconstruct small cells by linear programs", reconstruction.reconstruct, Promise.NOTHING_EXACT),
    Attack("SQL in every part of a request", statements.statements, naive_falls=False),
    Attack("own SQL in the query process", statements.taken_over),
    Attack("other brands' and unknown retailers' doors", access.other_doors),
    Attack("requests too large to work on", access.oversized),
    Attack("ask while nothing can be audited", access.unaudited),
    Attack("forge the audit", access.forged_audit),
    Attack("know the other 99 households of a cell", outside.knows_the_others, Promise.NONE),
    Attack("plant 99 households beside one", outside.plants_households, Promise.NONE),
    Attack("was one household there, knowing all the rest", outside.presence, Promise.NONE),
    Attack("a sum of zero", outside.zeros, Promise.NONE),
    Attack("a stopwatch", outside.stopwatch, Promise.NONE, naive_falls=False),
)


@dataclass(frozen=True)
class Waiting:
    """An attack that is not written as one yet, and what stands in for it."""

    name: str
    reason: str


WAITING = (
    Waiting("spend a privacy budget twice, or learn from what is left", "the ledger has tests of races and crashes"),
    Waiting("tell neighbouring logs apart by the noise's distribution", "the price is OpenDP's own, and tested"),
    Waiting("float noise and sensitivity wrapped around", "noise is whole numbers; clamps have tests"),
    Waiting(
        "HAVING, CASE, windows and joins in SQL",
        "the SQL form has tests of hostile text; as requests they are in the table",
    ),
)
