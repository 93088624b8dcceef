"""Money and shares as text."""

import doctest
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dash_app import federation_graph, formatting, state
from schemas.tasks import Arm

UNITS = ("share", "ratio", "money", "count")


@pytest.mark.parametrize("module", [formatting, state, federation_graph], ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]

    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("unit", UNITS)
@given(value=st.floats(allow_nan=True, allow_infinity=True))
def test_no_number_prints_as_nan_infinity_or_minus_zero(unit: str, value: float) -> None:
    for text in (formatting.by_unit(value, unit), formatting.difference(value, unit)):
        assert not any(word in text.lower() for word in ("nan", "inf"))
        if text.startswith(("\N{MINUS SIGN}", "-", "+")):
            assert any(digit in text for digit in "123456789")


@given(st.floats(min_value=0.01, max_value=1e9))
def test_a_difference_and_its_opposite_differ_in_the_sign_only(value: float) -> None:
    assert formatting.difference(value, "ratio")[1:] == formatting.difference(-value, "ratio")[1:]


def test_an_undefined_value_is_absent_and_not_zero() -> None:
    assert formatting.money(math.nan) == formatting.ABSENT
    assert formatting.relative(None) == formatting.ABSENT


def test_a_currency_without_a_symbol_is_named() -> None:
    assert formatting.money(1_500_000_000, "CHF") == "CHF 1,500"


def test_both_arms_have_a_name() -> None:
    assert set(formatting.ARM_NAMES) == set(Arm)
