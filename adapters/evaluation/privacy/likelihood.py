"""What the model, as it is right now, thinks of secrets and of rows."""

from collections.abc import Sequence

import torch

from adapters.evaluation.language_model import LanguageModel
from adapters.evaluation.privacy.canaries import Canary
from adapters.evaluation.privacy.exposure import Exposure, exposure
from adapters.training.example import Example

ROWS_AT_ONCE = 128  # of 80 tokens each, about half a gigabyte of keys and values for the laptop's base


def canary_exposure(model: LanguageModel, canary: Canary, candidates: int, seed: int) -> Exposure:
    others = canary.others(candidates, seed)
    answers = [model.answer_tokens(canary.answer(secret))[:-1] for secret in (canary.secret, *others)]
    lead = next(place for place, tokens in enumerate(zip(*answers, strict=False)) if len(set(tokens)) > 1)
    context = [*model.prompt_tokens(canary.prompt), *answers[0][:lead]]
    secrets = [tuple(answer[lead:]) for answer in answers]
    own, *rest = continuation_nlls(model, context, secrets)
    return exposure(own, rest, canary.space, is_greedy(model, context, secrets[0]))


def continuation_nlls(
    model: LanguageModel, context: Sequence[int], continuations: Sequence[tuple[int, ...]]
) -> list[float]:
    """The negative log-likelihood of each continuation of one context, in nats and in order.

    The context is read once per batch, and so is whatever continuations begin with in common: sorted, they share the
    most. Two of them may be equal; one may begin another.
    """
    ordered = sorted(set(continuations))
    nlls: dict[tuple[int, ...], float] = {}
    for start in range(0, len(ordered), ROWS_AT_ONCE):
        nlls |= _batch_nlls(model, context, ordered[start : start + ROWS_AT_ONCE])
    return [nlls[continuation] for continuation in continuations]


def _batch_nlls(
    model: LanguageModel, context: Sequence[int], continuations: Sequence[tuple[int, ...]]
) -> dict[tuple[int, ...], float]:
    """One row per distinct beginning, longer by a token at every step."""
    reading = model.read([context])
    known: dict[tuple[int, ...], float] = {(): 0.0}
    row_of: dict[tuple[int, ...], int] = {(): 0}
    longest = max(len(continuation) for continuation in continuations)
    for length in range(1, longest + 1):
        logarithms = torch.log_softmax(reading.next_logits().double(), dim=-1)
        beginnings = sorted({found[:length] for found in continuations if len(found) >= length})
        parents = torch.tensor([row_of[beginning[:-1]] for beginning in beginnings])
        tokens = torch.tensor([beginning[-1] for beginning in beginnings])
        steps = logarithms[parents, tokens].tolist()
        known |= {found: known[found[:-1]] - step for found, step in zip(beginnings, steps, strict=True)}
        if length < longest:
            reading.keep(parents)
            reading.append(tokens)
            row_of = {beginning: row for row, beginning in enumerate(beginnings)}
    return {continuation: known[continuation] for continuation in continuations}


def is_greedy(model: LanguageModel, context: Sequence[int], continuation: Sequence[int]) -> bool:
    """Whether the likeliest token is the continuation's at every place: then greedy decoding writes it."""
    likeliest = model.log_probabilities(context, continuation).argmax(dim=-1)
    return bool(likeliest.tolist() == list(continuation))


def row_nll(model: LanguageModel, example: Example) -> float:
    """The mean over the answer's tokens and its end, as in training."""
    answer = model.answer_tokens(example.answer)
    logarithms = model.log_probabilities(model.prompt_tokens(example.prompt), answer)
    return -float(logarithms[torch.arange(len(answer)), torch.tensor(answer)].mean())
