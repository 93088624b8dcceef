"""Copy per placement in the brand's voice. The policy checker decides; what fails two revisions is withheld."""

from dataclasses import dataclass

from adapters.prompts import copy_prompt, revise_prompt
from orchestrator.agents.base import BaseAgent
from orchestrator.tools.creative_generator import CreativeJob, signed_off, template_copy
from orchestrator.tools.policy_checker import check_copy
from schemas.brands import BrandRules
from schemas.creative import CreativeDraft, PolicyFinding
from schemas.errors import ModelReplyInvalid
from schemas.tasks import Task

MAX_REVISIONS = 2
MAX_COPY_CHARACTERS = 600
TEMPLATE = "template"


@dataclass(frozen=True)
class CreativeRequest:
    """`brand` is the brand's public name, as a retailer would print it."""

    jobs: tuple[CreativeJob, ...]
    brand: str
    rules: BrandRules | None


@dataclass(frozen=True)
class CopyQuestion:
    """Write it, or write `draft` again without what the `reasons` name."""

    job: CreativeJob
    brand: str
    draft: str | None = None
    reasons: tuple[str, ...] = ()


class CreativeAgent(BaseAgent[CreativeRequest, CopyQuestion, tuple[CreativeDraft, ...]]):
    task = Task.CREATIVE
    max_tokens = 80

    def build_prompt(self, user_input: CopyQuestion) -> str:
        job = user_input.job
        if user_input.draft is None:
            return copy_prompt(job.placement_type, user_input.brand, job.product_name)
        return revise_prompt(
            job.placement_type, user_input.brand, job.product_name, user_input.draft, user_input.reasons
        )

    def parse_result(self, result: str) -> str:
        if len(result) > MAX_COPY_CHARACTERS:
            raise ModelReplyInvalid(f"the copy is longer than {MAX_COPY_CHARACTERS} characters")
        return result

    def work(self, user_input: CreativeRequest) -> tuple[CreativeDraft, ...]:
        return tuple(self._draft(job, user_input) for job in user_input.jobs)

    def _draft(self, job: CreativeJob, request: CreativeRequest) -> CreativeDraft:
        drafted: str | None = self.ask(CopyQuestion(job, request.brand))
        if drafted is None:
            return self._template(job, request)
        text = signed_off(drafted, job.placement_type, request.rules)
        findings = check_copy(text, job.placement_type, request.rules)
        revisions = 0
        while findings and revisions < MAX_REVISIONS:
            reasons = tuple(f"{finding.rule}: {finding.evidence}" for finding in findings)
            revised: str | None = self.ask(CopyQuestion(job, request.brand, text, reasons))
            revisions += 1
            if revised is None:
                break
            text = signed_off(revised, job.placement_type, request.rules)
            findings = check_copy(text, job.placement_type, request.rules)
        return self._finished(job, text, findings, revisions, self.account.answered_by or "")

    def _template(self, job: CreativeJob, request: CreativeRequest) -> CreativeDraft:
        text = template_copy(job, request.rules)
        return self._finished(job, text, check_copy(text, job.placement_type, request.rules), 0, TEMPLATE)

    @staticmethod
    def _finished(
        job: CreativeJob, text: str, findings: tuple[PolicyFinding, ...], revisions: int, written_by: str
    ) -> CreativeDraft:
        return CreativeDraft(
            sku_id=job.sku_id,
            product_name=job.product_name,
            placement_type=job.placement_type,
            text=text,
            findings=findings,
            revisions=revisions,
            withheld=bool(findings),
            written_by=written_by,
        )
