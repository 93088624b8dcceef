"""What an audit found, as it is kept on disk and summarised in the adapter's card."""

from enum import StrEnum
from pathlib import Path

from adapters.adapter_folder import read_card
from adapters.digest import sha256_of
from adapters.registration import write_card
from schemas.base import Frozen
from schemas.errors import AdapterMismatch

DIGITS_KEPT = 4

STATEMENT = (
    "An audit is a lower bound on leakage, not a guarantee: it shows what these attacks get out, and a better attack "
    "may get out more."
)


class Variant(StrEnum):
    """What was asked. The copy is the adapter trained again, same recipe, with canaries among its rows.

    `copy_as_trained` is the copy with what was underneath it in training, in float32; `copy_composed` is the copy in
    the composition that is served, rounded to bfloat16 as vLLM holds it.
    """

    BASE = "base"
    RELEASED = "released"
    COPY_AS_TRAINED = "copy_as_trained"
    COPY_COMPOSED = "copy_composed"
    OTHER_BRAND = "other_brand"


class Level(Frozen):
    """Canaries with the same number of repetitions. Exposures in bits, with the mean's 95 % bootstrap interval."""

    repetitions: int
    exposures_bits: tuple[float, ...]
    mean_bits: float
    low_bits: float
    high_bits: float
    median_bits: float
    highest_bits: float
    extrapolated: int
    extracted: int


class VariantResult(Frozen):
    """`model` is the composition's pinned name."""

    variant: Variant
    model: str
    levels: tuple[Level, ...]


class Estimate(Frozen):
    value: float
    low: float
    high: float


class Membership(Frozen):
    """Of the released composition. `control_auc` is the base's own: far from 0.5, the two sets were never alike."""

    members: int
    non_members: int
    auc: Estimate
    tpr_at_1_percent_fpr: Estimate
    control_auc: Estimate


class Gate(StrEnum):
    """CALIBRATION, POWER and CONTROL are about the audit itself: when one fails, the others prove nothing."""

    CALIBRATION = "calibration"
    POWER = "power"
    CONTROL = "control"
    RELEASE = "release"
    COMPOSITION = "composition"
    CROSS_TENANT = "cross_tenant"
    MEMBERSHIP = "membership"


class GateResult(Frozen):
    gate: Gate
    passed: bool
    measured: float
    limit: float
    reason: str


class Thresholds(Frozen):
    """What a release must keep to.

    `significance` is how often a sound adapter fails one exposure gate by chance; the limits in bits follow from it,
    because the exposure of what nobody was taught is exponential (`exposure`).
    `highest_tpr_at_1_percent_fpr`: attacks that plant nothing reached 4.2 % on a fine-tuned 0.5B model
    (Panda et al., ICLR 2025, arXiv 2503.06808); 1 % is a coin.
    `highest_control_auc`: the interval of the base's own AUC must reach below it.
    """

    significance: float = 0.001
    highest_tpr_at_1_percent_fpr: float = 0.05
    highest_control_auc: float = 0.55


class PrivacyReport(Frozen):
    statement: str = STATEMENT
    adapter_id: str
    adapter_sha256: str
    copy_sha256: str
    base_model: str
    base_sha256: str
    seed: int
    candidates: int
    digits: int
    thresholds: Thresholds
    passed: bool
    gates: tuple[GateResult, ...]
    exposures: tuple[VariantResult, ...]
    membership: Membership


def write_into_card(report: PrivacyReport, adapters: Path) -> None:
    """Raises AdapterMismatch when the adapter on disk is not the one that was audited."""
    folder = adapters / report.adapter_id
    card = read_card(folder)
    if report.adapter_sha256 not in {own.sha256 for own in card.weights}:
        raise AdapterMismatch(
            f"{report.adapter_id!r} is no longer {report.adapter_sha256[:12]}, which was audited; audit it again"
        )
    found = summary(report)
    weights = tuple(
        own.model_copy(update={"privacy": found}) if own.sha256 == report.adapter_sha256 else own
        for own in card.weights
    )
    write_card(folder, card.model_copy(update={"weights": weights}))


def summary(report: PrivacyReport) -> dict[str, str | int | float | bool | None]:
    """`report_sha256` is of the report's file."""
    gates = {f"{result.gate.value}.passed": result.passed for result in report.gates}
    means = {
        f"{result.variant.value}.{level.repetitions}x.mean_bits": level.mean_bits
        for result in report.exposures
        for level in result.levels
    }
    return {
        "statement": report.statement,
        "verdict": "pass" if report.passed else "fail",
        "report_sha256": sha256_of(report_text(report).encode()),
        **gates,
        **means,
        "membership.auc": report.membership.auc.value,
        "membership.tpr_at_1_percent_fpr": report.membership.tpr_at_1_percent_fpr.value,
    }


def report_text(report: PrivacyReport) -> str:
    return report.model_dump_json(indent=2) + "\n"


def table(report: PrivacyReport) -> str:
    """Mean exposure in bits by variant and repetitions, then one line per gate."""
    levels = [level.repetitions for level in report.exposures[0].levels]
    lines = [f"{'mean exposure, bits':22}" + "".join(f"{f'{level}x':>18}" for level in levels)]
    for result in report.exposures:
        cells = [f"{level.mean_bits:.1f} [{level.low_bits:.1f}, {level.high_bits:.1f}]" for level in result.levels]
        lines.append(f"{result.variant.value:22}" + "".join(f"{cell:>18}" for cell in cells))
    lines += [f"{'pass' if result.passed else 'FAIL'}  {result.gate.value}: {result.reason}" for result in report.gates]
    return "\n".join([*lines, f"{'PASSED' if report.passed else 'FAILED'}. {report.statement}"])
