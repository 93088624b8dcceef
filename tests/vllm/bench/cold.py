"""How long a composition that nobody has asked for yet takes to its first token, and what of it goes where."""

import httpx

from tests.vllm.bench.asking import composed, first_token_seconds, load_seconds, prompt_of
from tests.vllm.bench.generator import RunFailed


def cold_trial(http: httpx.Client, whole: str, split: str, words: int, number: int) -> dict[str, float]:
    """Two names that were never asked for: one streamed at once, one taken step by step. Seconds.

    `load_s` is resolving and reading into memory and a slot; `first_token_s` follows on the name just loaded,
    `warm_first_token_s` once more after that. Raises RunFailed.
    """
    prompts = [prompt_of(words, number * 10 + place) for place in range(3)]
    whole_s = first_token_seconds(http, whole, prompts[0])
    made_before, seconds_before = composed(http)
    resolved_s = load_seconds(http, split)
    made_after, seconds_after = composed(http)
    if made_after != made_before + 1:
        raise RunFailed(f"{made_after - made_before} compositions were made where one was asked for")
    compose_s = seconds_after - seconds_before
    return {
        "whole_s": whole_s,
        "compose_s": compose_s,
        "load_s": resolved_s - compose_s,
        "first_token_s": first_token_seconds(http, split, prompts[1]),
        "warm_first_token_s": first_token_seconds(http, split, prompts[2]),
        "warm_tokenize_s": load_seconds(http, split),
    }
