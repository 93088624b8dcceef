"""The body of POST /v1/chat/completions: OpenAI's fields plus the vLLM extras that we honour."""

import json
import logging
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

logger = logging.getLogger(__name__)


class Lenient(BaseModel):
    """Clients and routers add fields of their own; those that we do not know are kept apart and ignored."""

    model_config = ConfigDict(frozen=True, extra="allow")


class TextPart(Lenient):
    type: Literal["text"]
    text: str


class CalledFunction(Lenient):
    name: str
    arguments: str = "{}"


class ToolCall(Lenient):
    id: str = ""
    function: CalledFunction


class ChatMessage(Lenient):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | tuple[TextPart, ...] | None = None
    tool_calls: tuple[ToolCall, ...] | None = None

    @property
    def text(self) -> str:
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        return "".join(part.text for part in self.content)


class FunctionTool(Lenient):
    name: str = Field(min_length=1)
    description: str | None = None
    parameters: dict[str, Any] | None = None


class Tool(Lenient):
    type: Literal["function"]
    function: FunctionTool


class NamedFunction(Lenient):
    name: str


class NamedToolChoice(Lenient):
    type: Literal["function"]
    function: NamedFunction


class StreamOptions(Lenient):
    include_usage: bool = False


class JsonSchema(Lenient):
    name: str = ""
    schema_: dict[str, Any] = Field(alias="schema")
    strict: bool | None = None


class ResponseFormat(Lenient):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None

    @model_validator(mode="after")
    def _schema_is_given(self) -> Self:
        if self.type == "json_schema" and self.json_schema is None:
            raise ValueError("type 'json_schema' needs the field json_schema")
        return self


class StructuredOutputs(Lenient):
    """vLLM's field: exactly one of its members."""

    json_: dict[str, Any] | str | None = Field(default=None, alias="json")
    regex: str | None = None
    choice: tuple[str, ...] | None = Field(default=None, min_length=1)
    grammar: str | None = None

    @model_validator(mode="after")
    def _one_is_given(self) -> Self:
        given = [value for value in (self.json_, self.regex, self.choice, self.grammar) if value is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of json, regex, choice, grammar; {len(given)} were given")
        return self


Penalty = Annotated[float, Field(ge=-2, le=2)]

# Fields that would change the meaning of the answer and cannot be honoured, unless they hold one of these values.
UNSUPPORTED: dict[str, tuple[Any, ...]] = {
    "logprobs": (None, False),
    "top_logprobs": (None, 0),
    "logit_bias": (None, {}),
    "modalities": (None, ["text"]),
    "audio": (None,),
    "functions": (None, []),
    "function_call": (None, "none"),
    "prediction": (None,),
    "web_search_options": (None,),
}


class ChatRequest(Lenient):
    model: str
    messages: tuple[ChatMessage, ...] = Field(min_length=1)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    top_k: int | None = Field(default=None, ge=-1)
    seed: int | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    stop: str | tuple[str, ...] | None = None
    n: int | None = Field(default=None, ge=1, le=16)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    response_format: ResponseFormat | None = None
    structured_outputs: StructuredOutputs | None = None
    tools: tuple[Tool, ...] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedToolChoice | None = None
    ignore_eos: bool | None = None

    @model_validator(mode="after")
    def _fields_agree(self) -> Self:
        for name, harmless in UNSUPPORTED.items():
            if (value := (self.model_extra or {}).get(name)) not in harmless:
                raise ValueError(f"{name}={json.dumps(value)[:80]} is not supported by this server; leave it out")
        if self.stream_options is not None and not self.stream:
            raise ValueError("stream_options is only allowed when stream is true")
        if self.structured_outputs is not None and self.response_format not in (None, ResponseFormat(type="text")):
            raise ValueError("response_format and structured_outputs both constrain the reply; give one of them")
        if "" in self.stops:
            raise ValueError("stop holds an empty string; leave it out")
        names = [tool.function.name for tool in self.tools or ()]
        if isinstance(self.tool_choice, NamedToolChoice) and self.tool_choice.function.name not in names:
            raise ValueError(f"tool_choice names {self.tool_choice.function.name!r}, but tools has {names}")
        if self.tool_choice == "required" and not names:
            raise ValueError("tool_choice 'required' needs tools")
        return self

    @property
    def stops(self) -> tuple[str, ...]:
        return (self.stop,) if isinstance(self.stop, str) else self.stop or ()

    @property
    def reply_limit(self) -> int | None:
        return self.max_completion_tokens or self.max_tokens

    def log_ignored(self) -> None:
        ignored = sorted(set(self.model_extra or {}) - set(UNSUPPORTED))
        if ignored:
            logger.info("fields ignored: %s", ", ".join(ignored))
