from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.manager import AdapterManager
from adapters.names import BASE_NAME, CompositionName, NamePart, canonical, parse_name, unpinned
from schemas.errors import AdapterMismatch, AdapterNameInvalid, AdapterNotFound
from tests.tiny import BRAND_X, BRAND_Y, INDUSTRY, digest_on_disk, make_random_adapter, register

adapter_ids = st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,63}", fullmatch=True).filter(lambda text: text != BASE_NAME)
digests = st.none() | st.from_regex(r"[0-9a-f]{12,64}", fullmatch=True)
weights = st.decimals(-10, 10, places=4).filter(bool)
parts = st.builds(NamePart, adapter_ids, digests, weights)
names = st.lists(parts, max_size=3, unique_by=lambda part: part.adapter_id).map(
    lambda chosen: CompositionName(tuple(chosen))
)


@settings(deadline=None, max_examples=60)
@given(names)
def test_a_printed_name_reads_back_as_itself(name: CompositionName) -> None:
    assert parse_name(str(name)) == name
    assert str(parse_name(str(name))) == str(name)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=80))
def test_any_text_is_a_name_or_a_refusal_and_nothing_else(text: str) -> None:
    try:
        name = parse_name(text)
    except AdapterNameInvalid:
        return
    assert parse_name(str(name)) == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("a+", "without an adapter id"),
        ("+a", "without an adapter id"),
        ("a++b", "without an adapter id"),
        ("a+b+c+d", "at most 3"),
        ("a+a", "named twice"),
        ("a+a:0.5", "named twice"),
        ("Industry", "'Industry' cannot be"),
        ("../etc/passwd", "cannot be an adapter id"),
        ("a/b", "cannot be an adapter id"),
        ("a,b", "cannot be an adapter id"),
        ("a b", "cannot be an adapter id"),
        ("a\n", "cannot be an adapter id"),
        ("a" * 65, "cannot be an adapter id"),
        ("base+a", "cannot be an adapter id"),
        ("base:0.5", "cannot be an adapter id"),
        ("a@", "no digest"),
        ("a@0123", "no digest"),
        ("a@ABCDEF012345", "no digest"),
        ("a@0123456789ab@0123456789ab", "no digest"),
        ("a:", "no weight"),
        ("a:nan", "no weight"),
        ("a:inf", "no weight"),
        ("a:1e1", "no weight"),
        ("a:0.12345", "no weight"),
        ("a:+1", "no weight"),
        ("a:٣", "no weight"),
        ("a:0", "not be 0"),
        ("a:11", "must lie within"),
        ("a:0.5@0123456789ab", "no weight"),
        ("a" * 600, "at most 512"),
    ],
)
def test_a_bad_name_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(AdapterNameInvalid, match=reason):
        parse_name(text)


def test_a_weight_of_one_is_dropped_and_zeros_are_trimmed() -> None:
    assert str(parse_name("a:1.0+b:0.50+c:-2.0")) == "a+b:0.5+c:-2"


def test_a_weight_that_no_number_is_cannot_enter_by_construction() -> None:
    with pytest.raises(AdapterNameInvalid, match="NaN"):
        NamePart("a", weight=Decimal("nan"))


def test_the_canonical_name_puts_industry_first_and_pins_both(
    manager: AdapterManager, root: Path, base_sha256: str
) -> None:
    found = canonical(parse_name(f"{BRAND_X}+{INDUSTRY}"), manager, base_sha256)

    assert str(found) == (
        f"{INDUSTRY}@{digest_on_disk(root, INDUSTRY)[:12]}+{BRAND_X}@{digest_on_disk(root, BRAND_X)[:12]}"
    )
    assert canonical(found, manager, base_sha256) == found
    assert str(unpinned(found)) == f"{INDUSTRY}+{BRAND_X}"


def test_the_base_needs_no_catalogue(tmp_path: Path) -> None:
    assert canonical(parse_name("base"), AdapterManager(tmp_path), "0" * 64) == CompositionName()


def test_a_full_digest_is_accepted_and_shortened(manager: AdapterManager, root: Path, base_sha256: str) -> None:
    digest = digest_on_disk(root, INDUSTRY)

    assert str(canonical(parse_name(f"{INDUSTRY}@{digest}"), manager, base_sha256)) == f"{INDUSTRY}@{digest[:12]}"


def test_a_digest_that_is_not_on_disk_is_refused(manager: AdapterManager, base_sha256: str) -> None:
    with pytest.raises(AdapterMismatch, match="on disk, not 0123456789ab"):
        canonical(parse_name(f"{INDUSTRY}@0123456789ab"), manager, base_sha256)


def test_an_unknown_adapter_is_named_with_those_that_exist(manager: AdapterManager, base_sha256: str) -> None:
    with pytest.raises(AdapterNotFound, match=f"'manufacturer_brand_z'.*{BRAND_X}"):
        canonical(parse_name("manufacturer_brand_z"), manager, base_sha256)


def test_a_sequential_child_without_its_parent_is_refused(manager: AdapterManager, base_sha256: str) -> None:
    with pytest.raises(AdapterMismatch, match=rf"means nothing without it; ask for '{INDUSTRY}\+{BRAND_X}'"):
        canonical(parse_name(BRAND_X), manager, base_sha256)


@pytest.mark.parametrize("name", [f"{INDUSTRY}+{BRAND_X}:0.6", f"{INDUSTRY}:0.6+{BRAND_X}"])
def test_a_weight_in_a_sequential_composition_is_refused(name: str, manager: AdapterManager, base_sha256: str) -> None:
    with pytest.raises(AdapterNameInvalid, match=r"weight '0\.6' .* trained on top of its parent at weight 1"):
        canonical(parse_name(name), manager, base_sha256)


def test_two_brands_on_one_parent_are_refused(manager: AdapterManager, base_sha256: str) -> None:
    with pytest.raises(AdapterNameInvalid, match="cannot be composed with"):
        canonical(parse_name(f"{INDUSTRY}+{BRAND_X}+{BRAND_Y}"), manager, base_sha256)


def test_additive_adapters_take_weights(
    manager: AdapterManager, root: Path, tiny_base: Path, base_sha256: str, tmp_path: Path
) -> None:
    register(root, "manufacturer_alone", make_random_adapter(tmp_path / "w", tiny_base, seed=9, r=4), base_sha256)

    found = canonical(parse_name(f"manufacturer_alone:0.6+{INDUSTRY}:-0.5"), manager, base_sha256)

    assert [(part.adapter_id, part.weight) for part in found.parts] == [
        (INDUSTRY, Decimal("-0.5")),
        ("manufacturer_alone", Decimal("0.6")),
    ]


def test_two_industry_adapters_are_refused(
    manager: AdapterManager, root: Path, tiny_base: Path, base_sha256: str, tmp_path: Path
) -> None:
    register(root, "industry_other", make_random_adapter(tmp_path / "w", tiny_base, seed=9, r=4), base_sha256)

    with pytest.raises(AdapterNameInvalid, match="2 industry adapters"):
        canonical(parse_name(f"{INDUSTRY}+industry_other"), manager, base_sha256)
