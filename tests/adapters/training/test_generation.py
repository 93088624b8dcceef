"""Batched greedy answers from a tiny random Llama."""

from pathlib import Path

import pytest

from adapters.training.generation import Writer
from tests.tiny import make_random_adapter, make_tiny_base

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

PROMPTS = ("Task: copy", "Task: plan\nBrief: a somewhat longer brief about search", "Task: explain")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_base(tmp_path_factory.mktemp("base") / "tiny-llama")


def test_with_choices_every_answer_is_one_of_them(base: Path) -> None:
    choices = ('{"field": "cost"}', '{"field": "clicks"}', '{"field": "currency"}')

    answers = Writer(base, None).answers(PROMPTS, choices)

    assert len(answers) == len(PROMPTS)
    assert set(answers) <= set(choices)


def test_one_choice_being_the_beginning_of_another_can_still_be_answered(base: Path) -> None:
    assert Writer(base, None).answers(PROMPTS[:1], ("cost",)) == ["cost"]


def test_answers_come_in_the_order_of_the_prompts_whatever_the_batches(base: Path) -> None:
    together = Writer(base, None, batch_size=3).answers(PROMPTS)
    alone = Writer(base, None, batch_size=1).answers(PROMPTS)

    assert together == alone
    assert len(set(together)) > 1


def test_an_adapter_changes_what_is_answered(base: Path, tmp_path: Path) -> None:
    adapter = make_random_adapter(tmp_path / "adapter", base, seed=1, r=4)

    assert Writer(base, adapter).answers(PROMPTS[:1]) != Writer(base, None).answers(PROMPTS[:1])


def test_progress_hears_of_every_prompt(base: Path) -> None:
    heard: list[int] = []

    Writer(base, None, batch_size=2).answers(PROMPTS, ("a",), heard.append)

    assert heard == [2, 1]
