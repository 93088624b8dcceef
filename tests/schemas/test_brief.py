import json
from pathlib import Path

import pytest

from schemas.brief import parse_brief, read_brief
from schemas.errors import InputInvalid

SAMPLE = Path(__file__).parents[2] / "data" / "briefs" / "spring_launch.json"


def changed(**fields: object) -> str:
    return json.dumps({**json.loads(SAMPLE.read_text()), **fields})


def test_the_shipped_brief_is_valid() -> None:
    assert read_brief(SAMPLE).brand_id == "brand_x"


@pytest.mark.parametrize("budget", [-5, 0, "many"])
def test_a_budget_that_is_no_positive_amount_is_named_with_its_value(budget: object) -> None:
    with pytest.raises(InputInvalid, match=rf"budget: .*{budget!r}"):
        parse_brief(changed(budget=budget))


def test_a_campaign_that_ends_before_it_starts_is_refused_with_both_dates() -> None:
    with pytest.raises(InputInvalid, match=r"2026-04-01.*2026-04-06"):
        parse_brief(changed(end="2026-04-01"))


def test_a_misspelt_field_is_an_error_and_not_lost() -> None:
    with pytest.raises(InputInvalid, match="buget"):
        parse_brief(changed(buget=100))


def test_a_limit_with_its_maximum_below_its_minimum_is_refused() -> None:
    limit = {"dimension": "retailer_id", "value": "retailer_a", "min_spend": 500, "max_spend": 100}

    with pytest.raises(InputInvalid, match="maximum of 100, below its minimum of 500"):
        parse_brief(changed(limits=[limit]))


def test_a_file_that_is_no_json_is_refused_by_name(tmp_path: Path) -> None:
    broken = tmp_path / "brief.json"
    broken.write_text("budget: 5")

    with pytest.raises(InputInvalid, match=r"brief\.json"):
        read_brief(broken)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match=r"nowhere\.json"):
        read_brief(tmp_path / "nowhere.json")
