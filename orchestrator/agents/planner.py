"""A brief into a plan: the model chooses words where the brief left them open, every number is the brief's own."""

from pydantic import ValidationError

from adapters.prompts import plan_prompt, plan_reply_schema
from orchestrator.agents.base import BaseAgent
from orchestrator.selection import manufacturer_adapter
from schemas.base import Frozen
from schemas.brands import BRAND_RULES, BrandRules
from schemas.brief import CampaignBrief
from schemas.errors import ModelReplyInvalid
from schemas.plan import Plan
from schemas.tasks import Kpi, Objective, Pacing, PlacementType, Task


class PlanChoices(Frozen):
    """`product_node` and `guardrail` are the brand's own where its adapter answered, and public ones otherwise."""

    objective: Objective
    pacing: Pacing
    lead_placement: PlacementType
    kpi: Kpi | None
    product_node: str
    guardrail: str


class PlannerAgent(BaseAgent[CampaignBrief, CampaignBrief, Plan]):
    task = Task.PLAN
    max_tokens = 96

    def build_prompt(self, user_input: CampaignBrief) -> str:
        return plan_prompt(user_input.text)

    def parse_result(self, result: str) -> PlanChoices:
        try:
            return PlanChoices.model_validate_json(result)
        except ValidationError as error:
            raise ModelReplyInvalid(f"not a plan: {error.errors()[0]['msg']}") from error

    def work(self, user_input: CampaignBrief) -> Plan:
        brief = user_input
        self.reply_schema = plan_reply_schema(*self._rules(brief.brand_id))
        chosen: PlanChoices | None = self.ask(brief)
        template = PlanChoices(
            objective=brief.objective,
            pacing=brief.pacing,
            lead_placement=brief.placements[0],
            kpi=None,
            product_node="",
            guardrail="",
        )
        words = chosen or template
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

    def _rules(self, brand_id: str) -> tuple[BrandRules, ...]:
        """A brand's own names may be answered only where its own adapter answers."""
        asked = self.federation.get_active_adapters()[self.task]
        return (BRAND_RULES[brand_id],) if manufacturer_adapter(brand_id) in asked else ()


def _rationale(brief: CampaignBrief, stated: set[str], answered: bool) -> str:
    reader = "read from the brief's text by the model" if answered else "the default, as no model read the text"
    sources = [f"{name}: {'as the brief states' if name in stated else reader}" for name in ("objective", "pacing")]
    return f"Budget, dates and limits are the brief's own. {'; '.join(sources)}; lead placement: {reader}."
