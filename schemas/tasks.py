"""The closed sets everything else is keyed by."""

from enum import StrEnum


class Task(StrEnum):
    """The jobs of a run, in the order they happen."""

    HARMONIZE = "harmonize"
    PLAN = "plan"
    OPTIMIZE = "optimize"
    MEASURE = "measure"
    CREATIVE = "creative"
    GOVERN = "govern"


class PlacementType(StrEnum):
    """AdCP `sponsored-placement-type` (adcp 9.2.0 JSON schemas)."""

    SPONSORED_SEARCH = "sponsored_search"
    SPONSORED_DISPLAY = "sponsored_display"
    SPONSORED_NATIVE = "sponsored_native"


class Pacing(StrEnum):
    """AdCP `pacing` (adcp 9.2.0 JSON schemas)."""

    EVEN = "even"
    ASAP = "asap"
    FRONT_LOADED = "front_loaded"


class Objective(StrEnum):
    INCREMENTAL_MARGIN = "incremental_margin"
    INCREMENTAL_REVENUE = "incremental_revenue"


class Arm(StrEnum):
    """What a plan was allowed to see."""

    FULL = "full"
    CLEAN_ROOM = "clean_room"


class Kpi(StrEnum):
    """What a campaign is judged by."""

    IROAS = "iroas"
    ROAS = "roas"
    NEW_TO_BRAND_SHARE = "new_to_brand_share"
    SHARE_OF_VOICE = "share_of_voice"
