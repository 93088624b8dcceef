"""A typed request written in the SQL form; `sql_form` reads it back to the same request."""

from schemas.clean_room import CleanRoomRequest


def sql_text(request: CleanRoomRequest) -> str:
    """For a request that a policy permits: its retailer's name then holds no quote.

    >>> print(sql_text(CleanRoomRequest.model_validate({"retailer_id": "retailer_b", "metrics": ["cost"], "period":
    ...     {"start": "2026-01-05", "end": "2026-02-01"}, "filters": {"placement_type": ["sponsored_search"]}})))
    ... # doctest: +NORMALIZE_WHITESPACE
    SELECT SUM(cost) FROM "retailer_b" WHERE date BETWEEN '2026-01-05' AND '2026-02-01' AND grain = 'week'
     AND placement_type IN ('sponsored_search')
    """
    keys = [key.value for key in request.group_by]
    shown = ", ".join([*keys, *(f"SUM({metric.value})" for metric in request.metrics)])
    placements = ", ".join(f"'{placement.value}'" for placement in request.filters.placement_type)
    period = request.period
    return (
        f'SELECT {shown} FROM "{request.retailer_id}" '
        f"WHERE date BETWEEN '{period.start}' AND '{period.end}' AND grain = '{period.grain.value}' "
        f"AND placement_type IN ({placements})" + (f" GROUP BY {', '.join(keys)}" if keys else "")
    )
