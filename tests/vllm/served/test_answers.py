"""What an OpenAI client gets from vLLM behind the edge, whatever it names."""

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from openai import OpenAI

from adapters.prompts import column_prompt, column_reply_schema, copy_prompt, messages
from schemas.tasks import PlacementType
from serving.settings import ServingSettings
from tests.vllm.served.agreement import agreement, peft_texts, server_texts
from tests.vllm.served.house import INDUSTRY, STACK_X, STACK_Y, Server
from tests.vllm.served.prompts import PROMPTS

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"),  # by PEFT
]

WEIGHTED = f"{INDUSTRY}:0.8+manufacturer_lab_one:0.5"
LAB_NAMES = (
    "base",
    INDUSTRY,
    WEIGHTED,
    f"{INDUSTRY}+manufacturer_lab_one",
    f"{INDUSTRY}+manufacturer_lab_two",
    "manufacturer_lab_two",
    "manufacturer_lab_one:-0.5+manufacturer_lab_two",
)
COPY = messages(copy_prompt(PlacementType.SPONSORED_SEARCH, "Xando", "Dark Roast 500 g"))

TOOL = {
    "type": "function",
    "function": {
        "name": "query_clean_room",
        "description": "Ask the clean room.",
        "parameters": {
            "type": "object",
            "properties": {"metric": {"enum": ["clicks", "revenue"]}, "weeks": {"type": "integer"}},
            "required": ["metric", "weeks"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}


def test_the_prewarmed_name_was_loaded_before_anyone_asked(vllm: Server) -> None:
    told = vllm.log.read_text()

    assert re.search(rf"prewarmed: name={INDUSTRY}@[0-9a-f]{{12}} status=200", told)
    assert "start-up self-check passed" in told


@pytest.mark.parametrize("name", ["base", INDUSTRY, STACK_X, f"manufacturer_brand_x+{INDUSTRY}"])
def test_an_answer_names_the_bytes_that_gave_it(vllm: Server, name: str) -> None:
    reply = vllm.client("brand_x").chat.completions.create(model=name, messages=COPY, max_tokens=4)

    pinned = "base" if name == "base" else r"industry_retail_media@[0-9a-f]{12}(\+manufacturer_brand_x@[0-9a-f]{12})?"
    assert re.fullmatch(pinned, reply.model)
    assert reply.model.count("+") == name.count("+")


def test_weights_are_part_of_the_name_and_change_the_answer(vllm: Server) -> None:
    client = vllm.client("lab")

    names = [f"{INDUSTRY}:{weight}+manufacturer_lab_one:0.5" for weight in ("0.8", "0.1")]
    replies = [
        client.chat.completions.create(model=name, messages=COPY, temperature=0, max_tokens=16) for name in names
    ]

    assert ":0.8+" in replies[0].model and replies[0].model.endswith(":0.5")
    assert replies[0].choices[0].message.content != replies[1].choices[0].message.content


def test_a_reply_schema_holds_for_a_composition(vllm: Server) -> None:
    schema = {"name": "column", "schema": column_reply_schema(), "strict": True}

    reply = vllm.client("brand_x").chat.completions.create(
        model=STACK_X,
        messages=messages(column_prompt("Clicks", ["12", "3"])),
        temperature=0,
        max_tokens=30,
        response_format={"type": "json_schema", "json_schema": schema},
    )

    assert json.loads(str(reply.choices[0].message.content)) == {"field": "clicks", "unit": "count"}


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "query_clean_room"}}])
def test_a_forced_tool_call_fits_its_parameters(vllm: Server, choice: object) -> None:
    reply = vllm.client("brand_x").chat.completions.create(
        model=STACK_X,
        messages=[{"role": "user", "content": "How many clicks in the last 4 weeks?"}],
        temperature=0,
        max_tokens=80,
        tools=[TOOL],
        tool_choice=choice,
    )

    calls = reply.choices[0].message.tool_calls
    assert calls is not None and calls[0].function.name == "query_clean_room"
    arguments = json.loads(calls[0].function.arguments)
    assert arguments["metric"] in {"clicks", "revenue"} and isinstance(arguments["weeks"], int)


def test_a_stream_spells_the_whole_reply_and_ends_with_its_usage(vllm: Server) -> None:
    client = vllm.client("brand_x")
    asked = {"model": STACK_X, "messages": COPY, "temperature": 0, "max_tokens": 16}
    whole = client.chat.completions.create(**asked)

    chunks = list(client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}))

    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == (
        whole.choices[0].message.content
    )
    assert chunks[-1].usage == whole.usage
    assert {chunk.model for chunk in chunks} == {whole.model}


def test_completions_responses_and_tokens_take_the_same_names(vllm: Server) -> None:
    client = vllm.client("brand_x")

    completion = client.completions.create(model=STACK_X, prompt="Task: copy", max_tokens=3)
    response = client.responses.create(model=STACK_X, input="Task: copy", max_output_tokens=3, store=False)
    with vllm.http("brand_x") as http:
        tokens = http.post("/tokenize", json={"model": STACK_X, "prompt": "Task"}).json()["tokens"]
        text = http.post("/detokenize", json={"model": STACK_X, "tokens": tokens}).json()["prompt"]

    assert completion.model == response.model and completion.model.startswith(f"{INDUSTRY}@")
    assert text == "Task"


def test_greedy_text_agrees_with_the_cpu_server_and_with_peft(
    vllm: Server, cpu_clients: dict[str, OpenAI], settings: ServingSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(PROMPTS) >= 20
    from_vllm = server_texts(vllm.client("brand_x"), STACK_X)
    from_cpu = server_texts(cpu_clients["brand_x"], STACK_X)
    from_peft = peft_texts(settings.model, settings.adapters, STACK_X.split("+"))

    with_cpu, with_peft = agreement(from_vllm, from_cpu), agreement(from_vllm, from_peft)
    with capsys.disabled():
        print(
            f"\ngreedy agreement of vLLM over {len(PROMPTS)} prompts: CPU server {with_cpu:.0%}, PEFT {with_peft:.0%}"
        )

    # In float32 only sums taken in another order differ; a tie between two words may then fall the other way.
    assert with_cpu >= 0.95
    assert with_peft >= 0.95
    assert len(set(from_vllm)) > len(PROMPTS) / 2


def test_more_compositions_than_slots_never_change_an_answer(vllm: Server, cpu_clients: dict[str, OpenAI]) -> None:
    """Seven names, three slots, three places in memory: each is evicted and read again, and base rows mix in."""
    client, reference = vllm.client("lab"), cpu_clients["lab"]
    expected = {name: first_words(reference, name) for name in LAB_NAMES}

    in_turn = {name: first_words(client, name) for name in (*LAB_NAMES, *reversed(LAB_NAMES))}
    with ThreadPoolExecutor(len(LAB_NAMES)) as pool:
        together = dict(zip(LAB_NAMES, pool.map(lambda name: first_words(client, name), LAB_NAMES), strict=True))

    assert in_turn == together == expected
    assert len(set(expected.values())) == len(LAB_NAMES)


def first_words(client: OpenAI, name: str) -> str:
    return server_texts(client, name, PROMPTS[:1], new_tokens=8)[0]


def test_a_composed_file_removed_by_hand_is_made_again_before_vllm_misses_it(
    vllm: Server, settings: ServingSettings
) -> None:
    client = vllm.client("lab")
    before = {name: first_words(client, name) for name in LAB_NAMES}  # the first of them are evicted again
    for folder in settings.composed.iterdir():
        shutil.rmtree(folder)

    after = {name: first_words(client, name) for name in LAB_NAMES}

    assert after == before
    assert "was removed while it is served, made again" in vllm.log.read_text()


def test_composed_files_hold_the_serving_dtype(settings: ServingSettings, vllm: Server) -> None:
    server_texts(vllm.client("brand_y"), STACK_Y, PROMPTS[:1])

    manifests = [json.loads(Path(file).read_text()) for file in settings.composed.glob("*/manifest.json")]
    assert {manifest["recipe"]["dtype"] for manifest in manifests} == {"float32"}
