"""The audit: the same canaries and rows put to the base, to the adapter, to its copy and to another brand's."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from adapters.compose import WeightsDtype, concatenate
from adapters.digest import base_digest
from adapters.evaluation.language_model import LanguageModel
from adapters.evaluation.privacy.canaries import Canary
from adapters.evaluation.privacy.exposure import Exposure
from adapters.evaluation.privacy.gates import gate_results
from adapters.evaluation.privacy.likelihood import canary_exposure, row_nll
from adapters.evaluation.privacy.measured import Measured, kept
from adapters.evaluation.privacy.membership import (
    Interval,
    MembershipRows,
    Scores,
    auc,
    true_positive_rate,
    with_interval,
)
from adapters.evaluation.privacy.report import (
    DIGITS_KEPT,
    Estimate,
    Level,
    Membership,
    PrivacyReport,
    Thresholds,
    Variant,
    VariantResult,
)
from adapters.evaluation.updates import LowRank, Update
from adapters.lora_tensors import read_lora
from adapters.manager import AdapterManager
from adapters.names import CompositionName, NamePart, canonical
from schemas.adapters import AdapterType
from schemas.errors import AdapterMismatch, AdapterNotFound

# Part of every kept measurement's name: raise it when the same bytes and plan would give other numbers.
METHOD_VERSION = 1


@dataclass(frozen=True)
class Subject:
    """An adapter and its copy with canaries, as two catalogues of the same base."""

    adapter_id: str
    released: AdapterManager
    copy: AdapterManager


@dataclass(frozen=True)
class Plan:
    """What is put to every variant."""

    canaries: Sequence[Canary]
    rows: MembershipRows
    candidates: int
    seed: int = 0


@dataclass(frozen=True)
class _Arm:
    variant: Variant
    name: CompositionName
    catalogue: AdapterManager
    dtype: WeightsDtype = WeightsDtype.FLOAT32
    asks_rows: bool = False


def audit(subject: Subject, base: Path, plan: Plan, thresholds: Thresholds, work: Path) -> PrivacyReport:
    """What was measured before with the same bytes is taken from `work`.

    Raises AdapterError when an adapter is missing, broken or for another base.
    """
    base_sha256 = base_digest(base)
    arms = _arms(subject, base_sha256)
    model = LanguageModel(base)
    found: dict[Variant, Measured] = {}
    with tqdm(total=sum(_questions(arm, plan) for arm in arms), unit="question", disable=None) as progress:
        for arm in arms:
            progress.set_description(arm.variant.value)
            asked = [arm.asks_rows, dataclasses.asdict(plan)]
            depends_on = [METHOD_VERSION, base_sha256, str(arm.name), arm.dtype.value, *asked]
            found[arm.variant] = kept(
                work / "measured", depends_on, partial(_measure, model, arm, base_sha256, plan, progress)
            )
    results = [
        VariantResult(
            variant=arm.variant, model=str(arm.name), levels=_levels(plan.canaries, found[arm.variant].exposures)
        )
        for arm in arms
    ]
    nlls = {variant: np.array(one.row_nlls) for variant, one in found.items()}
    membership = _membership(nlls, len(plan.rows.members))
    gates = gate_results(results, membership, thresholds)
    own = subject.released.weights_for(subject.adapter_id, base_sha256)
    return PrivacyReport(
        adapter_id=subject.adapter_id,
        adapter_sha256=own.sha256,
        copy_sha256=subject.copy.weights_for(subject.adapter_id, base_sha256).sha256,
        base_model=own.base_model,
        base_sha256=base_sha256,
        seed=plan.seed,
        candidates=plan.candidates,
        digits=len(plan.canaries[0].secret),
        thresholds=thresholds,
        passed=all(result.passed for result in gates),
        gates=gates,
        exposures=tuple(results),
        membership=membership,
    )


def composition_with(manager: AdapterManager, adapter_id: str, base_sha256: str) -> CompositionName:
    """The industry adapter and this one, as it is served."""
    manager.weights_for(adapter_id, base_sha256)
    if manager.card_for(adapter_id).adapter_type is not AdapterType.MANUFACTURER:
        raise AdapterMismatch(
            f"{adapter_id!r} is an industry adapter, taught public lessons only; audit a manufacturer's"
        )
    for name in manager.compositions(base_sha256):
        if len(name.parts) > 1 and name.parts[-1].adapter_id == adapter_id:
            return name
    raise AdapterNotFound(f"nothing to compose {adapter_id!r} with; its industry adapter is missing, train it first")


def another_brands(manager: AdapterManager, adapter_id: str, base_sha256: str) -> CompositionName:
    owner = manager.card_for(adapter_id).owner
    for name in manager.compositions(base_sha256):
        if len(name.parts) > 1 and manager.card_for(name.parts[-1].adapter_id).owner != owner:
            return name
    raise AdapterNotFound(
        f"no adapter of another brand beside {adapter_id!r} in {str(manager.root)!r}: "
        "whether brands leak into each other cannot be tested; train a second one"
    )


def _arms(subject: Subject, base_sha256: str) -> tuple[_Arm, ...]:
    released = composition_with(subject.released, subject.adapter_id, base_sha256)
    copy = composition_with(subject.copy, subject.adapter_id, base_sha256)
    other = another_brands(subject.released, subject.adapter_id, base_sha256)
    return (
        _Arm(Variant.BASE, CompositionName(), subject.released, asks_rows=True),
        _Arm(Variant.RELEASED, released, subject.released, asks_rows=True),
        _Arm(Variant.COPY_AS_TRAINED, _as_trained(subject, base_sha256), subject.copy),
        _Arm(Variant.COPY_COMPOSED, copy, subject.copy, WeightsDtype.BFLOAT16),
        _Arm(Variant.OTHER_BRAND, other, subject.released),
    )


def _questions(arm: _Arm, plan: Plan) -> int:
    return len(plan.canaries) + (len(plan.rows.both) if arm.asks_rows else 0)


def _measure(model: LanguageModel, arm: _Arm, base_sha256: str, plan: Plan, progress: Any) -> Measured:
    with model.carrying(_update(arm, base_sha256)):
        exposures = tuple(
            canary_exposure(model, canary, plan.candidates, plan.seed) for canary in _counted(plan.canaries, progress)
        )
        rows = plan.rows.both if arm.asks_rows else ()
        return Measured(exposures=exposures, row_nlls=tuple(row_nll(model, row) for row in _counted(rows, progress)))


def _as_trained(subject: Subject, base_sha256: str) -> CompositionName:
    parent = subject.copy.weights_for(subject.adapter_id, base_sha256).parent
    below = () if parent is None else (NamePart(parent.adapter_id),)
    return canonical(CompositionName((*below, NamePart(subject.adapter_id))), subject.copy, base_sha256)


def _update(arm: _Arm, base_sha256: str) -> Update:
    """By the composer that also makes what is served; nothing for the base."""
    if arm.name.is_base:
        return {}
    sources = []
    for part in arm.name.parts:
        own = arm.catalogue.weights_for(part.adapter_id, base_sha256)
        folder = arm.catalogue.folder_for(part.adapter_id, own)
        sources.append((read_lora(folder, part.adapter_id, own.files), part.weight))
    tensors = concatenate(sources, arm.dtype).tensors
    sides = {key: torch.from_numpy(values.astype(np.float32)) for key, values in tensors.items()}
    modules = sorted({module for source, _ in sources for module in source.modules})
    prefix = "base_model.model"
    return {
        module: LowRank(sides[f"{prefix}.{module}.lora_A.weight"], sides[f"{prefix}.{module}.lora_B.weight"])
        for module in modules
    }


def _counted(items: Sequence[Any], progress: Any) -> Iterator[Any]:
    for item in items:
        yield item
        progress.update()


def _levels(canaries: Sequence[Canary], found: Sequence[Exposure]) -> tuple[Level, ...]:
    return tuple(
        level_of(
            repetitions, [one for canary, one in zip(canaries, found, strict=True) if canary.repetitions == repetitions]
        )
        for repetitions in sorted({canary.repetitions for canary in canaries})
    )


def level_of(repetitions: int, found: Sequence[Exposure]) -> Level:
    bits = np.array([one.bits for one in found])
    mean = with_interval(lambda sample: float(np.mean(sample)), bits)
    return Level(
        repetitions=repetitions,
        exposures_bits=tuple(_rounded(one) for one in bits.tolist()),
        mean_bits=_rounded(mean.value),
        low_bits=_rounded(mean.low),
        high_bits=_rounded(mean.high),
        median_bits=_rounded(float(np.median(bits))),
        highest_bits=_rounded(float(bits.max())),
        extrapolated=sum(one.is_extrapolated for one in found),
        extracted=sum(one.is_extracted for one in found),
    )


def _membership(nlls: Mapping[Variant, Scores], members: int) -> Membership:
    """A row's score is how much likelier the adapter makes it; the control is the base's likelihood by itself."""
    gained = nlls[Variant.BASE] - nlls[Variant.RELEASED]
    alone = -nlls[Variant.BASE]
    return Membership(
        members=members,
        non_members=len(gained) - members,
        auc=_estimate(with_interval(auc, gained[:members], gained[members:])),
        tpr_at_1_percent_fpr=_estimate(with_interval(true_positive_rate, gained[:members], gained[members:])),
        control_auc=_estimate(with_interval(auc, alone[:members], alone[members:])),
    )


def _estimate(interval: Interval) -> Estimate:
    return Estimate(value=_rounded(interval.value), low=_rounded(interval.low), high=_rounded(interval.high))


def _rounded(value: float) -> float:
    return round(value, DIGITS_KEPT)
