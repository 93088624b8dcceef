"""Fields of a request that reach past the request itself, and what is done about each.

Found by reading and running vLLM 0.32 and 0.33; tests/vllm/contract holds the facts.
"""

from collections.abc import Iterator
from typing import Any

from serving.api_error import ApiError

# The engine's own id of a request; where KV blocks come from and go to (the first may replace the prompt); values for
# extensions, of which one names a session; the place in the queue.
STRIPPED = ("request_id", "kv_transfer_params", "ec_transfer_params", "vllm_xargs", "priority")

# vLLM takes the text of a content part's type up to the first "_" for the name of a loaded adapter and activates it,
# whoever it belongs to (`_get_active_default_mm_loras`). The models here read text only, so nothing else passes.
CONTENT_TYPES = ("text", "input_text", "output_text", "refusal")

MAX_CHOICES = 16


def passed_on(body: dict[str, Any]) -> dict[str, Any]:
    """The fields that go on: without those of STRIPPED, and without nulls, which mean the same as leaving out.

    Raises ApiError 400 naming the field that would reach too far.
    """
    for field in ("n", "best_of"):
        asked = body.get(field)
        # Servers read "1000" and 1000.0 as a number as well, so only a plain one may pass.
        if asked is not None and (type(asked) is not int or asked > MAX_CHOICES):
            message = f"{field}={str(asked)[:40]!r} must be a whole number up to {MAX_CHOICES}"
            raise ApiError(400, message, param=field, code="too_many_choices")
    prompt = body.get("prompt")
    if isinstance(prompt, list) and len(prompt) > MAX_CHOICES and not all(isinstance(item, int) for item in prompt):
        message = f"prompt lists {len(prompt)} prompts; at most {MAX_CHOICES} go together"
        raise ApiError(400, message, param="prompt", code="too_many_choices")
    for field in ("messages", "input"):
        for index, kind in _content_types(body.get(field)):
            if kind not in CONTENT_TYPES:
                where, listed = f"{field}[{index}].content", ", ".join(CONTENT_TYPES)
                message = f"{where}: content of type {str(kind)[:80]!r} is not read here; the types are {listed}"
                raise ApiError(400, message, param=where, code="unsupported_content")
    return {field: value for field, value in body.items() if field not in STRIPPED and value is not None}


def _content_types(messages: object) -> Iterator[tuple[int, object]]:
    """(place of the message, type of a part); a part that is no object has none."""
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        content = message.get("content") if isinstance(message, dict) else None
        for part in content if isinstance(content, list) else ():
            yield index, part.get("type", "text") if isinstance(part, dict) else None
