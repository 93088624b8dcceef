"""The wording that adapters are trained on and agents ask with. Both sides import it, so they cannot drift apart.

Prompts are short because a laptop CPU reads them, and carry no rules: the rules are what the adapters hold.
A reply is JSON with fixed keys where code must read it, and plain lines where a person does.
"""

from collections.abc import Mapping, Sequence

from schemas.tasks import Objective, Pacing, PlacementType

SYSTEM = "You are a retail media assistant. Answer in the form the task asks for and add nothing else."

UNKNOWN_FIELD = "unknown"

MAPPABLE_FIELDS: tuple[str, ...] = (
    "date",
    "sku_id",
    "placement_type",
    "impressions",
    "clicks",
    "conversions",
    "units",
    "revenue",
    "cost",
    "currency",
    UNKNOWN_FIELD,
)

Message = dict[str, str]


def messages(user_prompt: str) -> list[Message]:
    """Our system message is always sent: SmolLM2's template injects one of its own when the first is missing."""
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": user_prompt}]


def column_prompt(column: str, values: Sequence[str]) -> str:
    """Reply: `{"field": <one of MAPPABLE_FIELDS>}`."""
    shown = ", ".join(values[:3])
    return f"Task: map column\nColumn: {column}\nValues: {shown}"


def plan_prompt(brief_text: str) -> str:
    """Reply: `{"objective": ..., "pacing": ..., "lead_placement": ...}` (plan_reply_schema)."""
    return f"Task: plan\nBrief: {brief_text}"


def copy_prompt(placement: PlacementType, brand: str, product: str) -> str:
    """Reply: one line per part of the placement's specification, `PART: text` (schemas.creative.PLACEMENT_SPECS).

    A catalogue's product name starts with the brand; said twice, the brand is written twice.
    """
    own_name = product.removeprefix(brand).strip() or product
    return f"Task: copy\nPlacement: {placement.value}\nBrand: {brand}\nProduct: {own_name}"


def revise_prompt(placement: PlacementType, brand: str, product: str, draft: str, reasons: Sequence[str]) -> str:
    """Reply: as for `copy_prompt`."""
    return f"{copy_prompt(placement, brand, product)}\nDraft:\n{draft}\nFix: {'; '.join(reasons)}"


def reading_prompt(topic: str, facts: Mapping[str, str]) -> str:
    """Reply: one or two sentences that use only the facts' words. Numbers are never sent: code adds them afterwards."""
    listed = "\n".join(f"{name}: {value}" for name, value in facts.items())
    return f"Task: explain\nTopic: {topic}\n{listed}"


def column_reply_schema() -> dict[str, object]:
    return _object({"field": list(MAPPABLE_FIELDS)})


def plan_reply_schema() -> dict[str, object]:
    return _object(
        {
            "objective": [choice.value for choice in Objective],
            "pacing": [choice.value for choice in Pacing],
            "lead_placement": [choice.value for choice in PlacementType],
        }
    )


def _object(choices: Mapping[str, list[str]]) -> dict[str, object]:
    return {
        "type": "object",
        "properties": {name: {"type": "string", "enum": allowed} for name, allowed in choices.items()},
        "required": list(choices),
        "additionalProperties": False,
    }
