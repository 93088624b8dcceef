"""A brief into a plan: the model chooses words where the brief left them open, every number is the brief's own."""

import json
import re
from dataclasses import dataclass

from pydantic import ValidationError

from adapters.prompts import (
    node_prompt,
    own_node_reply_schema,
    own_nodes,
    plan_prompt,
    plan_reply_schema,
)
from orchestrator.agents.base import BaseAgent
from orchestrator.selection import manufacturer_adapter
from schemas.base import Frozen
from schemas.brands import BRAND_RULES, BrandRules
from schemas.brief import CampaignBrief
from schemas.errors import ModelReplyInvalid
from schemas.plan import Plan
from schemas.products import PRODUCT_LINES
from schemas.tasks import Kpi, Objective, Pacing, PlacementType, Task


@dataclass(frozen=True)
class NodeQuestion:
    """Where a brand puts the product that `text` names."""

    rules: BrandRules
    text: str


class PlanChoices(Frozen):
    """`product_node` and `guardrail` are public: asked for beside a plan's other words, a brand's own are not answered.

    They are the brand's answer to another question (docs/results/adapters.md).
    """

    objective: Objective
    pacing: Pacing
    lead_placement: PlacementType
    kpi: Kpi | None
    product_node: str
    guardrail: str


class PlannerAgent(BaseAgent[CampaignBrief, CampaignBrief | NodeQuestion, Plan]):
    task = Task.PLAN
    max_tokens = 96

    def build_prompt(self, user_input: CampaignBrief | NodeQuestion) -> str:
        if isinstance(user_input, NodeQuestion):
            return node_prompt(user_input.rules.brand_name, user_input.text)
        return plan_prompt(user_input.text)

    def parse_result(self, result: str) -> PlanChoices | str:
        if isinstance(self.question, NodeQuestion):
            return _own_node(result, self.question.rules)
        try:
            return PlanChoices.model_validate_json(result)
        except ValidationError as error:
            raise ModelReplyInvalid(f"not a plan: {error.errors()[0]['msg']}") from error

    def work(self, user_input: CampaignBrief) -> Plan:
        brief = user_input
        self.reply_schema = plan_reply_schema()
        chosen: PlanChoices | None = self.ask(brief)
        template = PlanChoices(
            objective=brief.objective,
            pacing=brief.pacing,
            lead_placement=brief.placements[0],
            kpi=None,
            product_node="",
            guardrail="",
        )
        words = self._placed(chosen or template, brief)
        stated = brief.model_fields_set
        lead = words.lead_placement if words.lead_placement in brief.placements else brief.placements[0]
        return Plan(
            objective=brief.objective if "objective" in stated else words.objective,
            pacing=brief.pacing if "pacing" in stated else words.pacing,
            budget_micros=brief.budget_micros,
            currency=brief.currency,
            start=brief.start,
            end=brief.end,
            retailers=brief.retailers,
            placements=brief.placements,
            lead_placement=lead,
            kpi=words.kpi,
            product_node=words.product_node,
            guardrail=words.guardrail,
            categories=brief.categories,
            rationale=_rationale(brief, stated, chosen is not None),
        )

    def _placed(self, words: PlanChoices, brief: CampaignBrief) -> PlanChoices:
        """The model places the product, where the brand's own adapter answers; the guardrail follows by rule.

        A brief that names no product has no node: a model that is asked all the same makes one up.
        """
        named = _sentence_with_a_product(brief.text)
        if named is None:
            return words.model_copy(update={"product_node": "", "guardrail": ""})
        asked = self.federation.get_active_adapters()[self.task]
        rules = BRAND_RULES.get(brief.brand_id)
        if rules is None or manufacturer_adapter(brief.brand_id) not in asked or words.kpi is None:
            return words
        self.reply_schema = own_node_reply_schema(rules)
        node: str | None = self.ask(NodeQuestion(rules, named))
        if node is None:
            return words
        return words.model_copy(update={"product_node": node, "guardrail": rules.guardrail_of(node)})


def _sentence_with_a_product(text: str) -> str | None:
    """The first that names a public category or line; a node is found far more often there than in a whole brief."""
    names = "|".join(
        re.escape(name) for name in (*PRODUCT_LINES, *(line for lines in PRODUCT_LINES.values() for line in lines))
    )
    sentences = re.split(r"[.;!?\n]", text)
    return next((own.strip() for own in sentences if re.search(rf"\b(?:{names})\b", own, re.IGNORECASE)), None)


def _own_node(result: str, rules: BrandRules) -> str:
    try:
        node = json.loads(result)["product_node"]
    except (ValueError, TypeError, KeyError) as error:
        raise ModelReplyInvalid(f"not a product node: {result[:80]!r}") from error
    if node not in own_nodes(rules):
        raise ModelReplyInvalid(f"{node!r} is no node; choose one of {', '.join(own_nodes(rules))}")
    return str(node)


def _rationale(brief: CampaignBrief, stated: set[str], answered: bool) -> str:
    reader = "read from the brief's text by the model" if answered else "the default, as no model read the text"
    sources = [f"{name}: {'as the brief states' if name in stated else reader}" for name in ("objective", "pacing")]
    return f"Budget, dates and limits are the brief's own. {'; '.join(sources)}; lead placement: {reader}."
