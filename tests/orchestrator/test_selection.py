import pytest

from orchestrator.selection import composition_for
from schemas.tasks import Task


@pytest.mark.parametrize("task", list(Task))
def test_clean_room_mode_never_names_the_brands_adapter(task: Task) -> None:
    assert composition_for(task, "brand_x", clean_room=True) == "industry_retail_media"


@pytest.mark.parametrize("task", [Task.PLAN, Task.CREATIVE])
def test_the_brands_own_tasks_add_its_adapter(task: Task) -> None:
    assert composition_for(task, "brand_x", clean_room=False) == "industry_retail_media+manufacturer_brand_x"


@pytest.mark.parametrize("task", [Task.HARMONIZE, Task.OPTIMIZE, Task.MEASURE, Task.GOVERN])
def test_the_other_tasks_need_the_industry_only(task: Task) -> None:
    assert composition_for(task, "brand_x", clean_room=False) == "industry_retail_media"


def test_one_brand_is_never_given_anothers_adapter() -> None:
    names = {composition_for(task, "brand_y", clean_room=False) for task in Task}

    assert not any("brand_x" in name for name in names)
