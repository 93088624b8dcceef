"""From adapters on disk to a report: ask every arm, tune on validation, judge the claims."""

import logging
import os
import platform
import shlex
import time
from collections.abc import Sequence
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

import torch
from tqdm import tqdm

from adapters.evaluation.arms import MAIN_SEED, ONE, WHAT, Arm, ArmName, TrainedAdapters, arm_for
from adapters.evaluation.claims import judged
from adapters.evaluation.examiner import Answered, Decoding, Examiner, Question, served_decoding
from adapters.evaluation.protocol import TUNING_WEIGHTS, Protocol, Sitting
from adapters.evaluation.report import (
    BASIS,
    ArmRecord,
    Circumstances,
    EvaluationReport,
    NotMeasured,
    TunedWeights,
    divergence_of,
    scores_of,
)
from adapters.evaluation.tasks import COMPOSITES_X, TaskSet, control_set, held_out_sets, validation_sets
from adapters.evaluation.tuning import best_of, tried_weights
from adapters.training.recipes import INDUSTRY_ID
from schemas.errors import AdapterError

logger = logging.getLogger(__name__)

MEASURED_WITH = ("torch", "transformers", "peft", "xgrammar", "numpy", "scipy", "statsmodels")


def evaluate(
    protocol: Protocol, shipped: Path, trained: Path, base: Path, kept: Path, command: Sequence[str] = ()
) -> EvaluationReport:
    """An arm whose adapters are missing is reported as not measured. Raises AdapterError when none could be."""
    started = time.perf_counter()
    adapters = TrainedAdapters(shipped, trained, base)
    if MAIN_SEED in protocol.seeds:
        adapters.source(INDUSTRY_ID, MAIN_SEED)
    sets = held_out_sets(protocol.counts, protocol.seeds)
    prepared = [(sitting, _questions(sitting, sets)) for sitting in protocol.sittings]
    answers: list[Answered] = []
    arms: list[Arm] = []
    missing: list[NotMeasured] = []
    tuned: TunedWeights | None = None
    divergences: dict[ArmName, list[float]] = {}
    with tqdm(total=sum(_size(questions) for _, questions in prepared), unit="answer") as progress:
        examiner = Examiner(base, adapters.base_sha256, kept, progress.update, control_set(protocol.control_count))
        for sitting, questions in prepared:
            progress.set_description(f"{sitting.arm} seed {sitting.seed}")
            try:
                if sitting.arm is ArmName.ADDITIVE_TUNED:
                    tuned = _tuned(base, adapters, kept, protocol.tuning_count)
                weights = _weights(tuned) if sitting.arm is ArmName.ADDITIVE_TUNED else (ONE, ONE)
                arm = arm_for(sitting.arm, adapters, sitting.seed, weights)
            except AdapterError as error:
                logger.warning("not measured: arm=%s seed=%d reason=%s", sitting.arm, sitting.seed, error)
                missing.append(NotMeasured(arm=sitting.arm, seed=sitting.seed, reason=" ".join(str(error).split())))
                progress.total -= _size(questions)
                progress.refresh()
                continue
            arms.append(arm)
            answers += examiner.ask(arm, questions)
            if arm.name in protocol.diverging and arm.seed == MAIN_SEED:
                divergences[arm.name] = examiner.divergences(arm)
    served = {
        (answered.arm.name, answered.question.task.name): answered
        for answered in answers
        if answered.arm.seed == MAIN_SEED
        and answered.question.decoding is served_decoding(answered.question.task.skill)
    }
    return EvaluationReport(
        basis=BASIS,
        protocol=protocol.name,
        base_model=base.name,
        base_sha256=adapters.base_sha256,
        arms=tuple(ArmRecord(arm=arm.name, seed=arm.seed, what=WHAT[arm.name], sources=arm.sources) for arm in arms),
        not_measured=tuple(missing),
        claims=judged(served, divergences),
        tuned=tuned,
        divergences=tuple(divergence_of(name, nats) for name, nats in divergences.items()),
        scores=tuple(score for answered in answers for score in scores_of(answered)),
        circumstances=Circumstances(
            command=shlex.join(command),
            machine=f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
            versions={"python": platform.python_version()} | {name: version(name) for name in MEASURED_WITH},
            threads=torch.get_num_threads(),
            seconds=round(time.perf_counter() - started, 1),
            answers=sum(len(answered.replies) for answered in answers),
            generated=examiner.generated,
        ),
    )


def _questions(sitting: Sitting, sets: dict[str, TaskSet]) -> list[Question]:
    found = []
    for name, count in sitting.counts.items():
        task = sets[name].first(count)
        found.append(Question(task, served_decoding(task.skill)))
        if sitting.free_count and served_decoding(task.skill) is Decoding.CONSTRAINED:
            found.append(Question(task.first(sitting.free_count), Decoding.FREE))
    return found


def _size(questions: Sequence[Question]) -> int:
    return sum(len(question.task.rows) for question in questions)


def _tuned(base: Path, adapters: TrainedAdapters, kept: Path, count: int) -> TunedWeights:
    sets = validation_sets(COMPOSITES_X, count).values()
    with tqdm(total=len(TUNING_WEIGHTS) ** 2 * sum(len(task.rows) for task in sets), desc="tuning") as progress:
        examiner = Examiner(base, adapters.base_sha256, kept, progress.update)
        tried = tried_weights(examiner, adapters, list(sets), TUNING_WEIGHTS)
    return TunedWeights(chosen=best_of(tried), tried=tried)


def _weights(tuned: TunedWeights | None) -> tuple[Decimal, Decimal]:
    if tuned is None:
        return (ONE, ONE)
    return (Decimal(tuned.chosen.industry), Decimal(tuned.chosen.manufacturer))


def _processor() -> str:
    """The model name that Linux gives; elsewhere what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or "unknown processor")
