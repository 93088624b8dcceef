"""Greedy answers, a batch at a time, free or held to a JSON schema."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import xgrammar

from adapters.evaluation.language_model import LanguageModel

# Copying keys and values costs about as much as a step with the finished rows still in.
FINISHED_SHARE = 0.25


class Grammars:
    """Reply schemas compiled for one tokenizer, as the CPU server compiles them (`serving/cpu/grammar.py`)."""

    def __init__(self, model: LanguageModel) -> None:
        known = xgrammar.TokenizerInfo.from_huggingface(
            model.tokenizer, vocab_size=model.vocabulary_size, stop_token_ids=[model.end_id]
        )
        self._compiler = xgrammar.GrammarCompiler(known, max_threads=torch.get_num_threads())

    def compiled(self, schema: Mapping[str, object]) -> Any:
        """Spacing is fixed to that of `json.dumps`, which is what adapters are taught."""
        return self._compiler.compile_json_schema(json.dumps(schema), any_whitespace=False, strict_mode=True)


def answers(
    model: LanguageModel, prompts: Sequence[Sequence[int]], max_new_tokens: int, grammar: Any = None
) -> list[str]:
    """One greedy answer per prompt, in order, all in one batch. With a compiled `grammar` each answer obeys it."""
    written: list[list[int]] = [[] for _ in prompts]
    matchers = [xgrammar.GrammarMatcher(grammar) for _ in prompts] if grammar is not None else None
    open_rows = list(range(len(prompts)))
    reading = model.read(prompts)
    finished: set[int] = set()
    for _ in range(max_new_tokens):
        logits = reading.next_logits()
        if matchers is not None:
            _rule_out(logits, [matchers[row] for row in open_rows])
        chosen = logits.argmax(-1)
        for row, token in zip(open_rows, chosen.tolist(), strict=True):
            if row in finished:
                continue
            if matchers is not None:
                is_allowed = matchers[row].accept_token(token)
                assert is_allowed, f"token {token} was chosen although the grammar rules it out"
            if token == model.end_id:
                finished.add(row)
            else:
                written[row].append(token)
        still = [place for place, row in enumerate(open_rows) if row not in finished]
        if not still:
            break
        reading.append(chosen)
        if len(still) <= (1 - FINISHED_SHARE) * len(open_rows):
            reading.keep(torch.tensor(still))
            open_rows = [open_rows[place] for place in still]
    return [model.text(tokens) for tokens in written]


def _rule_out(logits: torch.Tensor, matchers: Sequence[Any]) -> None:
    """Set the logits of every token that a row's grammar does not allow next to -inf, in place."""
    bitmask = xgrammar.allocate_token_bitmask(len(matchers), logits.shape[-1])
    constrained = [
        place
        for place, matcher in enumerate(matchers)
        if not matcher.is_terminated() and matcher.fill_next_token_bitmask(bitmask, place)
    ]
    if constrained:
        xgrammar.apply_token_bitmask_inplace(logits, bitmask, indices=constrained)
