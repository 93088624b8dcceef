"""When vLLM asks a LoRA resolver, what it does with the answer, and what it remembers of it."""

import asyncio
import inspect
from typing import Any

import pytest

pytest.importorskip("vllm.entrypoints.cli.serve", reason="vLLM is not in this environment")

from vllm.entrypoints.serve.engine.protocol import ErrorResponse
from vllm.exceptions import VLLMNotFoundError
from vllm.lora.resolver import LoRAResolver, LoRAResolverRegistry

from tests.vllm.contract.stubs import BASE_PATH, FLAG, NAME, Served, StubResolver, call, check, models_with, run


def test_a_resolver_is_asked_with_two_names() -> None:
    """Reads a signature."""
    method = LoRAResolver.resolve_lora

    assert list(inspect.signature(method).parameters) == ["self", "base_model_name", "lora_name"]
    assert inspect.iscoroutinefunction(method)


def test_no_resolver_runs_without_the_flag(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FLAG)

    refusal = run(check(served, NAME))

    assert refusal is not None and refusal.error.code == 404
    assert served.resolver.asked == []


def test_a_new_name_is_resolved_loaded_and_listed(served: Served) -> None:
    assert run(check(served, NAME)) is None

    cards = run(served.models.show_available_models()).data
    assert [request.lora_name for request in served.engine.loaded] == [NAME]
    assert [(card.id, card.root, card.parent) for card in cards] == [
        ("base", BASE_PATH, None),
        (NAME, "/store/a+b", "base"),
    ]


def test_a_resolver_is_told_the_path_of_the_base_and_not_its_served_name(served: Served) -> None:
    run(check(served, NAME))

    assert served.resolver.asked == [(BASE_PATH, NAME)]


def test_a_resolved_name_is_never_asked_for_again(served: Served) -> None:
    run(check(served, NAME))
    run(check(served, NAME))

    assert len(served.resolver.asked) == len(served.engine.loaded) == 1


def test_two_requests_for_a_new_name_at_once_resolve_it_once(served: Served) -> None:
    async def both() -> list[ErrorResponse | None]:
        return await asyncio.gather(check(served, NAME), check(served, NAME))

    assert run(both()) == [None, None]
    assert len(served.resolver.asked) == 1


def test_a_miss_is_not_remembered(served: Served) -> None:
    run(check(served, "nobody"))
    run(check(served, "nobody"))

    assert len(served.resolver.asked) == 2


def test_every_name_a_client_makes_up_leaves_a_lock_behind(served: Served) -> None:
    """Why names are refused before they reach vLLM."""
    for number in range(3):
        run(check(served, f"nobody-{number}"))

    assert len(served.models.lora_resolver_lock) == 3


def test_an_adapters_number_is_vllms_and_not_the_resolvers(served: Served) -> None:
    run(check(served, "nobody"))
    run(check(served, NAME))

    assert served.engine.loaded[0].lora_int_id == 2, "a miss uses up a number, and ours (7) is overwritten"


def test_a_name_no_resolver_knows_is_404(served: Served) -> None:
    refusal = run(check(served, "nobody"))

    assert refusal is not None
    assert refusal.model_dump() == {
        "error": {
            "message": "The model `nobody` does not exist. Valid aliases: base.",
            "type": "NotFoundError",
            "param": "model",
            "code": 404,
        }
    }


def test_an_adapter_that_is_found_but_does_not_load_is_400_without_the_reason(served: Served) -> None:
    served.engine.refusal = ValueError("LoRA rank 64 is greater than max_lora_rank 16")

    refusal = run(check(served, NAME))

    assert refusal is not None and refusal.error.code == 400
    assert refusal.error.message == f"LoRA adapter '{NAME}' was found but could not be loaded."
    assert NAME not in served.models.lora_requests


def test_an_exception_in_a_resolver_is_not_caught(served: Served) -> None:
    served.resolver.answers["broken"] = RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        run(check(served, "broken"))


def test_an_exception_in_a_resolver_answers_500_with_its_text(served: Served) -> None:
    """Why our resolver returns None or a client error, and nothing else."""
    served.resolver.answers["broken"] = RuntimeError("disk full")

    answer = call(served.app, "POST", "/tokenize", json={"model": "broken", "prompt": "x"})

    assert answer.status_code == 500
    error = answer.json()["error"]
    assert (error["code"], error["type"], error["message"]) == (500, "InternalServerError", "disk full")


def test_a_client_error_raised_in_a_resolver_keeps_its_status_and_text(served: Served) -> None:
    served.resolver.answers["refused"] = VLLMNotFoundError("no such adapter: 'x'")

    answer = call(served.app, "POST", "/tokenize", json={"model": "refused", "prompt": "x"})

    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "no such adapter: 'x'"


def test_a_client_that_leaves_during_a_load_does_not_cancel_the_models_object(served: Served) -> None:
    """`except BaseException` around the load: the name stays unknown although the engine may hold the adapter."""

    async def leave() -> Any:
        served.engine.may_load.clear()
        task = asyncio.create_task(served.models.resolve_lora(NAME))
        await asyncio.sleep(0.01)
        task.cancel()
        return await task

    refusal = run(leave())

    assert isinstance(refusal, ErrorResponse) and refusal.error.code == 400
    assert NAME not in served.models.lora_requests


def test_a_resolver_registered_after_the_models_object_is_never_asked(served: Served) -> None:
    late = StubResolver({"late": "/store/late"})
    LoRAResolverRegistry.register_resolver("late", late)

    run(check(served, "late"))

    assert late.asked == []


def test_resolvers_are_asked_in_order_and_the_first_answer_wins(served: Served) -> None:
    """Why VLLM_LORA_RESOLVER_CACHE_DIR stays unset: vLLM's own resolver may then answer before ours."""
    second = StubResolver({NAME: "/elsewhere"})
    LoRAResolverRegistry.register_resolver("second", second)

    run(check(served._replace(models=models_with(served.engine)), NAME))

    assert [request.lora_path for request in served.engine.loaded] == ["/store/a+b"]
    assert second.asked == []


@pytest.mark.parametrize("name", [None, "", "base"])
def test_no_model_and_the_served_name_are_the_base(served: Served, name: str | None) -> None:
    """Why the edge always writes `model`: a request without one is served by the base."""
    assert run(check(served, name)) is None
    assert served.resolver.asked == []


def test_skipped_name_validation_answers_any_name_with_the_base(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why the launcher refuses VLLM_SKIP_MODEL_NAME_VALIDATION: our resolver would be passed over in silence."""
    monkeypatch.setenv("VLLM_SKIP_MODEL_NAME_VALIDATION", "1")

    assert run(check(served, NAME)) is None
    assert served.resolver.asked == []


def test_a_reply_names_the_adapter_that_answered(served: Served) -> None:
    run(check(served, NAME))

    assert served.models.model_name(served.models.lora_requests[NAME]) == NAME
