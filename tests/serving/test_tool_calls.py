"""Tool calls: forced ones by grammar, free ones read out of the text."""

import json

import pytest
from openai import OpenAI

from serving.cpu.chat_request import ChatRequest
from serving.cpu.rendering import reply_constraint
from serving.cpu.tools import CallSplitter, WrittenCall, tools_prompt

HELLO = [{"role": "user", "content": "hello"}]
PLACEMENT = {"enum": ["search", "display"]}


def tool(name: str, parameters: dict[str, object] | None = None) -> dict[str, object]:
    return {"type": "function", "function": {"name": name, "description": f"does {name}", "parameters": parameters}}


SPEND = tool(
    "set_spend",
    {
        "type": "object",
        "properties": {"placement": {"$ref": "#/$defs/placement"}, "is_final": {"type": "boolean"}},
        "required": ["placement", "is_final"],
        "$defs": {"placement": PLACEMENT},
    },
)
STOP = tool("stop")


def test_a_named_tool_is_called_with_arguments_of_its_schema(client: OpenAI) -> None:
    reply = client.chat.completions.create(
        model="base",
        messages=HELLO,
        tools=[SPEND, STOP],
        tool_choice={"type": "function", "function": {"name": "set_spend"}},
        max_tokens=200,
        seed=1,
    )

    (choice,) = reply.choices
    (call,) = choice.message.tool_calls or []
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    assert call.type == "function" and call.function.name == "set_spend"
    arguments = json.loads(call.function.arguments)
    assert arguments["placement"] in PLACEMENT["enum"] and isinstance(arguments["is_final"], bool)


@pytest.mark.parametrize("seed", range(3))
def test_required_calls_one_of_the_tools(client: OpenAI, seed: int) -> None:
    reply = client.chat.completions.create(
        model="base", messages=HELLO, tools=[SPEND, STOP], tool_choice="required", max_tokens=200, seed=seed
    )

    (call,) = reply.choices[0].message.tool_calls or []
    assert call.type == "function" and call.function.name in {"set_spend", "stop"}
    json.loads(call.function.arguments)


def test_a_forced_call_is_streamed_as_a_call(client: OpenAI) -> None:
    chunks = client.chat.completions.create(
        model="base", messages=HELLO, tools=[STOP], tool_choice="required", max_tokens=200, stream=True
    )

    deltas = [chunk.choices[0] for chunk in chunks]
    calls = [call for choice in deltas for call in choice.delta.tool_calls or []]
    assert [(call.index, call.function and call.function.name) for call in calls] == [(0, "stop")]
    assert deltas[-1].finish_reason == "tool_calls"
    assert not any(choice.delta.content for choice in deltas)


def test_a_forced_call_cut_short_keeps_its_text_and_says_length(client: OpenAI) -> None:
    reply = client.chat.completions.create(
        model="base", messages=HELLO, tools=[SPEND], tool_choice="required", max_tokens=5
    )

    assert reply.choices[0].finish_reason == "length"
    assert str(reply.choices[0].message.content) == '{"nam'
    assert not reply.choices[0].message.tool_calls


def test_a_conversation_with_calls_and_results_goes_on(client: OpenAI) -> None:
    called = {"id": "c1", "type": "function", "function": {"name": "stop", "arguments": "{}"}}
    messages = [
        *HELLO,
        {"role": "assistant", "content": None, "tool_calls": [called]},
        {"role": "tool", "tool_call_id": "c1", "content": "stopped"},
    ]

    reply = client.chat.completions.create(model="base", messages=messages, tools=[STOP], max_tokens=4)

    assert reply.usage is not None and reply.usage.completion_tokens > 0


def test_tools_change_the_prompt_unless_tool_choice_is_none(client: OpenAI) -> None:
    def prompt_tokens(**fields: object) -> int:
        reply = client.chat.completions.create(**{"model": "base", "messages": HELLO, "max_tokens": 1, **fields})
        return int(reply.usage.prompt_tokens)

    assert prompt_tokens(tools=[STOP]) > prompt_tokens()
    assert prompt_tokens(tools=[STOP], tool_choice="none") == prompt_tokens()


def request(**fields: object) -> ChatRequest:
    return ChatRequest.model_validate({"model": "base", "messages": HELLO, **fields})


def test_what_starts_as_a_free_call_must_be_a_valid_one() -> None:
    constraint = reply_constraint(request(tools=[SPEND, STOP]))

    assert constraint is not None and constraint.kind == "structural_tag"
    assert "triggered_tags" in constraint.source
    assert reply_constraint(request(tools=[SPEND], tool_choice="none")) is None


def test_the_prompt_names_every_tool() -> None:
    shown = tools_prompt(request(tools=[SPEND, STOP]).tools or ())

    assert "set_spend" in shown and "does stop" in shown and "<tool_call>" in shown


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_calls_are_read_out_of_text_however_it_is_cut(size: int) -> None:
    text = 'I will <b> <tool_call>{"name": "stop", "arguments": {"a": "<tool_call>"}}</tool_call> now <tool'
    splitter = CallSplitter()
    content, calls = "", []

    for at in range(0, len(text), size):
        more, found = splitter.push(text[at : at + size])
        content += more
        calls += found
    more, found = splitter.push("", is_last=True)

    assert content + more == "I will <b>  now <tool"
    assert calls + found == [WrittenCall("stop", '{"a": "<tool_call>"}')]


def test_a_call_that_is_not_json_stays_text() -> None:
    splitter = CallSplitter()

    shown, calls = splitter.push("<tool_call>nonsense</tool_call>")
    rest, late_calls = splitter.push("", is_last=True)

    assert shown + rest == "<tool_call>nonsense</tool_call>"
    assert calls + late_calls == []
