from orchestrator.agents.budget_optimizer import binding_kinds


def test_limits_are_told_in_words_without_the_numbers_of_skus() -> None:
    binding = ("budget", "stock 'retailer_a/X-0003'", "cell 'retailer_b/X-0001/sponsored_search' change limit")

    assert binding_kinds(binding) == ["total budget", "stock cover"]


def test_a_group_is_told_by_its_name() -> None:
    assert binding_kinds(("group 'retailer_a' minimum",)) == ["retailer_a minimum"]


def test_a_group_named_after_a_sku_is_left_to_the_figures() -> None:
    assert binding_kinds(("group 'X-0003' maximum",)) == []
