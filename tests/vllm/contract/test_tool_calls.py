"""Which tool calls are held to a grammar."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("vllm.entrypoints.cli.serve", reason="vLLM is not in this environment")

from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest
from vllm.tool_parsers import ToolParserManager

from tests.vllm.contract.stubs import CHAT_BODY

TOOL = {"type": "function", "function": {"name": "allocate", "parameters": {"type": "object", "properties": {}}}}
NAMED = {"type": "function", "function": {"name": "allocate"}}


@pytest.mark.parametrize(
    ("parser", "opening"),
    [
        ("hermes", '<tool_call>\n{"name": "allocate", "arguments": '),
        ("llama3_json", '{"name": "allocate", "parameters": '),
    ],
)
@pytest.mark.parametrize("choice", ["required", NAMED])
def test_a_forced_tool_call_is_held_to_a_grammar(parser: str, opening: str, choice: Any) -> None:
    """So even a tiny model calls the tool; its arguments are held to the schema only with `strict` on the tool."""
    tokenizer = SimpleNamespace(get_vocab=lambda: {"<|python_tag|>": 1})
    request = ChatCompletionRequest.model_validate({**CHAT_BODY, "tools": [TOOL], "tool_choice": choice})

    tag = ToolParserManager.get_tool_parser(parser)(tokenizer, request.tools).get_structural_tag(request)

    assert json.dumps(opening) in tag.model_dump_json()


def test_a_tool_call_the_model_may_choose_is_not_held_to_a_grammar() -> None:
    request = ChatCompletionRequest.model_validate({**CHAT_BODY, "tools": [TOOL], "tool_choice": "auto"})
    parser = ToolParserManager.get_tool_parser("hermes")(SimpleNamespace(get_vocab=dict), request.tools)

    assert parser.get_structural_tag(request) is None


def test_the_llama_parser_needs_the_llama_token() -> None:
    with pytest.raises(RuntimeError, match="python_tag"):
        ToolParserManager.get_tool_parser("llama3_json")(SimpleNamespace(get_vocab=dict), None)
