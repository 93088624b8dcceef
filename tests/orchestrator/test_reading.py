import pytest

from orchestrator.agents.reading import checked_reading
from schemas.errors import ModelReplyInvalid

FACTS = {"up": "sponsored_native at retailer_b", "down": "sponsored_search at retailer_a"}
GOOD = "Budget moves to sponsored native at retailer_b,\n away from sponsored search at retailer A."


def test_words_that_keep_to_the_facts_are_used() -> None:
    assert checked_reading(GOOD, FACTS) == " ".join(GOOD.split())


def test_words_that_leave_a_fact_out_are_refused() -> None:
    with pytest.raises(ModelReplyInvalid, match="leaves out 'sponsored_search at retailer_a'"):
        checked_reading("Budget moves to sponsored_native at retailer_b.", FACTS)


def test_a_number_from_the_model_is_refused() -> None:
    with pytest.raises(ModelReplyInvalid, match="number"):
        checked_reading("Budget grows by 20 percent.", FACTS)


def test_a_placement_the_facts_do_not_name_is_refused() -> None:
    with pytest.raises(ModelReplyInvalid, match="sponsored_display"):
        checked_reading(f"{GOOD} Not sponsored display.", FACTS)


def test_a_retailer_the_facts_do_not_name_is_refused() -> None:
    with pytest.raises(ModelReplyInvalid, match="retailer_c"):
        checked_reading(f"{GOOD} Not retailer C.", FACTS)


def test_a_flood_of_words_is_refused() -> None:
    with pytest.raises(ModelReplyInvalid, match="longer"):
        checked_reading("word " * 100, FACTS)
