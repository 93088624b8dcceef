"""From a chat request to prompt tokens, by the base model's own chat template, and to the reply's constraint."""

import json
from typing import Any

from jinja2 import TemplateError

from serving.api_error import ApiError
from serving.cpu.chat_request import ChatMessage, ChatRequest
from serving.cpu.grammar import JSON_ANY_OBJECT, Constraint
from serving.cpu.tools import (
    forced_call_tag,
    free_call_tag,
    is_call_forced,
    offered_tools,
    tools_prompt,
    written_calls,
)


def prompt_tokens(request: ChatRequest, tokenizer: Any) -> tuple[int, ...]:
    """Raises ApiError 400 when the template refuses the order of the messages."""
    messages = [_as_template_message(message) for message in request.messages]
    tools = offered_tools(request)
    if tools:
        if messages[0]["role"] != "system":
            messages.insert(0, {"role": "system", "content": ""})
        shown = f"{messages[0]['content']}\n\n{tools_prompt(tools)}".strip()
        messages[0] = {"role": "system", "content": shown}
    try:
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    except TemplateError as error:
        raise ApiError(400, f"the model's chat template refuses these messages: {error}", param="messages") from error
    return tuple(tokenizer(text, add_special_tokens=False)["input_ids"])


def _as_template_message(message: ChatMessage) -> dict[str, str]:
    """Templates differ in tools and roles; every one knows system, user and assistant."""
    if message.role == "tool":
        return {"role": "user", "content": f"<tool_response>{message.text}</tool_response>"}
    if message.role == "developer":
        return {"role": "system", "content": message.text}
    if message.tool_calls:
        return {"role": "assistant", "content": f"{message.text}\n{written_calls(message.tool_calls)}".strip()}
    return {"role": message.role, "content": message.text}


def reply_constraint(request: ChatRequest) -> Constraint | None:
    """A forced call outranks a response format, which speaks of content; that outranks calls that are optional."""
    tools = offered_tools(request)
    if tools and is_call_forced(request):
        return Constraint("structural_tag", json.dumps(forced_call_tag(tools)))
    return _asked_format(request) or (Constraint("structural_tag", json.dumps(free_call_tag(tools))) if tools else None)


def _asked_format(request: ChatRequest) -> Constraint | None:
    wanted, outputs = request.response_format, request.structured_outputs
    if wanted is not None and wanted.type == "json_object":
        return Constraint("json_schema", json.dumps(JSON_ANY_OBJECT), allow_extra=True)
    if wanted is not None and wanted.json_schema is not None:
        schema = wanted.json_schema
        return Constraint("json_schema", json.dumps(schema.schema_), allow_extra=schema.strict is False)
    if outputs is None:
        return None
    if outputs.json_ is not None:
        source = outputs.json_ if isinstance(outputs.json_, str) else json.dumps(outputs.json_)
        return Constraint("json_schema", source)
    if outputs.choice is not None:
        return Constraint("choice", json.dumps(outputs.choice))
    if outputs.regex is not None:
        return Constraint("regex", outputs.regex)
    assert outputs.grammar is not None
    return Constraint("grammar", outputs.grammar)
