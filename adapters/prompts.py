"""The wording that adapters are trained on and agents ask with. Both sides import it, so they cannot drift apart.

Prompts are short because a laptop CPU reads them, and carry no rules: the rules are what the adapters hold.
A reply is JSON with fixed keys where code must read it, and plain lines where a person does.
"""

from collections.abc import Mapping, Sequence

from schemas.brands import ProductHierarchy
from schemas.products import PRODUCT_LINES
from schemas.tasks import Kpi, Objective, Pacing, PlacementType

SYSTEM = "You are a retail media assistant."

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

UNITS: tuple[str, ...] = ("none", "count", "thousand", "currency", "cent", "micro")
"""What one unit of a column's values is; "none" for dates, ids, words and columns that belong nowhere."""

POLICY_RULES: Mapping[str, str] = {
    "aggregate_allowed": "allow",
    "within_authority": "allow",
    "blocked_field": "deny",
    "unlisted_field": "deny",
    "row_level_output": "deny",
    "group_too_small": "deny",
    "identity_join": "deny",
    "grain_too_fine": "deny",
    "budget_over_authority": "review",
    "claim_needs_proof": "review",
    "restricted_category": "review",
}
"""Rule id -> the decision it leads to, for requests to a clean room and clauses of a plan."""

METRICS: tuple[str, ...] = (
    "roas", "iroas", "acos", "ctr", "conversion_rate", "cpc", "cpm", "new_to_brand_share", "share_of_voice",
    "incremental_revenue",
)  # fmt: skip
WINDOWS: tuple[str, ...] = ("1d", "7d", "14d", "30d")
BASES: tuple[str, ...] = ("attributed", "incremental", "exposure")

PUBLIC_CATEGORIES: tuple[str, ...] = ("coffee", "snacks", "breakfast", "beverages")
STANDARD_GUARDRAIL = "standard"
"""What a plan for a brand without guardrails of its own says."""

Message = dict[str, str]


def messages(user_prompt: str) -> list[Message]:
    """Our system message is always sent: SmolLM2's template injects one of its own when the first is missing."""
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": user_prompt}]


def column_prompt(column: str, values: Sequence[str]) -> str:
    """Reply: `{"field": <one of MAPPABLE_FIELDS>, "unit": <one of UNITS>}`."""
    shown = ", ".join(values[:3])
    return f"Task: map column\nColumn: {column}\nValues: {shown}"


def policy_prompt(clause: str) -> str:
    """Reply: `{"decision": "allow" | "deny" | "review", "rule": <one of POLICY_RULES>}`."""
    return f"Task: policy\nClause: {clause}"


def metric_prompt(question: str) -> str:
    """Reply: `{"metric": <one of METRICS>, "window": <one of WINDOWS>, "basis": <one of BASES>}`."""
    return f"Task: metric\nQuestion: {question}"


def node_prompt(brand: str, product: str) -> str:
    """Reply: `{"product_node": <a node of the brand's hierarchy, or a public category>}`."""
    return f"Task: product node\nBrand: {brand}\nProduct: {product}"


def plan_prompt(brief_text: str) -> str:
    """Reply: objective, pacing, lead_placement, kpi, product_node and guardrail (plan_reply_schema)."""
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
    return _object({"field": MAPPABLE_FIELDS, "unit": UNITS})


def policy_reply_schema() -> dict[str, object]:
    return _object({"decision": sorted(set(POLICY_RULES.values())), "rule": list(POLICY_RULES)})


def metric_reply_schema() -> dict[str, object]:
    return _object({"metric": METRICS, "window": WINDOWS, "basis": BASES})


def node_reply_schema(*brands: ProductHierarchy) -> dict[str, object]:
    return _object({"product_node": product_nodes(*brands)})


def own_node_reply_schema(brand: ProductHierarchy) -> dict[str, object]:
    return _object({"product_node": own_nodes(brand)})


def plan_reply_schema(*brands: ProductHierarchy) -> dict[str, object]:
    """The plan may name each brand's own nodes and guardrails beside the public ones."""
    own = [guardrail for brand in brands for guardrail in brand.guardrails.values()]
    return _object(
        {
            "objective": [choice.value for choice in Objective],
            "pacing": [choice.value for choice in Pacing],
            "lead_placement": [choice.value for choice in PlacementType],
            "kpi": [choice.value for choice in Kpi],
            "product_node": product_nodes(*brands),
            "guardrail": [STANDARD_GUARDRAIL, *own],
        }
    )


def product_nodes(*brands: ProductHierarchy) -> list[str]:
    """The public categories, then each brand's categories and lines."""
    return [*PUBLIC_CATEGORIES, *(node for brand in brands for node in own_nodes(brand))]


def own_nodes(brand: ProductHierarchy) -> list[str]:
    lines = [(category, line) for category in brand.category_names for line in (None, *PRODUCT_LINES[category])]
    return [brand.node(category, line) for category, line in lines]


def _object(choices: Mapping[str, Sequence[str]]) -> dict[str, object]:
    return {
        "type": "object",
        "properties": {name: {"type": "string", "enum": list(allowed)} for name, allowed in choices.items()},
        "required": list(choices),
        "additionalProperties": False,
    }
