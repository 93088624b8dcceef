"""Rules over the finished plan and its copy decide; the model only words what they found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from orchestrator.agents.reading import Facts, ReadingAgent
from schemas.brief import CampaignBrief, GroupLimit
from schemas.creative import CreativeDraft
from schemas.governance import Finding, Severity, Verdict
from schemas.plan import PlanLine
from schemas.run import ArmResult
from schemas.tasks import Task
from schemas.units import from_micros, to_micros

TOLERANCE_MICROS = 10_000  # one cent: the LP's spends are rounded to micros line by line


@dataclass(frozen=True)
class GovernanceCase:
    brief: CampaignBrief
    result: ArmResult
    drafts: tuple[CreativeDraft, ...]
    category_by_sku: Mapping[str, str]

    @property
    def lines(self) -> tuple[PlanLine, ...]:
        return self.result.lines


Check = Callable[[GovernanceCase], Finding | None]


def within_budget(case: GovernanceCase) -> Finding | None:
    over = sum(line.planned_spend_micros for line in case.lines) - case.brief.budget_micros
    if over <= TOLERANCE_MICROS:
        return None
    return Finding(rule="within_budget", severity=Severity.BLOCK, evidence=f"over budget by {from_micros(over):,.2f}")


def only_agreed_places(case: GovernanceCase) -> Finding | None:
    strangers = {
        f"{line.placement_type} at {line.retailer_id}"
        for line in case.lines
        if line.planned_spend_micros > 0
        and (line.retailer_id not in case.brief.retailers or line.placement_type not in case.brief.placements)
    }
    if not strangers:
        return None
    return Finding(rule="only_agreed_places", severity=Severity.BLOCK, evidence=f"funds {', '.join(sorted(strangers))}")


def limits_held(case: GovernanceCase) -> Finding | None:
    broken = [words for limit in case.brief.limits if (words := _breach(limit, case))]
    if not broken:
        return None
    return Finding(rule="limits_held", severity=Severity.BLOCK, evidence="; ".join(broken))


def _breach(limit: GroupLimit, case: GovernanceCase) -> str | None:
    spend = sum(
        line.planned_spend_micros
        for line in case.lines
        if (case.category_by_sku[line.sku_id] if limit.dimension == "category" else getattr(line, limit.dimension))
        == limit.value
    )
    name = f"{limit.dimension} {limit.value!r} gets {from_micros(spend):,.2f}"
    if spend < to_micros(limit.min_spend) - TOLERANCE_MICROS:
        return f"{name}, below its minimum of {limit.min_spend:,.2f}"
    if limit.max_spend is not None and spend > to_micros(limit.max_spend) + TOLERANCE_MICROS:
        return f"{name}, above its maximum of {limit.max_spend:,.2f}"
    return None


def copy_is_cleared(case: GovernanceCase) -> Finding | None:
    withheld = [draft.product_name for draft in case.drafts if draft.withheld]
    if not withheld:
        return None
    return Finding(
        rule="copy_is_cleared", severity=Severity.REVIEW, evidence=f"copy withheld for {', '.join(withheld)}"
    )


def evidence_is_causal(case: GovernanceCase) -> Finding | None:
    if case.result.lift is not None:
        return None
    return Finding(
        rule="evidence_is_causal",
        severity=Severity.REVIEW,
        evidence="the plan rests on attributed revenue only, which credits shoppers who would have bought anyway",
    )


CHECKS: tuple[Check, ...] = (within_budget, only_agreed_places, limits_held, copy_is_cleared, evidence_is_causal)


class GovernanceAgent(ReadingAgent[GovernanceCase, Verdict]):
    task = Task.GOVERN

    def work(self, user_input: GovernanceCase) -> Verdict:
        findings = _findings(user_input)
        facts = _facts(findings)
        return Verdict(
            findings=findings,
            checked=tuple(check.__name__ for check in CHECKS),
            reading=self.words_for(facts, f"The plan is {facts['decision']}. Rules to look at: {facts['rules']}."),
        )


def _findings(case: GovernanceCase) -> tuple[Finding, ...]:
    return tuple(finding for check in CHECKS if (finding := check(case)))


def _facts(findings: tuple[Finding, ...]) -> Facts:
    blocked = any(finding.severity is Severity.BLOCK for finding in findings)
    decision = "blocked" if blocked else "approved with remarks" if findings else "approved"
    return {"decision": decision, "rules": ", ".join(finding.rule for finding in findings) or "none"}
