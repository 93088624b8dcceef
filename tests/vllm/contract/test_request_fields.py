"""Fields of a request: the salt, those vLLM does not know, and those that reach past the request."""

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("vllm.entrypoints.cli.serve", reason="vLLM is not in this environment")

import httpx
from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest
from vllm.entrypoints.openai.completion.protocol import CompletionRequest
from vllm.entrypoints.openai.responses.protocol import ResponsesRequest
from vllm.entrypoints.serve.engine.serving import BaseServing
from vllm.entrypoints.serve.tokenize.protocol import TokenizeChatRequest, TokenizeCompletionRequest
from vllm.exceptions import VLLMValidationError
from vllm.lora.request import LoRARequest
from vllm.renderers.chat_utils import parse_chat_messages
from vllm.v1.engine.input_processor import InputProcessor

from tests.vllm.contract.stubs import CHAT_BODY, Served, call

BODIES: list[tuple[type[Any], dict[str, Any]]] = [
    (ChatCompletionRequest, CHAT_BODY),
    (CompletionRequest, {"prompt": "x"}),
    (ResponsesRequest, {"input": "x"}),
]


@pytest.mark.parametrize(("request_type", "body"), BODIES)
def test_a_generating_request_takes_a_salt(request_type: type[Any], body: dict[str, Any]) -> None:
    assert request_type.model_validate({**body, "model": "base", "cache_salt": "tenant-1"}).cache_salt == "tenant-1"


@pytest.mark.parametrize("salt", ["", "a@b", "a/b", "a\\b", "a\0b", "x" * 129])
@pytest.mark.parametrize(("request_type", "body"), BODIES)
def test_a_salt_is_short_and_has_no_at_sign_and_no_slash(
    request_type: type[Any], body: dict[str, Any], salt: str
) -> None:
    """Why a salt is not made from a pinned name: that has an '@'."""
    with pytest.raises(VLLMValidationError, match="cache_salt"):
        request_type.model_validate({**body, "model": "base", "cache_salt": salt})


@pytest.mark.parametrize(
    ("request_type", "body"), [*BODIES, (TokenizeCompletionRequest, BODIES[1][1]), (TokenizeChatRequest, BODIES[0][1])]
)
def test_an_unknown_field_is_accepted_and_ignored(request_type: type[Any], body: dict[str, Any]) -> None:
    request = request_type.model_validate({**body, "model": "base", "no_such_field": 1})

    assert request.model_extra == {"no_such_field": 1}


def test_tokenize_ignores_a_salt_even_a_bad_one(served: Served) -> None:
    answer = call(served.app, "POST", "/tokenize", json={"model": "base", "prompt": "x", "cache_salt": "a@b"})

    assert (answer.status_code, answer.json()["tokens"]) == (200, [1, 2])
    assert "cache_salt" not in TokenizeCompletionRequest.model_fields


def test_a_content_part_can_name_a_loaded_adapter_that_has_no_underscore(served: Served) -> None:
    """Why the edge lets only known content types through: vLLM looks for a type among the loaded adapters.

    Made for adapters per modality; `type` is read up to its first underscore, for requests that name the base.
    """
    pinned = "brandb@ba9876543210"
    served.models.lora_requests[pinned] = LoRARequest(lora_name=pinned, lora_int_id=1, lora_path="/store/b")
    part = {"type": pinned, "uuid": "u", "tool_reference": {}, "name": "the prompt"}
    request = ChatCompletionRequest.model_validate({"model": "base", "messages": [{"role": "user", "content": [part]}]})

    serving = BaseServing(served.models, served.models.model_config)
    chosen = serving._maybe_get_adapters(request, supports_default_mm_loras=True)

    assert chosen is served.models.lora_requests[pinned]
    text_only = SimpleNamespace(multimodal_config=None, enable_prompt_embeds=False)
    conversation = parse_chat_messages(request.messages, text_only, "string")[0]
    assert conversation == [{"role": "user", "content": "the prompt"}], "and the prompt arrives"


def test_two_requests_with_one_id_stay_apart_in_the_engine() -> None:
    requests = [SimpleNamespace(request_id="same", external_req_id=None) for _ in range(2)]

    for request in requests:
        InputProcessor.assign_request_id(request)

    assert requests[0].request_id != requests[1].request_id
    assert [request.external_req_id for request in requests] == ["same", "same"]


def test_the_id_in_the_header_goes_before_the_one_in_the_body() -> None:
    with_header = SimpleNamespace(headers=httpx.Headers({"x-request-id": "header"}))

    assert BaseServing._base_request_id(with_header, "body") == "header"
    assert BaseServing._base_request_id(SimpleNamespace(headers=httpx.Headers()), "body") == "body"
