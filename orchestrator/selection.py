"""Which composition answers which task: a table, and the only place that decides it."""

from schemas.tasks import Task

INDUSTRY_ADAPTER = "industry_retail_media"

NEEDS_THE_BRAND = frozenset({Task.PLAN, Task.CREATIVE})
"""Not the readings of optimise, measure and govern: the brand's adapter words them worse (docs/results/adapters.md)."""


def manufacturer_adapter(brand_id: str) -> str:
    return f"manufacturer_{brand_id}"


def composition_for(task: Task, brand_id: str, clean_room: bool) -> str:
    """The model name to ask for.

    With clean-room data only, the brand's own adapter is left out too: it holds what the brand knows.

    >>> composition_for(Task.PLAN, "brand_x", clean_room=False)
    'industry_retail_media+manufacturer_brand_x'
    >>> composition_for(Task.PLAN, "brand_x", clean_room=True)
    'industry_retail_media'
    """
    if clean_room or task not in NEEDS_THE_BRAND:
        return INDUSTRY_ADAPTER
    return f"{INDUSTRY_ADAPTER}+{manufacturer_adapter(brand_id)}"
