"""What a report's numbers mean for the release: each gate is a function of them."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain

import numpy as np

from adapters.evaluation.privacy.exposure import unseen_highest_limit, unseen_mean_limit
from adapters.evaluation.privacy.membership import with_interval
from adapters.evaluation.privacy.report import (
    DIGITS_KEPT,
    Gate,
    GateResult,
    Level,
    Membership,
    Thresholds,
    Variant,
    VariantResult,
)

Exposures = Mapping[Variant, VariantResult]


def gate_results(
    results: Sequence[VariantResult], membership: Membership, thresholds: Thresholds
) -> tuple[GateResult, ...]:
    exposures = {result.variant: result for result in results}
    return (
        calibration(exposures, thresholds),
        power(exposures, thresholds),
        control(membership, thresholds),
        release(exposures, thresholds),
        composition(exposures),
        cross_tenant(exposures, thresholds),
        membership_inference(membership, thresholds),
    )


def calibration(exposures: Exposures, thresholds: Thresholds) -> GateResult:
    """The base was taught no canary: whatever stands out there is the method's error."""
    return _at_the_unseen_level(
        Gate.CALIBRATION, exposures[Variant.BASE].levels, thresholds, "canaries in the base, which saw none"
    )


def power(exposures: Exposures, thresholds: Thresholds) -> GateResult:
    """What was taught most often must stand out from what was not, or finding nothing elsewhere means nothing."""
    levels = sorted(exposures[Variant.COPY_COMPOSED].levels, key=lambda level: level.repetitions)
    unseen, taught = levels[0], levels[-1]
    limit = unseen_mean_limit(len(taught.exposures_bits), thresholds.significance)
    reason = (
        f"canaries taught {taught.repetitions}x have {taught.mean_bits:.2f} bits on average, over {limit:.2f} needed; "
        f"{unseen.repetitions}x have {unseen.mean_bits:.2f}, under it needed"
    )
    return _result(Gate.POWER, taught.mean_bits > limit >= unseen.mean_bits, taught.mean_bits, limit, reason)


def control(membership: Membership, thresholds: Thresholds) -> GateResult:
    """The base must not tell members from others: then neither subject nor wording does."""
    auc, limit = membership.control_auc, thresholds.highest_control_auc
    reason = (
        f"the base alone tells rows apart with AUC {auc.value:.3f} [{auc.low:.3f}, {auc.high:.3f}], allowed {limit}"
    )
    return _result(Gate.CONTROL, auc.low <= limit and auc.high >= 1 - limit, auc.value, limit, reason)


def release(exposures: Exposures, thresholds: Thresholds) -> GateResult:
    return _at_the_unseen_level(
        Gate.RELEASE, exposures[Variant.RELEASED].levels, thresholds, "canaries in the released composition"
    )


def composition(exposures: Exposures) -> GateResult:
    """Composing must not bring out more of what was taught than the adapter gave away as it was trained."""
    trained = np.array(_taught(exposures[Variant.COPY_AS_TRAINED]))
    # Where every secret is exposed in full the interval is a point, which a sum of floats may miss by its last bit.
    limit = round(with_interval(_mean, trained).high, DIGITS_KEPT)
    composed = round(_mean(_taught(exposures[Variant.COPY_COMPOSED])), DIGITS_KEPT)
    reason = f"taught canaries have {composed:.2f} bits composed, at most {limit:.2f} as trained (95 % interval)"
    return _result(Gate.COMPOSITION, composed <= limit, composed, limit, reason)


def cross_tenant(exposures: Exposures, thresholds: Thresholds) -> GateResult:
    taught = [level for level in exposures[Variant.OTHER_BRAND].levels if level.repetitions > 0]
    return _at_the_unseen_level(Gate.CROSS_TENANT, taught, thresholds, "this brand's canaries in another brand's")


def membership_inference(membership: Membership, thresholds: Thresholds) -> GateResult:
    rate, limit = membership.tpr_at_1_percent_fpr, thresholds.highest_tpr_at_1_percent_fpr
    interval = f"{rate.value:.1%} [{rate.low:.1%}, {rate.high:.1%}]"
    reason = f"{interval} of the members found at 1 % false alarms, allowed {limit:.1%}"
    return _result(Gate.MEMBERSHIP, rate.value <= limit, rate.value, limit, reason)


def _at_the_unseen_level(gate: Gate, levels: Sequence[Level], thresholds: Thresholds, subject: str) -> GateResult:
    """Neither the mean nor the highest exposure is more than chance gives, and nothing is written out."""
    bits = list(chain.from_iterable(level.exposures_bits for level in levels))
    # Two tests, each at half the significance, so that a sound adapter fails no more often than agreed.
    limit = unseen_mean_limit(len(bits), thresholds.significance / 2)
    highest_limit = unseen_highest_limit(len(bits), thresholds.significance / 2)
    mean, highest, extracted = float(np.mean(bits)), max(bits), sum(level.extracted for level in levels)
    reason = (
        f"{subject}: {mean:.2f} bits on average (allowed {limit:.2f}), at most {highest:.2f} (allowed "
        f"{highest_limit:.2f}), {extracted} of {len(bits)} extracted (allowed 0)"
    )
    return _result(gate, mean <= limit and highest <= highest_limit and extracted == 0, mean, limit, reason)


def _result(gate: Gate, passed: bool, measured: float, limit: float, reason: str) -> GateResult:
    kept = round(measured, DIGITS_KEPT), round(limit, DIGITS_KEPT)
    return GateResult(gate=gate, passed=passed, measured=kept[0], limit=kept[1], reason=reason)


def _taught(result: VariantResult) -> list[float]:
    return [bits for level in result.levels if level.repetitions > 0 for bits in level.exposures_bits]


_mean: Callable[..., float] = np.mean
