"""What to write copy for, and the plain copy that stands in when no model answers."""

from dataclasses import dataclass

import pandas as pd

from schemas.brands import BrandRules
from schemas.creative import PLACEMENT_SPECS, RUNNING_TEXT
from schemas.plan import PlanLine
from schemas.tasks import PlacementType


@dataclass(frozen=True)
class CreativeJob:
    sku_id: str
    product_name: str
    placement_type: PlacementType


def creative_jobs(lines: tuple[PlanLine, ...], catalogue: pd.DataFrame, count: int) -> tuple[CreativeJob, ...]:
    """The best-funded SKUs of the plan, one piece of copy each, placements taking turns so that none is left out."""
    funded = [line for line in lines if line.planned_spend_micros > 0]
    names = dict(zip(catalogue["sku_id"], catalogue["product_name"], strict=True))
    jobs: list[CreativeJob] = []
    while len(jobs) < count:
        wanted = list(PlacementType)[len(jobs) % len(PlacementType)]
        taken = {job.sku_id for job in jobs}
        free = [line for line in funded if line.sku_id not in taken]
        if not free:
            break
        pool = [line for line in free if line.placement_type is wanted] or free
        line = max(pool, key=lambda candidate: (candidate.planned_spend_micros, candidate.sku_id))
        jobs.append(CreativeJob(line.sku_id, names[line.sku_id], line.placement_type))
    return tuple(jobs)


def template_copy(job: CreativeJob, rules: BrandRules | None) -> str:
    """Correct and dull: the brand, the product and a plain call to action, cut to the placement's lengths."""
    brand = rules.name_form if rules else ""
    product = job.product_name.removeprefix(rules.brand_name).strip() if rules else job.product_name
    words = {"CTA": "Shop now", RUNNING_TEXT: f"{product}, now in store and online."}
    spec = PLACEMENT_SPECS[job.placement_type]
    text = "\n".join(
        f"{part}: {words.get(part, f'{brand} {product}'.strip())[:limit].rstrip()}"
        for part, limit in zip(spec.parts, spec.max_characters, strict=True)
    )
    return signed_off(text, job.placement_type, rules)


def signed_off(text: str, placement: PlacementType, rules: BrandRules | None) -> str:
    """The running text ends with the brand's sign-off, if there is room for it.

    Code's work and not the adapter's: a rule that holds at one place of the answer is learnt as part of the layouts it
    was taught in, and does not come along into another one (docs/results/adapters.md).
    """
    if rules is None:
        return text
    limits = dict(zip(PLACEMENT_SPECS[placement].parts, PLACEMENT_SPECS[placement].max_characters, strict=True))
    return "\n".join(_signed_line(line, limits.get(RUNNING_TEXT, 0), rules.sign_off) for line in text.splitlines())


def _signed_line(line: str, limit: int, sign_off: str) -> str:
    part, _, body = line.partition(":")
    signed = f"{body.strip()} {sign_off}"
    if part.strip() != RUNNING_TEXT or body.rstrip().endswith(sign_off) or len(signed) > limit:
        return line
    return f"{part}: {signed}"
