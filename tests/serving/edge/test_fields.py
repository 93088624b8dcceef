import pytest

from serving.api_error import ApiError
from serving.edge import Edge
from serving.edge.fields import CONTENT_TYPES, MAX_CHOICES, STRIPPED, passed_on
from tests.serving.edge.asgi import HELLO, RecordingApp, ask, say
from tests.serving.edge.tenants_files import KEY_X
from tests.tiny import BRAND_Y


def with_content(*parts: object) -> list[dict[str, object]]:
    return [{"role": "user", "content": list(parts)}]


def test_the_listed_fields_go_no_further_and_all_others_go_on_unchanged() -> None:
    harmless = {"temperature": 0.5, "tools": [{"type": "function"}], "stop": ["a"], "new_field": {"a": None}}

    assert passed_on(dict.fromkeys(STRIPPED, "x") | harmless) == harmless
    assert set(STRIPPED) == {"request_id", "kv_transfer_params", "ec_transfer_params", "vllm_xargs", "priority"}


@pytest.mark.parametrize("field", STRIPPED)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions", "/v1/responses", "/tokenize"])
def test_a_field_that_reaches_past_its_request_never_reaches_the_app_behind(
    edge: Edge, local_edge: Edge, behind: RecordingApp, field: str, path: str
) -> None:
    ask(edge, {"model": "base", "prompt": "x", field: {"any": "thing"}}, path=path, key=KEY_X)
    ask(local_edge, {"model": "base", "prompt": "x", field: 1}, path=path)

    assert len(behind.asked) == 2
    assert all(field.encode() not in asked.content for asked in behind.asked)


def test_nulls_are_left_out() -> None:
    assert passed_on({"model": "base", "stop": None, "n": None, "messages": None}) == {"model": "base"}


@pytest.mark.parametrize(
    "kind",
    [
        f"{BRAND_Y.split('_')[0]}_brand_y",
        BRAND_Y,
        "image_url",
        "input_audio",
        "audio_url",
        "video_url",
        "file",
        "",
        "TEXT",
        " text",
        "text_x",
        "text\0",
        "t\u0435\u0445t",
        1,
        ["text"],
        {"text": 1},
        True,
    ],
)
@pytest.mark.parametrize("field", ["messages", "input"])
def test_a_content_type_that_could_name_an_adapter_is_refused(
    edge: Edge, behind: RecordingApp, kind: object, field: str
) -> None:
    body = {"model": "base", "messages": HELLO, field: with_content({"type": "text", "text": "a"}, {"type": kind})}

    answer = ask(edge, body, key=KEY_X)

    assert (answer.status, answer.error["code"], answer.error["param"]) == (
        400,
        "unsupported_content",
        f"{field}[0].content",
    )
    assert behind.asked == []


def test_a_null_content_type_is_refused() -> None:
    with pytest.raises(ApiError, match="None"):
        passed_on({"messages": with_content({"type": None})})


@pytest.mark.parametrize("part", ["plain text with a type", 1, None, []])
def test_a_content_part_that_is_no_object_is_refused(part: object) -> None:
    with pytest.raises(ApiError, match="None"):
        passed_on({"messages": with_content(part)})


def test_a_content_type_is_looked_for_in_every_message() -> None:
    with pytest.raises(ApiError, match="'image_url'"):
        passed_on(
            {"messages": [*HELLO, *with_content({"type": "text", "text": "a"}), *with_content({"type": "image_url"})]}
        )


def test_a_long_content_type_is_shown_in_part_only() -> None:
    with pytest.raises(ApiError) as caught:
        passed_on({"messages": with_content({"type": "x" * 100_000})})

    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("kind", CONTENT_TYPES)
def test_text_content_goes_on_as_it_is(kind: str) -> None:
    body = {"messages": with_content({"type": kind, "text": "a"}), "input": with_content({"type": kind})}

    assert passed_on(body) == body


@pytest.mark.parametrize("messages", ["text", 7, {"content": []}, [1, None, "x", []], [{"content": 3}]])
def test_messages_of_another_shape_are_left_to_the_server_behind(messages: object) -> None:
    assert passed_on({"messages": messages}) == {"messages": messages}


@pytest.mark.parametrize("field", ["n", "best_of"])
def test_choices_have_a_limit(field: str) -> None:
    assert passed_on({field: MAX_CHOICES}) == {field: MAX_CHOICES}
    with pytest.raises(ApiError) as caught:
        passed_on({field: MAX_CHOICES + 1})

    assert (caught.value.status, caught.value.param, caught.value.code) == (400, field, "too_many_choices")


@pytest.mark.parametrize("field", ["n", "best_of"])
@pytest.mark.parametrize("number", [1000.0, "1000", " 1000 ", "1_000", "1000.0"])
def test_the_limit_of_choices_holds_for_every_spelling_of_a_number_that_servers_read(
    edge: Edge, behind: RecordingApp, field: str, number: object
) -> None:
    answer = say(edge, "base", KEY_X, **{field: number})

    assert answer.status == 400
    assert behind.asked == []


def test_prompts_that_go_together_have_a_limit_and_one_prompt_of_tokens_has_none() -> None:
    assert passed_on({"prompt": ["a"] * MAX_CHOICES})
    assert passed_on({"prompt": list(range(5000))})
    assert passed_on({"prompt": "x" * 5000})
    for prompts in (["a"] * 17, [[1, 2]] * 17, [*range(16), "a"]):
        with pytest.raises(ApiError, match="17 prompts"):
            passed_on({"prompt": prompts})
