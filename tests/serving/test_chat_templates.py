"""Our chat templates: the same prompt on both servers, and the format each base was trained on."""

import json
from typing import Any

import pytest
from transformers import AutoTokenizer

from serving.cpu.chat_request import ChatRequest
from serving.cpu.rendering import prompt_tokens
from serving.settings import ServingSettings
from serving.vllm.chat_template import TEMPLATES

pytestmark = pytest.mark.model

TOOL = {
    "type": "function",
    "function": {
        "name": "query",
        "description": "Ask the clean room.",
        "parameters": {"type": "object", "properties": {"weeks": {"type": "integer"}}},
    },
}
BARE_TOOL = {"type": "function", "function": {"name": "stop"}}
CALL = {"id": "1", "type": "function", "function": {"name": "query", "arguments": '{"weeks": 4}'}}

CHATS: dict[str, dict[str, Any]] = {
    "user alone": {"messages": [{"role": "user", "content": "hello"}]},
    "system first": {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hello"}]},
    "developer": {"messages": [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "hi"}]},
    "tools": {"messages": [{"role": "user", "content": "clicks?"}], "tools": [TOOL, BARE_TOOL]},
    "tools and system": {
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "clicks?"}],
        "tools": [TOOL],
    },
    "a call and its result": {
        "messages": [
            {"role": "user", "content": "clicks?"},
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "1", "content": "12"},
            {"role": "assistant", "content": "12 clicks"},
            {"role": "user", "content": "thanks"},
        ],
        "tools": [TOOL],
    },
}


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(ServingSettings().model)


def as_vllm_gives_them(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """vLLM hands a template the arguments of a call as an object."""
    given = json.loads(json.dumps(messages))
    for message in given:
        for call in message.get("tool_calls", ()):
            call["function"]["arguments"] = json.loads(call["function"]["arguments"])
    return given


@pytest.mark.parametrize("chat", CHATS.values(), ids=CHATS)
def test_vllm_shows_smollm2_the_prompt_that_the_cpu_server_shows(tokenizer: Any, chat: dict[str, Any]) -> None:
    template = (TEMPLATES / "smollm2.jinja").read_text(encoding="utf-8")
    tools = chat.get("tools")

    shown = tokenizer.apply_chat_template(
        as_vllm_gives_them(chat["messages"]),
        tools=tools,
        chat_template=template,
        tokenize=False,
        add_generation_prompt=True,
    )

    on_cpu = tokenizer.decode(prompt_tokens(ChatRequest.model_validate({"model": "base", **chat}), tokenizer))
    assert shown == on_cpu


def llama_prompt(tokenizer: Any, chat: dict[str, Any]) -> str:
    template = (TEMPLATES / "llama_3_1.jinja").read_text(encoding="utf-8")
    return str(
        tokenizer.apply_chat_template(
            as_vllm_gives_them(chat["messages"]),
            tools=chat.get("tools"),
            chat_template=template,
            tokenize=False,
            add_generation_prompt=True,
            bos_token="<|begin_of_text|>",
        )
    )


def test_llama_3_1_gets_its_headers(tokenizer: Any) -> None:
    """As the model's card writes them; that tokenizer is not here, so the text is compared."""
    assert llama_prompt(tokenizer, CHATS["system first"]) == (
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nhello<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    )


def test_llama_3_1_sees_tools_calls_and_results(tokenizer: Any) -> None:
    shown = llama_prompt(tokenizer, CHATS["a call and its result"])

    assert shown.count("<|begin_of_text|>") == 1
    assert shown.startswith("<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nYou may call")
    assert '{"name": "query", "parameters": {"weeks": 4}}<|eot_id|>' in shown
    assert "<|start_header_id|>ipython<|end_header_id|>\n\n12<|eot_id|>" in shown
