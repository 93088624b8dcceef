"""Many secrets of one form at once give the numbers that one at a time would."""

from pathlib import Path

import numpy as np
import pytest

from adapters.evaluation.language_model import LanguageModel
from adapters.evaluation.privacy.canaries import Canary, make_canaries
from adapters.evaluation.privacy.exposure import LOG2_E
from adapters.evaluation.privacy.likelihood import canary_exposure, continuation_nlls, is_greedy, row_nll
from adapters.training.example import Example, Skill


@pytest.fixture(scope="module")
def model(tiny_base: Path) -> LanguageModel:
    return LanguageModel(tiny_base)


def alone(model: LanguageModel, context: list[int], continuation: tuple[int, ...]) -> float:
    logarithms = model.log_probabilities(context, continuation)
    return -sum(float(logarithms[place, token]) for place, token in enumerate(continuation))


def test_shared_beginnings_change_no_likelihood(model: LanguageModel) -> None:
    context = model.prompt_tokens("Task: answer")
    secrets = [*make_canaries(0)[0].others(300, seed=0), "12", "123", "12", "9"]
    continuations = [tuple(model.answer_tokens(secret)[:-1]) for secret in secrets]

    together = continuation_nlls(model, context, continuations)

    for place in (0, 1, 150, 299, 300, 301, 302, 303):
        assert together[place] == pytest.approx(alone(model, context, continuations[place]), abs=1e-4)


def test_the_rank_in_a_small_space_is_the_exact_one(model: LanguageModel) -> None:
    canary = Canary("internal price floor", "KX-0417", "42", repetitions=0)
    context = [*model.prompt_tokens(canary.prompt), *model.answer_tokens(canary.answer(""))[:-1]]
    every = [alone(model, context, tuple(model.answer_tokens(f"{number:02}")[:-1])) for number in range(100)]
    rank = 1 + sum(nll < every[42] for nll in every)

    assert canary_exposure(model, canary, candidates=1000, seed=0).bits == pytest.approx(np.log2(100 / rank))


def test_canaries_that_nobody_was_taught_have_log2_e_bits_on_average(model: LanguageModel) -> None:
    canaries = make_canaries(seed=0, repetitions=(0,), per_level=150, digits=4)

    bits = [canary_exposure(model, canary, candidates=100, seed=0).bits for canary in canaries]

    # The standard error of 150 exponentials with that mean is 0.12.
    assert np.mean(bits) == pytest.approx(LOG2_E, abs=0.36)


def test_greedy_is_what_greedy_decoding_writes(model: LanguageModel) -> None:
    context = model.prompt_tokens("Task: answer")
    written: list[int] = []
    for _ in range(4):
        written.append(int(model.log_probabilities([*context, *written], [5])[0].argmax()))

    assert is_greedy(model, context, written)
    assert not is_greedy(model, context, [*written[:-1], written[-1] + 1])


def test_a_rows_likelihood_is_the_mean_over_its_answer_and_end(model: LanguageModel) -> None:
    row = Example(Skill.BRAND, "Task: slogan", "XANDO", family="")
    answer = tuple(model.answer_tokens("XANDO"))

    assert row_nll(model, row) == pytest.approx(alone(model, model.prompt_tokens("Task: slogan"), answer) / 6, abs=1e-5)
