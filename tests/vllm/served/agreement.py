"""How often two ways of serving write the same greedy text, over the same prompts."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from openai import OpenAI

from adapters.prompts import Message
from tests.vllm.served.house import BASE_SLUG
from tests.vllm.served.prompts import PROMPTS

NEW_TOKENS = 24
STREAMS = 8

Answer = Callable[[list[Message]], str]


def server_texts(
    client: OpenAI, model: str, prompts: Sequence[list[Message]] = PROMPTS, new_tokens: int = NEW_TOKENS
) -> list[str]:
    def ask(messages: list[Message]) -> str:
        reply = client.chat.completions.create(
            model=model,
            messages=messages,
            temperature=0,
            max_tokens=new_tokens,
        )
        return str(reply.choices[0].message.content)

    with ThreadPoolExecutor(STREAMS) as pool:
        return list(pool.map(ask, prompts))


def peft_texts(
    base: Path, adapters: Path, adapter_ids: Sequence[str], prompts: Sequence[list[Message]] = PROMPTS
) -> list[str]:
    """PEFT with all adapters active at once, in float32: the sum that a composition claims to be."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(base)
    model: Any = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    first, *others = adapter_ids
    model = PeftModel.from_pretrained(model, adapters / first / BASE_SLUG, adapter_name=first)
    for adapter_id in others:
        model.load_adapter(adapters / adapter_id / BASE_SLUG, adapter_name=adapter_id)
    model.base_model.set_adapter(list(adapter_ids))
    model.eval()
    return [_greedy(model, tokenizer, messages) for messages in prompts]


def _greedy(model: Any, tokenizer: Any, messages: list[Message]) -> str:
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    prompt = tokenizer(text, return_tensors="pt", add_special_tokens=False)
    written = model.generate(**prompt, max_new_tokens=NEW_TOKENS, do_sample=False, pad_token_id=tokenizer.pad_token_id)
    return str(tokenizer.decode(written[0, prompt["input_ids"].shape[1] :], skip_special_tokens=True))


def agreement(first: Sequence[str], second: Sequence[str]) -> float:
    """The share of prompts with the same text to the letter."""
    assert len(first) == len(second)
    return sum(one == other for one, other in zip(first, second, strict=True)) / len(first)
