"""POST /v1/chat/completions, whole or as server-sent events."""

import json
from collections.abc import AsyncIterator, Iterator

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import ChoiceDelta
from pydantic import ValidationError

from serving.api_error import ApiError
from serving.cpu import replies
from serving.cpu.api_errors import from_validation
from serving.cpu.chat_request import ChatRequest
from serving.cpu.chat_service import ChatService, Writing
from serving.cpu.replies import ChoiceText, ReplyHead, WireReason
from serving.cpu.row import Failed, Finished, Piece
from serving.cpu.tools import CallSplitter, WrittenCall, forced_call, is_call_forced, offered_tools
from serving.hang_up import unless_client_leaves

router = APIRouter()

CLIENT_CLOSED = 499  # nginx's number; nobody reads it


@router.post("/v1/chat/completions")
async def chat_completions(request: Request) -> Response:
    try:
        asked = ChatRequest.model_validate_json(await request.body())
    except ValidationError as error:
        raise from_validation(error) from error
    asked.log_ignored()
    service: ChatService = request.app.state.service
    writing = await service.start(asked)
    if asked.stream:
        return StreamingResponse(_server_sent(asked, writing), media_type="text/event-stream")
    return await _whole_unless_gone(request, asked, writing)


class ReplyReader:
    """Turns one choice's pieces into content and tool calls."""

    def __init__(self, asked: ChatRequest) -> None:
        self._is_forced = is_call_forced(asked)
        self._splitter = CallSplitter() if offered_tools(asked) and not self._is_forced else None
        self._buffer = ""
        self.calls = 0

    def read(self, text: str) -> tuple[str, list[WrittenCall]]:
        if self._is_forced:
            self._buffer += text
            return "", []
        if self._splitter is None:
            return text, []
        return self._counted(*self._splitter.push(text))

    def finish(self) -> tuple[str, list[WrittenCall]]:
        if self._is_forced:
            call = forced_call(self._buffer)
            return self._counted("", [call]) if call else (self._buffer, [])
        return self._counted(*self._splitter.push("", is_last=True)) if self._splitter else ("", [])

    def reason(self, finished: Finished) -> WireReason:
        return "tool_calls" if self.calls and finished.reason == "stop" else finished.reason.value

    def _counted(self, content: str, calls: list[WrittenCall]) -> tuple[str, list[WrittenCall]]:
        self.calls += len(calls)
        return content, calls


async def _whole_unless_gone(request: Request, asked: ChatRequest, writing: Writing) -> Response:
    """Stop writing when the client hangs up."""
    try:
        return await unless_client_leaves(request.receive, _whole(asked, writing)) or Response(
            status_code=CLIENT_CLOSED
        )
    finally:
        writing.cancel()


async def _whole(asked: ChatRequest, writing: Writing) -> Response:
    choices = [ChoiceText() for _ in range(writing.choices)]
    readers = [ReplyReader(asked) for _ in choices]
    written = 0
    async for at, event in writing.events():
        if isinstance(event, Failed):
            raise ApiError(500, event.message)
        content, calls = readers[at].read(event.text) if isinstance(event, Piece) else readers[at].finish()
        choices[at].content += content
        choices[at].calls += calls
        if isinstance(event, Finished):
            choices[at].reason = readers[at].reason(event)
            written += event.tokens
    reply = replies.completion(writing.head, choices, replies.usage(writing.prompt_tokens, written))
    return Response(reply.model_dump_json(exclude_unset=True), media_type="application/json")


async def _server_sent(asked: ChatRequest, writing: Writing) -> AsyncIterator[str]:
    """The events of a streamed reply. When the client leaves, this generator is closed and the writing stops."""
    with_usage = asked.stream_options is not None and asked.stream_options.include_usage
    readers = [ReplyReader(asked) for _ in range(writing.choices)]
    written = 0
    try:
        for at in range(writing.choices):
            yield _sse(replies.chunk(writing.head, at, replies.opening_delta()), with_usage)
        async for at, event in writing.events():
            if isinstance(event, Failed):
                yield f"data: {json.dumps(ApiError(500, event.message).body)}\n\n"
                break
            for chunk in _chunks(writing.head, at, readers[at], event):
                yield _sse(chunk, with_usage)
            written += event.tokens if isinstance(event, Finished) else 0
        if with_usage:
            yield _sse(replies.usage_chunk(writing.head, replies.usage(writing.prompt_tokens, written)), with_usage)
        yield "data: [DONE]\n\n"
    finally:
        writing.cancel()


def _chunks(head: ReplyHead, at: int, reader: ReplyReader, event: Piece | Finished) -> Iterator[ChatCompletionChunk]:
    first_call = reader.calls
    content, calls = reader.read(event.text) if isinstance(event, Piece) else reader.finish()
    if content:
        yield replies.chunk(head, at, ChoiceDelta(content=content))
    for offset, call in enumerate(calls):
        yield replies.chunk(head, at, replies.call_delta(call, first_call + offset))
    if isinstance(event, Finished):
        yield replies.chunk(head, at, ChoiceDelta(), reader.reason(event))


def _sse(chunk: ChatCompletionChunk, with_usage: bool) -> str:
    """With usage asked for, every chunk but the last says `"usage": null`, as OpenAI's do."""
    if with_usage and chunk.usage is None:
        chunk = chunk.model_copy(update={"usage": None})
    return f"data: {chunk.model_dump_json(exclude_unset=True)}\n\n"
