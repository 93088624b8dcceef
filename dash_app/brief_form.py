"""The brief as a form's values, and back. Validation is the brief's own."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from schemas.brief import CampaignBrief, GroupLimit, parse_brief

READ_FROM_TEXT = "text"
"""The choice that leaves an objective or a pacing out of the brief, so that the planner reads it from the text."""


@dataclass(frozen=True)
class FormValues:
    """As the browser sends them: an emptied number is "" or null, a share is in percent."""

    name: str | None
    brand_id: str | None
    budget: Any
    start: str | None
    end: str | None
    retailers: Sequence[str] | None
    placements: Sequence[str] | None
    objective: str | None
    pacing: str | None
    max_change_percent: Any
    min_per_retailer: Any
    text: str | None


def form_values(brief: CampaignBrief) -> FormValues:
    stated = brief.model_fields_set
    minimums = [limit.min_spend for limit in brief.limits if _is_retailer_minimum(limit)]
    return FormValues(
        name=brief.name,
        brand_id=brief.brand_id,
        budget=brief.budget,
        start=brief.start.isoformat(),
        end=brief.end.isoformat(),
        retailers=list(brief.retailers),
        placements=[placement.value for placement in brief.placements],
        objective=brief.objective.value if "objective" in stated else READ_FROM_TEXT,
        pacing=brief.pacing.value if "pacing" in stated else READ_FROM_TEXT,
        max_change_percent="" if brief.max_change_share is None else round(brief.max_change_share * 100, 6),
        min_per_retailer=max(minimums, default=""),
        text=brief.text,
    )


def brief_of(form: FormValues, template: CampaignBrief) -> CampaignBrief:
    """What the form does not ask for is the template's. Raises InputInvalid naming each wrong field."""
    fields = template.model_dump(mode="json", exclude_unset=True)
    fields |= {
        "name": form.name or "",
        "brand_id": form.brand_id or "",
        "text": form.text or "",
        "budget": _number(form.budget),
        "start": form.start,
        "end": form.end,
        "retailers": list(form.retailers or ()),
        "placements": list(form.placements or ()),
        "limits": [
            *(limit.model_dump(mode="json") for limit in template.limits if not _is_retailer_minimum(limit)),
            *_retailer_minimums(form),
        ],
    }
    for field, choice in (("objective", form.objective), ("pacing", form.pacing)):
        fields.pop(field, None)
        if choice and choice != READ_FROM_TEXT:
            fields[field] = choice
    percent = _number(form.max_change_percent)
    fields["max_change_share"] = None if percent is None else percent / 100
    return parse_brief(json.dumps(fields))


def _is_retailer_minimum(limit: GroupLimit) -> bool:
    return limit.dimension == "retailer_id" and limit.max_spend is None


def _retailer_minimums(form: FormValues) -> list[dict[str, Any]]:
    least = _number(form.min_per_retailer)
    if not least:
        return []
    return [{"dimension": "retailer_id", "value": retailer, "min_spend": least} for retailer in form.retailers or ()]


def _number(value: Any) -> float | None:
    """Null for an emptied field; the brief's validation then says what it needs."""
    return float(value) if value not in ("", None) else None
