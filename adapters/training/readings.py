"""Facts in words to a sentence or two, never with a number."""

import random

from adapters.prompts import reading_prompt
from adapters.training.example import Example, Skill, Split, share
from schemas.tasks import PlacementType, Task

BINDINGS = (
    "total budget", "retailer_a minimum", "retailer_b minimum", "change limit", "stock cover", "margin floor",
    "nothing but diminishing returns", "total budget, change limit", "stock cover, total budget",
)  # fmt: skip
OPTIMIZE = (
    "Budget moves to {up} and away from {down}. What binds: {binding}.",
    "The plan gives more to {up} and less to {down}; the limit is {binding}.",
    "Money shifts from {down} to {up}, held back by {binding}.",
    "{up} gains and {down} gives. The plan is bound by {binding}.",
    "More goes to {up}, less to {down}. Binding: {binding}.",
)
MEASURE = (
    "The evidence is {evidence}; the effect is {effect}.",
    "Going by {evidence}, the effect is {effect}.",
    "The effect is {effect}, on the evidence of {evidence}.",
    "With {evidence} as evidence, advertising's effect is {effect}.",
    "What we know comes from {evidence}: the effect is {effect}.",
)
GOVERN = (
    "The plan is {decision}. Rules to look at: {rules}.",
    "Decision: {decision}. To look at: {rules}.",
    "The rules say the plan is {decision}; rules concerned: {rules}.",
    "This plan is {decision}. Concerned: {rules}.",
    "{decision} is the outcome. Rules named: {rules}.",
)
EFFECTS = ("positive", "negative", "not distinguishable from none", "not measured")
EVIDENCE = ("a randomised pause", "attribution only", "a holdout test", "a before and after comparison")
DECISIONS = ("approved", "approved with remarks", "blocked")
RULES = (
    "none",
    "within_budget",
    "limits_held",
    "copy_is_cleared",
    "evidence_is_causal",
    "copy_is_cleared, evidence_is_causal",
)


def reading_example(draw: random.Random, split: Split) -> Example:
    """Held out: what binds. The facts of measure and govern are so few that all their combinations are taught."""
    task = draw.choice((Task.OPTIMIZE, Task.MEASURE, Task.GOVERN))
    match task:
        case Task.OPTIMIZE:
            up, down = draw.sample(_groups(), 2)
            templates, facts = OPTIMIZE, {"up": up, "down": down, "binding": draw.choice(share(BINDINGS, split))}
        case Task.MEASURE:
            templates, facts = MEASURE, {"evidence": draw.choice(EVIDENCE), "effect": draw.choice(EFFECTS)}
        case _:
            templates, facts = GOVERN, {"decision": draw.choice(DECISIONS), "rules": draw.choice(RULES)}
    text = draw.choice(templates).format(**facts)
    return Example(Skill.READING, reading_prompt(task.value, facts), text[0].upper() + text[1:], family=task.value)


def _groups() -> list[str]:
    return [
        f"{placement.value} at {retailer}" for placement in PlacementType for retailer in ("retailer_a", "retailer_b")
    ]
