"""Drawing one token from known probabilities."""

import pytest
import torch

from serving.cpu.sampling import GREEDY, Sampler, Sampling

PROBABILITIES = (0.5, 0.3, 0.15, 0.05)


def logits() -> torch.Tensor:
    return torch.tensor(PROBABILITIES).log()


def drawn(sampling: Sampling, times: int = 400) -> set[int]:
    sampler = Sampler(sampling)
    return {sampler.next_token(logits(), []) for _ in range(times)}


def test_temperature_zero_takes_the_likeliest() -> None:
    assert drawn(GREEDY) == {0}


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (Sampling(seed=1), {0, 1, 2, 3}),
        (Sampling(seed=1, top_k=2), {0, 1}),
        (Sampling(seed=1, top_k=99), {0, 1, 2, 3}),
        (Sampling(seed=1, top_p=0.5), {0}),
        (Sampling(seed=1, top_p=0.6), {0, 1}),
        (Sampling(seed=1, top_p=0.01), {0}),
        (Sampling(seed=1, top_p=0.96), {0, 1, 2, 3}),
    ],
)
def test_only_the_tokens_that_were_asked_for_are_drawn(sampling: Sampling, expected: set[int]) -> None:
    assert drawn(sampling) == expected


def test_shares_follow_the_probabilities() -> None:
    sampler = Sampler(Sampling(seed=5))
    counts = torch.bincount(torch.tensor([sampler.next_token(logits(), []) for _ in range(4000)]), minlength=4)

    assert torch.allclose(counts / 4000, torch.tensor(PROBABILITIES), atol=0.03)


def test_penalties_push_down_what_was_written_by_how_often() -> None:
    twice_then_once = [0, 0, 1]
    frequency, presence = torch.zeros(4), torch.zeros(4)

    Sampler(Sampling(temperature=0, frequency_penalty=1)).next_token(frequency, twice_then_once)
    Sampler(Sampling(temperature=0, presence_penalty=1)).next_token(presence, twice_then_once)

    assert frequency.tolist() == [-2, -1, 0, 0]
    assert presence.tolist() == [-1, -1, 0, 0]
