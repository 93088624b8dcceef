"""The only module that speaks HTTP to a model server: vLLM or our own, whichever the URL names."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import openai

from schemas.errors import ModelReplyInvalid, ModelServerUnavailable
from schemas.run import Tokens


@dataclass(frozen=True)
class ToolCall:
    name: str
    arguments: str


@dataclass(frozen=True)
class Reply:
    """`answered_by` is the pinned composition that the server says answered."""

    text: str
    tool_calls: tuple[ToolCall, ...]
    answered_by: str
    tokens: Tokens
    seconds: float


class ChatClient:
    def __init__(self, base_url: str, api_key: str, timeout_seconds: float) -> None:
        self.base_url = base_url
        self._timeout_seconds = timeout_seconds
        # Retrying is the agents' decision: a laptop server that timed out is busy, not flaky.
        self._client = openai.OpenAI(base_url=base_url, api_key=api_key, timeout=timeout_seconds, max_retries=0)

    def complete(
        self,
        model: str,
        messages: Sequence[Mapping[str, str]],
        *,
        max_tokens: int,
        reply_schema: Mapping[str, object] | None = None,
        tools: Sequence[Mapping[str, object]] = (),
        temperature: float = 0.0,
        seed: int | None = None,
    ) -> Reply:
        """Raises ModelServerUnavailable (not reached or too slow), ModelReplyInvalid (it answered with an error)."""
        optional: dict[str, Any] = {"seed": seed} if seed is not None else {}
        if reply_schema is not None:
            schema = {"name": "reply", "schema": dict(reply_schema), "strict": True}
            optional["response_format"] = {"type": "json_schema", "json_schema": schema}
        if tools:
            optional["tools"] = list(tools)
        started = time.perf_counter()
        try:
            answer = self._client.chat.completions.create(
                model=model,
                messages=list(messages),  # type: ignore[arg-type]  # plain role and content dicts are what it sends
                max_completion_tokens=max_tokens,
                temperature=temperature,
                **optional,
            )
        except openai.APITimeoutError as error:
            raise ModelServerUnavailable(
                f"the model server at {self.base_url} gave no answer within {self._timeout_seconds:g} s"
            ) from error
        except openai.APIConnectionError as error:
            raise ModelServerUnavailable(
                f"no model server at {self.base_url}; start one with `make serve-cpu`"
            ) from error
        except openai.APIStatusError as error:
            raise ModelReplyInvalid(f"the model server refused {model!r}: {error.message}") from error
        choice = answer.choices[0]
        usage = answer.usage
        return Reply(
            text=choice.message.content or "",
            tool_calls=tuple(
                ToolCall(call.function.name, call.function.arguments)
                for call in choice.message.tool_calls or ()
                if call.type == "function"
            ),
            answered_by=answer.model,
            tokens=Tokens(prompt=usage.prompt_tokens, completion=usage.completion_tokens) if usage else Tokens(),
            seconds=time.perf_counter() - started,
        )

    def models(self) -> tuple[str, ...]:
        """The names the server offers. Raises ModelServerUnavailable, ModelReplyInvalid."""
        try:
            return tuple(model.id for model in self._client.models.list(timeout=3.0))
        except openai.APIConnectionError as error:
            raise ModelServerUnavailable(f"no model server at {self.base_url}") from error
        except openai.APIStatusError as error:
            raise ModelReplyInvalid(f"the model server at {self.base_url} answered: {error.message}") from error
