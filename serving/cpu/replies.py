"""OpenAI's response objects, built with the `openai` package's own types."""

import time
import uuid
from dataclasses import dataclass, field
from typing import Literal

from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessage
from openai.types.chat.chat_completion import Choice
from openai.types.chat.chat_completion_chunk import Choice as ChunkChoice
from openai.types.chat.chat_completion_chunk import ChoiceDelta, ChoiceDeltaToolCall, ChoiceDeltaToolCallFunction
from openai.types.chat.chat_completion_message_function_tool_call import ChatCompletionMessageFunctionToolCall, Function

from serving.cpu.tools import WrittenCall

WireReason = Literal["stop", "length", "tool_calls"]


@dataclass(frozen=True)
class ReplyHead:
    """What every object of one reply repeats. `model` is the canonical, pinned name of what answered."""

    model: str
    fingerprint: str
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))


@dataclass
class ChoiceText:
    """One choice as it fills up."""

    content: str = ""
    calls: list[WrittenCall] = field(default_factory=list)
    reason: WireReason = "stop"


def usage(prompt_tokens: int, reply_tokens: int) -> CompletionUsage:
    return CompletionUsage(
        prompt_tokens=prompt_tokens, completion_tokens=reply_tokens, total_tokens=prompt_tokens + reply_tokens
    )


def completion(head: ReplyHead, choices: list[ChoiceText], used: CompletionUsage) -> ChatCompletion:
    return ChatCompletion(
        id=head.id,
        object="chat.completion",
        created=head.created,
        model=head.model,
        system_fingerprint=head.fingerprint,
        choices=[
            Choice(index=at, message=_message(choice), finish_reason=choice.reason, logprobs=None)
            for at, choice in enumerate(choices)
        ],
        usage=used,
    )


def _message(choice: ChoiceText) -> ChatCompletionMessage:
    calls = [
        ChatCompletionMessageFunctionToolCall(
            id=_call_id(), type="function", function=Function(name=call.name, arguments=call.arguments)
        )
        for call in choice.calls
    ]
    content = choice.content if choice.content or not calls else None
    message = ChatCompletionMessage(role="assistant", content=content, refusal=None)
    return message.model_copy(update={"tool_calls": calls}) if calls else message


def opening_delta() -> ChoiceDelta:
    return ChoiceDelta(role="assistant", content="", refusal=None)


def call_delta(call: WrittenCall, at: int) -> ChoiceDelta:
    function = ChoiceDeltaToolCallFunction(name=call.name, arguments=call.arguments)
    return ChoiceDelta(tool_calls=[ChoiceDeltaToolCall(index=at, id=_call_id(), type="function", function=function)])


def chunk(head: ReplyHead, at: int, delta: ChoiceDelta, reason: WireReason | None = None) -> ChatCompletionChunk:
    return _chunk(head, [ChunkChoice(index=at, delta=delta, finish_reason=reason, logprobs=None)])


def usage_chunk(head: ReplyHead, used: CompletionUsage) -> ChatCompletionChunk:
    return _chunk(head, []).model_copy(update={"usage": used})


def _chunk(head: ReplyHead, choices: list[ChunkChoice]) -> ChatCompletionChunk:
    return ChatCompletionChunk(
        id=head.id,
        object="chat.completion.chunk",
        created=head.created,
        model=head.model,
        system_fingerprint=head.fingerprint,
        choices=choices,
    )


def _call_id() -> str:
    return f"call_{uuid.uuid4().hex[:24]}"
