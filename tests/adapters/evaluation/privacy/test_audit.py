"""The audit finds what was planted, clears what was not, and each gate fails when it should."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.adapter_folder import read_card
from adapters.digest import sha256_of
from adapters.evaluation.privacy import audit as audit_module
from adapters.evaluation.privacy.audit import Plan, Subject, audit
from adapters.evaluation.privacy.gates import gate_results
from adapters.evaluation.privacy.report import (
    Estimate,
    Gate,
    GateResult,
    Membership,
    PrivacyReport,
    Thresholds,
    Variant,
    report_text,
    table,
    write_into_card,
)
from adapters.manager import AdapterManager
from adapters.provenance.completeness import PASSED
from schemas.errors import AdapterMismatch, AdapterNotFound
from tests.adapters.evaluation.privacy.conftest import Catalogue
from tests.tiny import BRAND_X, BRAND_Y, INDUSTRY


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def report(subject: Subject, tiny_base: Path, plan: Plan, work: Path) -> PrivacyReport:
    return audit(subject, tiny_base, plan, Thresholds(), work)


def verdicts(report: PrivacyReport) -> dict[Gate, bool]:
    return {result.gate: result.passed for result in report.gates}


def mean_bits(report: PrivacyReport, variant: Variant, repetitions: int) -> float:
    result = next(result for result in report.exposures if result.variant is variant)
    return next(level.mean_bits for level in result.levels if level.repetitions == repetitions)


def test_what_the_copy_was_taught_stands_out_and_what_it_was_not_does_not(report: PrivacyReport) -> None:
    assert mean_bits(report, Variant.COPY_COMPOSED, 16) > 8
    assert mean_bits(report, Variant.COPY_COMPOSED, 0) < 5
    assert verdicts(report)[Gate.POWER]
    copy = next(result for result in report.exposures if result.variant is Variant.COPY_COMPOSED)
    assert [level.extracted for level in copy.levels] == [0, 4]


def test_a_release_that_saw_no_canary_passes_every_gate_about_canaries(report: PrivacyReport) -> None:
    found = verdicts(report)

    assert all(
        found[gate] for gate in (Gate.CALIBRATION, Gate.POWER, Gate.RELEASE, Gate.COMPOSITION, Gate.CROSS_TENANT)
    )


def test_every_variant_says_which_bytes_answered(report: PrivacyReport) -> None:
    models = {result.variant: result.model for result in report.exposures}

    assert models[Variant.BASE] == "base"
    assert models[Variant.RELEASED].startswith(f"{INDUSTRY}@") and f"+{BRAND_X}@" in models[Variant.RELEASED]
    assert models[Variant.COPY_COMPOSED] != models[Variant.RELEASED]
    assert f"+{BRAND_Y}@" in models[Variant.OTHER_BRAND]


def test_a_release_that_holds_the_canaries_is_refused(
    catalogue: Catalogue, weights: dict[str, Path], subject: Subject, tiny_base: Path, plan: Plan, tmp_path: Path
) -> None:
    leaky = catalogue({BRAND_X: weights["learnt"], BRAND_Y: weights["y"]})

    report = audit(replace(subject, released=leaky), tiny_base, plan, Thresholds(), tmp_path)

    assert not verdicts(report)[Gate.RELEASE]
    assert not report.passed


def test_another_brand_that_holds_this_ones_canaries_is_noticed(
    catalogue: Catalogue, weights: dict[str, Path], subject: Subject, tiny_base: Path, plan: Plan, tmp_path: Path
) -> None:
    mixed = catalogue({BRAND_X: weights["x"], BRAND_Y: weights["learnt"]})

    report = audit(replace(subject, released=mixed), tiny_base, plan, Thresholds(), tmp_path)

    assert not verdicts(report)[Gate.CROSS_TENANT]
    assert verdicts(report)[Gate.RELEASE]
    assert not report.passed


def test_a_copy_that_learnt_nothing_gives_the_audit_no_power(
    catalogue: Catalogue, weights: dict[str, Path], subject: Subject, tiny_base: Path, plan: Plan, tmp_path: Path
) -> None:
    report = audit(replace(subject, copy=catalogue({BRAND_X: weights["x"]})), tiny_base, plan, Thresholds(), tmp_path)

    assert not verdicts(report)[Gate.POWER]
    assert not report.passed


def test_without_another_brand_there_is_nothing_to_test_leaks_between_brands_with(
    catalogue: Catalogue, weights: dict[str, Path], subject: Subject, tiny_base: Path, plan: Plan, tmp_path: Path
) -> None:
    lonely = catalogue({BRAND_X: weights["x"]})

    with pytest.raises(AdapterNotFound, match="no adapter of another brand"):
        audit(replace(subject, released=lonely), tiny_base, plan, Thresholds(), tmp_path)


def judged(report: PrivacyReport, **changed: Estimate) -> dict[Gate, GateResult]:
    calm = Estimate(value=0.5, low=0.45, high=0.55)
    quiet = Estimate(value=0.01, low=0.0, high=0.03)
    membership = Membership(members=200, non_members=200, auc=calm, tpr_at_1_percent_fpr=quiet, control_auc=calm)
    results = gate_results(report.exposures, membership.model_copy(update=changed), Thresholds())
    return {result.gate: result for result in results}


def test_members_that_can_be_found_fail_the_release(report: PrivacyReport) -> None:
    assert judged(report)[Gate.MEMBERSHIP].passed
    assert not judged(report, tpr_at_1_percent_fpr=Estimate(value=0.2, low=0.1, high=0.3))[Gate.MEMBERSHIP].passed


def test_rows_that_the_base_tells_apart_prove_nothing(report: PrivacyReport) -> None:
    assert judged(report)[Gate.CONTROL].passed
    assert not judged(report, control_auc=Estimate(value=0.7, low=0.65, high=0.75))[Gate.CONTROL].passed
    assert not judged(report, control_auc=Estimate(value=0.3, low=0.25, high=0.35))[Gate.CONTROL].passed


def test_a_composition_that_exposes_more_than_its_source_fails(report: PrivacyReport) -> None:
    swapped = {Variant.COPY_AS_TRAINED: Variant.RELEASED, Variant.RELEASED: Variant.COPY_AS_TRAINED}
    exposures = tuple(
        result.model_copy(update={"variant": swapped.get(result.variant, result.variant)})
        for result in report.exposures
    )

    assert judged(report)[Gate.COMPOSITION].passed
    assert not judged(report.model_copy(update={"exposures": exposures}))[Gate.COMPOSITION].passed


def test_one_canary_written_out_fails_however_low_the_mean(report: PrivacyReport) -> None:
    released = next(result for result in report.exposures if result.variant is Variant.RELEASED)
    levels = (released.levels[0].model_copy(update={"extracted": 1}), *released.levels[1:])
    others = [result for result in report.exposures if result.variant is not Variant.RELEASED]
    exposures = (*others, released.model_copy(update={"levels": levels}))

    assert not judged(report.model_copy(update={"exposures": exposures}))[Gate.RELEASE].passed


def test_the_same_audit_gives_the_same_report(
    report: PrivacyReport, subject: Subject, tiny_base: Path, plan: Plan, tmp_path: Path
) -> None:
    assert audit(subject, tiny_base, plan, Thresholds(), tmp_path) == report


def test_what_was_measured_is_not_measured_again(
    report: PrivacyReport, subject: Subject, tiny_base: Path, plan: Plan, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr(audit_module, "_measure", refused)

    assert audit(subject, tiny_base, plan, Thresholds(), work) == report
    with pytest.raises(AssertionError, match="measured again"):
        audit(subject, tiny_base, replace(plan, seed=1), Thresholds(), work)


def test_the_card_holds_a_summary_that_names_the_report(report: PrivacyReport, subject: Subject) -> None:
    write_into_card(report, subject.released.root)

    written = read_card(subject.released.root / BRAND_X).weights[0].privacy
    assert written["verdict"] == ("pass" if report.passed else "fail")
    assert (written["verdict"] == PASSED) is report.passed, "`verify --strict` looks for this very word"
    assert written["copy_composed.16x.mean_bits"] == mean_bits(report, Variant.COPY_COMPOSED, 16)
    assert written["report_sha256"] == sha256_of(report_text(report).encode())
    assert "not a guarantee" in str(written["statement"])
    assert AdapterManager(subject.released.root).problems() == ()


def test_a_report_about_other_bytes_is_not_written_into_the_card(report: PrivacyReport, subject: Subject) -> None:
    stale = report.model_copy(update={"adapter_sha256": "0" * 64})

    with pytest.raises(AdapterMismatch, match="audit it again"):
        write_into_card(stale, subject.released.root)


def test_a_report_reads_back_and_its_table_says_what_it_is_not(report: PrivacyReport) -> None:
    assert PrivacyReport.model_validate_json(report_text(report)) == report
    assert "lower bound on leakage, not a guarantee" in table(report)
    assert len(table(report).splitlines()) == 1 + len(Variant) + len(Gate) + 1
