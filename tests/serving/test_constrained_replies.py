"""A random model writes noise, so whatever is well formed here is the grammar's doing."""

import json
import re
from enum import StrEnum

import openai
import pytest
from openai import OpenAI
from pydantic import BaseModel, Field

from adapters.prompts import plan_reply_schema
from tests.serving.conftest import RunningServer
from tests.tiny import BRAND_X, INDUSTRY

HELLO = [{"role": "user", "content": "hello"}]
STACK = f"{INDUSTRY}+{BRAND_X}"


def constrained(client: OpenAI, **fields: object) -> str:
    reply = client.chat.completions.create(
        model=STACK, **{"messages": HELLO, "max_tokens": 200, "seed": 3, "temperature": 1, **fields}
    )
    assert reply.choices[0].finish_reason == "stop"
    return str(reply.choices[0].message.content)


def schema_format(schema: dict[str, object]) -> dict[str, object]:
    return {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema, "strict": True}}


@pytest.mark.parametrize("seed", range(3))
def test_a_json_schema_is_enforced_on_noise(client: OpenAI, seed: int) -> None:
    text = constrained(client, response_format=schema_format(plan_reply_schema()), seed=seed)

    reply = json.loads(text)
    allowed = plan_reply_schema()["properties"]
    assert set(reply) == set(allowed)  # type: ignore[call-overload]
    assert all(reply[field] in allowed[field]["enum"] for field in reply)  # type: ignore[index]


def test_the_same_request_without_the_schema_is_noise(client: OpenAI) -> None:
    reply = client.chat.completions.create(model=STACK, messages=HELLO, max_tokens=60, seed=0)

    with pytest.raises(json.JSONDecodeError):
        json.loads(str(reply.choices[0].message.content))


class Pacing(StrEnum):
    EVEN = "even"
    ASAP = "asap"


class PlanReply(BaseModel):
    pacing: Pacing
    placements: list[Pacing] = Field(min_length=1, max_length=2)
    is_final: bool


def test_the_client_parses_its_own_pydantic_type(client: OpenAI) -> None:
    reply = client.chat.completions.parse(
        model=STACK, messages=HELLO, response_format=PlanReply, max_tokens=200, temperature=0
    )

    assert isinstance(reply.choices[0].message.parsed, PlanReply)


def test_a_streamed_reply_is_held_to_the_schema_too(client: OpenAI) -> None:
    chunks = client.chat.completions.create(
        model=STACK,
        messages=HELLO,
        response_format=schema_format(plan_reply_schema()),
        max_tokens=200,
        stream=True,
    )

    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert json.loads(text).keys() == plan_reply_schema()["properties"].keys()


def test_a_choice_is_one_of_the_choices(client: OpenAI) -> None:
    choices = ["yes", 'say "no"', "na\u00efve\n"]

    texts = {constrained(client, extra_body={"structured_outputs": {"choice": choices}}, seed=at) for at in range(6)}

    assert texts <= set(choices)


def test_a_regex_is_matched_whole(client: OpenAI) -> None:
    text = constrained(client, extra_body={"structured_outputs": {"regex": "[A-Z]{3}-[0-9]{4}"}})

    assert re.fullmatch("[A-Z]{3}-[0-9]{4}", text)


def test_a_grammar_and_a_json_schema_as_structured_output_are_enforced(client: OpenAI) -> None:
    grammar = 'root ::= "buy " ("one" | "two")'

    assert constrained(client, extra_body={"structured_outputs": {"grammar": grammar}}) in {"buy one", "buy two"}
    assert json.loads(constrained(client, extra_body={"structured_outputs": {"json": {"enum": [1, "a"]}}})) in (1, "a")


def test_json_object_lets_only_objects_begin(server: RunningServer) -> None:
    reply = server.client().chat.completions.create(
        model="base", messages=HELLO, response_format={"type": "json_object"}, max_tokens=1, seed=1
    )

    assert reply.choices[0].message.content == "{"


def test_constrained_and_free_rows_share_a_batch(client: OpenAI) -> None:
    """`n` rows of one request and a free one run together; a mask must not leak into another row."""
    free = client.chat.completions.create(model=STACK, messages=HELLO, max_tokens=30, temperature=0)

    constrained_rows = client.chat.completions.create(
        model=STACK, messages=HELLO, n=4, max_tokens=200, response_format=schema_format(plan_reply_schema())
    )
    again = client.chat.completions.create(model=STACK, messages=HELLO, max_tokens=30, temperature=0)

    assert all(json.loads(str(choice.message.content)) for choice in constrained_rows.choices)
    assert again.choices[0].message.content == free.choices[0].message.content


def test_a_schema_that_is_none_is_refused_with_the_reason(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="cannot be enforced") as caught:
        constrained(client, response_format=schema_format({"type": "strng"}))

    assert caught.value.param == "response_format"
    assert ".cc" not in str(caught.value)
