"""The JSON schemas that replies are held to where a server would hold them, wide enough for every composition."""

from adapters.prompts import (
    column_reply_schema,
    metric_reply_schema,
    node_reply_schema,
    plan_reply_schema,
    policy_reply_schema,
)
from adapters.training.example import Skill
from adapters.training.practice_brands import PRACTICE_HIERARCHIES
from schemas.brands import BRAND_RULES

EVERY_HIERARCHY = (*BRAND_RULES.values(), *PRACTICE_HIERARCHIES)

REPLY_SCHEMAS: dict[Skill, dict[str, object]] = {
    Skill.COLUMN: column_reply_schema(),
    Skill.POLICY: policy_reply_schema(),
    Skill.METRIC: metric_reply_schema(),
    Skill.PLAN: plan_reply_schema(*EVERY_HIERARCHY),
    Skill.BRAND_PLAN: plan_reply_schema(*EVERY_HIERARCHY),
    Skill.NODE: node_reply_schema(*EVERY_HIERARCHY),
}
