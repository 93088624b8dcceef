"""From logits to the next token, as one request asked for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Sampling:
    """OpenAI's sampling fields; temperature 0 is greedy. `top_k` 0 means no limit."""

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    seed: int | None = None


GREEDY = Sampling(temperature=0)


class Sampler:
    """Draws a request's tokens; the same seed draws the same tokens whoever else is in the batch."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._generator = torch.Generator()
        if sampling.seed is None:
            self._generator.seed()
        else:
            self._generator.manual_seed(sampling.seed % 2**63)

    def next_token(self, logits: Tensor, written: Sequence[int]) -> int:
        """logits: (vocabulary,), changed in place; `written` are the reply's tokens so far."""
        sampling = self._sampling
        if written and (sampling.presence_penalty or sampling.frequency_penalty):
            tokens, counts = torch.unique(torch.tensor(written), return_counts=True)
            # https://platform.openai.com/docs/api-reference/chat/create: mu - c * frequency - (c > 0) * presence
            logits[tokens] -= counts * sampling.frequency_penalty + sampling.presence_penalty
        if sampling.temperature == 0:
            return int(logits.argmax())
        logits /= sampling.temperature
        if 0 < sampling.top_k < len(logits):
            logits[logits < logits.topk(sampling.top_k).values[-1]] = -torch.inf
        if sampling.top_p < 1:
            _keep_nucleus(logits, sampling.top_p)
        return int(torch.multinomial(logits.softmax(-1), 1, generator=self._generator))


def _keep_nucleus(logits: Tensor, share: float) -> None:
    """Rule out, in place, all but the fewest likeliest tokens whose probabilities reach `share`."""
    ordered, tokens = logits.sort(descending=True)
    shares = ordered.softmax(-1)
    logits[tokens[shares.cumsum(-1) - shares >= share]] = -torch.inf
