"""The scores of an adapter's own composition, written into its card."""

from pathlib import Path

from adapters.adapter_folder import read_card
from adapters.evaluation.arms import BRAND_X_ID, BRAND_Y_ID, MAIN_SEED, ArmName
from adapters.evaluation.report import EvaluationReport
from adapters.registration import write_card
from adapters.training.recipes import INDUSTRY_ID

OWN_ARM = {INDUSTRY_ID: ArmName.INDUSTRY, BRAND_X_ID: ArmName.SEQUENTIAL, BRAND_Y_ID: ArmName.SEQUENTIAL_Y}
"""The arm in which an adapter is the last part."""


def write_into_cards(report: EvaluationReport, adapters: Path) -> None:
    """Only into the cards of the very weights that were measured."""
    for adapter_id, arm in OWN_ARM.items():
        sources = {source for one in report.arms if (one.arm, one.seed) == (arm, MAIN_SEED) for source in one.sources}
        if not sources:
            continue
        card = read_card(adapters / adapter_id)
        weights = tuple(
            own.model_copy(update={"evaluation": own_scores(report, arm)})
            if f"{adapter_id}@{own.sha256[:12]}" in sources
            else own
            for own in card.weights
        )
        write_card(adapters / adapter_id, card.model_copy(update={"weights": weights}))


def own_scores(report: EvaluationReport, arm: ArmName) -> dict[str, float | int]:
    """`<task>.<measure>` and, with `.n`, of how many; as served."""
    return {
        key: value
        for score in report.scores
        if score.arm is arm and score.seed == MAIN_SEED and score.is_served
        for key, value in (
            (f"{score.task}.{score.measure}", score.share),
            (f"{score.task}.{score.measure}.n", score.n),
        )
    }
