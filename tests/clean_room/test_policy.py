from pathlib import Path

import pytest

from clean_room import get_allowed_fields
from clean_room.policy import POLICIES_DIR, read_policies, shipped_policies
from schemas.clean_room import ALLOWED_FIELDS, BLOCKED_FIELDS
from schemas.errors import InputInvalid


def test_both_retailers_permit_the_seven_common_fields() -> None:
    for retailer_id in ("retailer_a", "retailer_b"):
        assert get_allowed_fields(retailer_id)[:7] == list(ALLOWED_FIELDS)


def test_only_retailer_a_permits_skus() -> None:
    assert "sku_id" in get_allowed_fields("retailer_a")
    assert "sku_id" not in get_allowed_fields("retailer_b")


@pytest.mark.parametrize("retailer_id", ["", "retailer_c", "*", "retailer_a ", "RETAILER_A", "../policies/retailer_a"])
def test_a_retailer_we_have_no_policy_of_permits_nothing(retailer_id: str) -> None:
    assert get_allowed_fields(retailer_id) == []


def test_no_blocked_field_is_ever_allowed() -> None:
    for retailer_id in shipped_policies():
        assert not set(get_allowed_fields(retailer_id)) & set(BLOCKED_FIELDS)


def test_the_shipped_policies_ask_for_a_hundred_rows_and_people() -> None:
    for policy in shipped_policies().values():
        assert (policy.min_rows, policy.min_people) == (100, 100)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("min_people = 100", "min_people = 0"),
        ("min_people = 100", "min_people = 2"),
        ("max_share = 0.85", "max_share = 1.5"),
        ('"revenue"', '"margin"'),
        ("min_rows = 100", "min_rows = 100\nmin_row = 1"),
        ("min_rows = 100", "min_rows ="),
    ],
)
def test_a_policy_that_would_protect_less_or_is_malformed_is_refused(tmp_path: Path, before: str, after: str) -> None:
    text = (POLICIES_DIR / "retailer_a.toml").read_text(encoding="utf-8")
    assert before in text
    (tmp_path / "retailer_a.toml").write_text(text.replace(before, after), encoding="utf-8")

    with pytest.raises(InputInvalid, match=r"retailer_a\.toml"):
        read_policies(tmp_path)


def test_two_policies_of_one_retailer_are_refused(tmp_path: Path) -> None:
    text = (POLICIES_DIR / "retailer_a.toml").read_text(encoding="utf-8")
    for name in ("one.toml", "two.toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")

    with pytest.raises(InputInvalid, match="repeats retailer 'retailer_a'"):
        read_policies(tmp_path)
