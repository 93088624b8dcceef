"""Tool calls in words a model can write: shown in the system prompt, written as <tool_call>{...}</tool_call>."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from serving.cpu.chat_request import ChatRequest, NamedToolChoice, Tool, ToolCall

OPENING = "<tool_call>"
CLOSING = "</tool_call>"


@dataclass(frozen=True)
class WrittenCall:
    name: str
    arguments: str


def offered_tools(request: ChatRequest) -> tuple[Tool, ...]:
    """The tools this reply may call."""
    if request.tool_choice == "none":
        return ()
    tools = request.tools or ()
    if isinstance(request.tool_choice, NamedToolChoice):
        return tuple(tool for tool in tools if tool.function.name == request.tool_choice.function.name)
    return tools


def is_call_forced(request: ChatRequest) -> bool:
    return request.tool_choice == "required" or isinstance(request.tool_choice, NamedToolChoice)


def tools_prompt(tools: Sequence[Tool]) -> str:
    """What is added to the system message."""
    listed = "\n".join(json.dumps(tool.function.model_dump(exclude_none=True)) for tool in tools)
    return (
        f"You may call these functions:\n{listed}\n"
        f'To call one, answer {OPENING}{{"name": <function>, "arguments": <object>}}{CLOSING}'
    )


def written_calls(calls: Sequence[ToolCall]) -> str:
    """Calls of an earlier turn, as the model would have written them."""
    return "\n".join(
        f'{OPENING}{{"name": {json.dumps(call.function.name)}, "arguments": {call.function.arguments}}}{CLOSING}'
        for call in calls
    )


def forced_call_tag(tools: Sequence[Tool]) -> dict[str, Any]:
    """xgrammar structural tag: exactly one call of one of the tools, and nothing else."""
    tags = [_call(tool, '{"name": ', "}") for tool in tools]
    return {"type": "structural_tag", "format": tags[0] if len(tags) == 1 else {"type": "or", "elements": tags}}


def free_call_tag(tools: Sequence[Tool]) -> dict[str, Any]:
    """xgrammar structural tag: free text in which whatever starts as a call is a valid one."""
    tags = [_call(tool, OPENING + '{"name": ', "}" + CLOSING) for tool in tools]
    return {"type": "structural_tag", "format": {"type": "triggered_tags", "triggers": [OPENING], "tags": tags}}


def _call(tool: Tool, before: str, after: str) -> dict[str, Any]:
    """The parameters keep a schema of their own, so that their `$defs` still resolve."""
    return {
        "type": "tag",
        "begin": f'{before}{json.dumps(tool.function.name)}, "arguments": ',
        "content": {
            "type": "json_schema",
            "json_schema": tool.function.parameters or {"type": "object", "properties": {}},
            "max_whitespace_cnt": 1,
        },
        "end": after,
    }


def forced_call(text: str) -> WrittenCall | None:
    """The call that a whole reply is; None when the reply was cut short."""
    try:
        call = json.loads(text)
    except ValueError:
        return None
    return WrittenCall(call["name"], json.dumps(call["arguments"], ensure_ascii=False))


class CallSplitter:
    """Separates a streamed reply into content and calls; what might be the start of a call is held back."""

    def __init__(self) -> None:
        self._held = ""

    def push(self, text: str, is_last: bool = False) -> tuple[str, list[WrittenCall]]:
        """Content to show now, and the calls completed by `text`."""
        self._held += text
        content, calls = "", []
        while OPENING in self._held:
            before, _, rest = self._held.partition(OPENING)
            inside, closing, after = rest.partition(CLOSING)
            call = forced_call(inside) if closing else None
            if call is None:
                break
            content += before
            calls.append(call)
            self._held = after
        kept = "" if is_last else self._maybe_call()
        content += self._held[: len(self._held) - len(kept)]
        self._held = kept
        return content, calls

    def _maybe_call(self) -> str:
        at = self._held.find(OPENING)
        if at >= 0:
            return self._held[at:]
        lengths = [size for size in range(1, len(OPENING)) if self._held.endswith(OPENING[:size])]
        return self._held[-max(lengths) :] if lengths else ""
