"""What the optimiser moved, in words. The LP decided; every figure in the text is put there by code."""

import re
from collections import defaultdict

from orchestrator.agents.reading import Facts, ReadingAgent
from schemas.base import Frozen
from schemas.plan import PlanLine
from schemas.run import ArmResult
from schemas.tasks import Arm, Task
from schemas.units import from_micros

KINDS_TOLD = 2
"""As many as the lessons of `explain` hold; the whole list is in `binding`."""


class OptimizeReading(Frozen):
    """`words` has no figures, `figures` has them all."""

    words: str
    figures: str
    status: str
    binding: tuple[str, ...]
    gap: float


class BudgetOptimizerAgent(ReadingAgent[ArmResult, OptimizeReading]):
    task = Task.OPTIMIZE

    def work(self, user_input: ArmResult) -> OptimizeReading:
        facts = _facts(user_input)
        template = f"Budget moves to {facts['up']} and away from {facts['down']}. What binds: {facts['binding']}."
        return OptimizeReading(
            words=self.words_for(facts, template),
            figures=_figures(user_input),
            status="optimal",
            binding=user_input.binding,
            gap=user_input.certificate.gap,
        )


def _change_by_group(lines: tuple[PlanLine, ...]) -> dict[tuple[str, str], int]:
    change: dict[tuple[str, str], int] = defaultdict(int)
    for line in lines:
        change[line.placement_type.value, line.retailer_id] += line.planned_spend_micros - line.current_spend_micros
    return change


def _facts(result: ArmResult) -> Facts:
    change = _change_by_group(result.lines)
    up = max(change, key=lambda group: (change[group], group))
    down = min(change, key=lambda group: (change[group], group))
    return {
        "up": f"{up[0]} at {up[1]}",
        "down": f"{down[0]} at {down[1]}",
        "binding": ", ".join(binding_kinds(result.binding)) or "nothing but diminishing returns",
    }


def binding_kinds(binding: tuple[str, ...]) -> list[str]:
    """What binds, in words without the numbers that SKUs carry: `stock 'retailer_a/X-0003'` is stock cover."""
    kinds = ["total budget"] if "budget" in binding else []
    groups = [re.sub(r"^group '([^']*)'", r"\1", name) for name in binding if name.startswith("group ")]
    kinds += [group for group in groups if not re.search(r"\d", group)]
    kinds += ["stock cover"] if any(name.startswith("stock ") for name in binding) else []
    kinds += ["change limit"] if any(name.endswith("change limit") for name in binding) else []
    kinds += ["margin floor"] if any("margin floor" in name for name in binding) else []
    return kinds[:KINDS_TOLD]


def _figures(result: ArmResult) -> str:
    change = _change_by_group(result.lines)
    moved = sum(abs(amount) for amount in change.values()) // 2
    return (
        f"{from_micros(moved):,.0f} moves between placements and retailers; planned spend "
        f"{from_micros(result.metrics.planned_spend_micros):,.0f}; certified gap {result.certificate.gap:.3%}."
        f"{_next_thousand(result)}"
    )


def _next_thousand(result: ArmResult) -> str:
    """The budget's shadow price is in what the arm maximises: incremental margin, or attributed revenue."""
    price = result.shadow_prices.get("budget", 0.0)
    if price <= 0:
        return ""
    if result.arm is Arm.CLEAN_ROOM:
        return f" The next 1,000 of budget is expected to be credited with {1000 * price:,.0f} of revenue."
    worth = "less than it costs" if price < 1 else "more than it costs"
    return f" The next 1,000 of budget is expected to bring {1000 * price:,.0f} of margin, {worth}."
