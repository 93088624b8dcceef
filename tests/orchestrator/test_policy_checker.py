"""The checker decides what copy may run: each rule has copy that only it refuses."""

import pytest

from orchestrator.tools.policy_checker import check_copy
from schemas.brands import BRAND_RULES
from schemas.tasks import PlacementType

XANDO = BRAND_RULES["brand_x"]
GOOD = f"HEADLINE: {XANDO.name_form} Dark Roast, bold from the first sip\nCTA: Shop now"


def rules_broken(text: str, placement: PlacementType = PlacementType.SPONSORED_DISPLAY) -> set[str]:
    return {finding.rule for finding in check_copy(text, placement, XANDO)}


def test_copy_that_keeps_every_rule_passes() -> None:
    assert rules_broken(GOOD) == set()


def test_a_missing_line_breaks_the_layout() -> None:
    assert rules_broken(GOOD.splitlines()[0]) == {"layout"}


@pytest.mark.parametrize("body", ["Made with care.", f"{XANDO.sign_off} Made with care."])
def test_a_body_that_does_not_end_with_the_sign_off_is_found(body: str) -> None:
    text = f"TITLE: {XANDO.name_form} Dark Roast\nBODY: {body}\nCTA: Shop now"

    assert rules_broken(text, PlacementType.SPONSORED_NATIVE) == {"sign_off"}


def test_lines_in_another_order_break_the_layout() -> None:
    assert rules_broken("\n".join(reversed(GOOD.splitlines()))) == {"layout"}


def test_a_line_over_its_length_is_found_with_its_count() -> None:
    headline = f"HEADLINE: {XANDO.name_form} {'a' * 60}"

    findings = check_copy(f"{headline}\nCTA: Shop now", PlacementType.SPONSORED_DISPLAY, XANDO)

    assert [finding.rule for finding in findings] == ["length"]
    assert f"HEADLINE has {len(headline) - 10} characters of at most 60" in findings[0].evidence


@pytest.mark.parametrize("claim", ["the best", "Best", "guaranteed", "#1", "risk-free"])
def test_a_claim_without_proof_is_refused(claim: str) -> None:
    assert rules_broken(GOOD.replace("bold", claim)) == {"claims"}


def test_a_word_that_only_contains_a_claim_is_not_one() -> None:
    assert rules_broken(GOOD.replace("bold", "bestowed")) == set()


@pytest.mark.parametrize("spelling", ["Xando", "xando", "XanDo"])
def test_the_brand_is_written_its_own_way_or_not_at_all(spelling: str) -> None:
    assert rules_broken(GOOD.replace(XANDO.name_form, spelling)) == {"brand_name"}


def test_copy_without_the_brand_is_refused() -> None:
    assert rules_broken(GOOD.replace(XANDO.name_form, "Our")) == {"brand_name"}
