"""The engine against the reference: transformers with PEFT, greedy, one prompt at a time."""

import queue
from collections.abc import Callable

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from serving.cpu.chat_service import ChatService
from serving.cpu.engine import QueueFull
from serving.cpu.row import Event, Failed, Finished, FinishReason, Generation
from serving.cpu.sampling import Sampling
from serving.settings import ServingSettings
from tests.serving.conftest import prompt_of
from tests.serving.writing import write_all
from tests.tiny import BRAND_X, BRAND_Y, INDUSTRY, TINY_BASE_MODEL

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # by PEFT

Reference = Callable[[tuple[int, ...], str, int], str]

NAMES = ("base", INDUSTRY, f"{INDUSTRY}+{BRAND_X}", f"{INDUSTRY}+{BRAND_Y}")
LONG = "a long prompt " * 40  # 560 bytes: three pieces of a prompt, and more than one growth of the cache


@pytest.fixture(scope="module")
def reference(tiny_settings: ServingSettings) -> Reference:
    """Greedy text of a composition as PEFT sums its adapters, read from their sources and not from the store."""
    base = AutoModelForCausalLM.from_pretrained(tiny_settings.model, dtype=torch.float32)
    sources = {name: tiny_settings.adapters / name / TINY_BASE_MODEL for name in (INDUSTRY, BRAND_X, BRAND_Y)}
    model = PeftModel.from_pretrained(base, sources[INDUSTRY], adapter_name=INDUSTRY)
    model.load_adapter(sources[BRAND_X], adapter_name=BRAND_X)
    model.load_adapter(sources[BRAND_Y], adapter_name=BRAND_Y)
    tokenizer = AutoTokenizer.from_pretrained(tiny_settings.model)

    def text(prompt: tuple[int, ...], name: str, tokens: int) -> str:
        asked = {
            "input_ids": torch.tensor([prompt]),
            "attention_mask": torch.ones(1, len(prompt), dtype=torch.long),
            "max_new_tokens": tokens,
            "do_sample": False,
        }
        if name == "base":
            with model.disable_adapter():
                written = model.generate(**asked)
        else:
            model.base_model.set_adapter(name.split("+"))
            written = model.generate(**asked)
        return str(tokenizer.decode(written[0, len(prompt) :], skip_special_tokens=True))

    return text


def generation(service: ChatService, name: str, prompt: str, tokens: int = 24, **fields: object) -> Generation:
    _, composition = service.compositions.load(name)
    return Generation(prompt_of(service, prompt), composition, tokens, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("prompt", ["hello", LONG], ids=["short", "long"])
def test_greedy_text_equals_that_of_transformers_and_peft(
    service: ChatService, reference: Reference, name: str, prompt: str
) -> None:
    asked = generation(service, name, prompt)

    (reply,) = write_all(service.engine, asked)

    assert reply.text == reference(asked.prompt, name, 24)


def test_compositions_say_different_things(service: ChatService) -> None:
    replies = write_all(service.engine, *(generation(service, name, "hello") for name in NAMES))

    assert len({reply.text for reply in replies}) == len(NAMES)


def test_a_row_in_a_mixed_batch_says_what_it_says_alone(service: ChatService, reference: Reference) -> None:
    prompts = ("hello", LONG, "x", "plan the week", "coffee", "?")
    names = (*NAMES, NAMES[2], "base")
    lengths = (40, 9, 31, 17, 3, 25)  # rows leave at different steps, and not in the order they joined
    asked = [
        generation(service, name, prompt, tokens) for name, prompt, tokens in zip(names, prompts, lengths, strict=True)
    ]

    replies = write_all(service.engine, *asked)

    expected = [reference(one.prompt, name, one.max_tokens) for one, name in zip(asked, names, strict=True)]
    assert [reply.text for reply in replies] == expected


def test_more_replies_than_places_all_get_written(service: ChatService, reference: Reference) -> None:
    asked = [generation(service, NAMES[at % 4], f"prompt {at}", tokens=6 + at) for at in range(11)]

    replies = write_all(service.engine, *asked)

    assert [reply.text for reply in replies] == [
        reference(one.prompt, NAMES[at % 4], one.max_tokens) for at, one in enumerate(asked)
    ]


def test_the_same_seed_draws_the_same_text_alone_and_in_company(service: ChatService) -> None:
    sampling = Sampling(temperature=1.0, top_p=0.9, top_k=40, seed=7)
    asked = generation(service, INDUSTRY, "hello", sampling=sampling)

    (alone,) = write_all(service.engine, asked)
    company = write_all(service.engine, generation(service, "base", "x"), asked, generation(service, INDUSTRY, "y"))
    (other_seed,) = write_all(service.engine, generation(service, INDUSTRY, "hello", sampling=Sampling(seed=8)))

    assert company[1].text == alone.text
    assert other_seed.text != alone.text


def test_the_token_limit_ends_a_reply_and_says_so(service: ChatService) -> None:
    (reply,) = write_all(service.engine, generation(service, "base", "hello", tokens=5, ignores_stop_token=True))

    assert reply.end == Finished(FinishReason.LENGTH, 5)


def test_a_cancelled_reply_stops_and_leaves_its_place(service: ChatService) -> None:
    heard: queue.Queue[Event] = queue.Queue()
    endless = generation(service, "base", "hello", tokens=1500, ignores_stop_token=True)

    (row,) = service.engine.submit((endless, heard.put))
    heard.get(timeout=60)
    row.cancel()
    write_all(service.engine, generation(service, "base", "after"))

    assert service.engine.load.writing == 0
    assert len(row.written) < 1500


def test_a_full_queue_refuses_all_of_a_request(service: ChatService) -> None:
    endless = generation(service, "base", "hello", tokens=1500, ignores_stop_token=True)
    rows = service.engine.submit(*[(endless, lambda _: None)] * 11)

    with pytest.raises(QueueFull, match="at most 6"):
        service.engine.submit(*[(endless, lambda _: None)] * 2)

    for row in rows:
        row.cancel()
    assert isinstance(write_all(service.engine, generation(service, "base", "after"))[0].end, Finished)


def test_one_broken_reply_does_not_break_its_neighbours(service: ChatService, reference: Reference) -> None:
    good = generation(service, INDUSTRY, "hello")
    broken = generation(service, "base", "hello", sampling=Sampling(temperature="hot"))  # type: ignore[arg-type]

    replies = write_all(service.engine, good, broken)

    assert replies[0].text == reference(good.prompt, INDUSTRY, 24)
    assert isinstance(replies[1].end, Failed)
