"""What must stay shut, tried on the running vLLM: tenants, routes, names, bodies, and clients that leave."""

import json
import random
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import openai
import pytest

from tests.vllm.served.house import INDUSTRY, STACK_X, STACK_Y, Server, key_of
from tests.vllm.served.waiting import metric, wait_until

pytestmark = pytest.mark.vllm

HELLO = [{"role": "user", "content": "hello"}]
OPEN = {"/health", "/version", "/metrics", "/v1/models", "/v1/chat/completions", "/v1/completions", "/v1/responses"}
OPEN |= {"/tokenize", "/detokenize"}


def refusal(vllm: Server, tenant: str, model: str) -> openai.APIStatusError:
    with pytest.raises(openai.APIStatusError) as caught:
        vllm.client(tenant).chat.completions.create(model=model, messages=HELLO, max_tokens=1)
    return caught.value


def test_a_tenant_sees_only_its_own_compositions(vllm: Server) -> None:
    seen = {tenant: {model.id for model in vllm.client(tenant).models.list()} for tenant in ("brand_x", "brand_y")}

    assert seen["brand_x"] == {"base", INDUSTRY, STACK_X}
    assert seen["brand_y"] == {"base", INDUSTRY, STACK_Y}


def test_a_forbidden_adapter_answers_like_one_that_does_not_exist(vllm: Server) -> None:
    vllm.client("brand_y").chat.completions.create(model=STACK_Y, messages=HELLO, max_tokens=1)  # it is loaded now

    forbidden = refusal(vllm, "brand_x", STACK_Y)
    unknown = refusal(vllm, "brand_x", STACK_Y.replace("brand_y", "brand_q"))

    assert forbidden.status_code == unknown.status_code == 404
    assert str(forbidden).replace("brand_y", "brand_q") == str(unknown)


def test_a_content_part_cannot_wake_another_tenants_adapter(vllm: Server) -> None:
    """vLLM would take the type's first word for the name of a loaded adapter."""
    loaded = vllm.client("lab").chat.completions.create(model="labthree", messages=HELLO, max_tokens=1).model
    part = {"type": loaded, "uuid": "u", "tool_reference": {}, "name": "hello"}

    with pytest.raises(openai.BadRequestError, match="content of type"):
        vllm.client("brand_x").chat.completions.create(
            model="base", messages=[{"role": "user", "content": [part]}], max_tokens=1
        )


def test_every_route_that_vllm_mounts_beyond_ours_is_closed(vllm: Server) -> None:
    mounted = set(re.findall(r"Route: (\S+), Methods: ([A-Z, ]+)", vllm.log.read_text()))
    doors = [(method, path) for path, methods in mounted for method in methods.split(", ") if path not in OPEN]
    assert {"/v1/load_lora_adapter", "/adapters", "/invocations"} <= {path for _, path in doors}

    with httpx.Client(base_url=vllm.url) as nobody, vllm.http("brand_x") as tenant, vllm.http("ops") as admin:
        for client in (nobody, tenant, admin):
            for method, path in doors:
                answer = client.request(method, re.sub(r"[{}]", "", path), json={"lora_name": "x", "lora_path": "/etc"})
                assert answer.status_code == 404, f"{method} {path}"


def test_no_key_and_a_wrong_key_open_nothing(vllm: Server) -> None:
    for headers in ({}, {"authorization": "Bearer nope"}, {"authorization": f"Basic {key_of('brand_x')}"}):
        answer = httpx.get(f"{vllm.url}/v1/models", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "invalid_api_key"


def test_an_admin_reads_everything_and_asks_nothing(vllm: Server) -> None:
    admin = vllm.client("ops")

    listed = {model.id for model in admin.models.list()}
    with pytest.raises(openai.PermissionDeniedError):
        admin.chat.completions.create(model="base", messages=HELLO)

    assert {STACK_X, STACK_Y, "labthree"} <= listed
    assert httpx.get(f"{vllm.url}/metrics", headers={"authorization": f"Bearer {key_of('lab')}"}).status_code == 403


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("lab_expired", "expired on 2020-01-01"),
        ("lab_revoked", "revoked by Lab"),
        ("lab_other_base", "was trained for base"),
        ("lab_too_wide", "rank is 64"),
    ],
)
def test_an_adapter_that_cannot_be_used_tells_its_owner_why_and_nobody_else(
    vllm: Server, name: str, reason: str
) -> None:
    own, other = refusal(vllm, "lab", name), refusal(vllm, "brand_x", name)

    assert own.status_code == other.status_code == 404
    assert reason in str(own)
    assert reason not in str(other) and "does not exist here" in str(other)


BAD_NAMES = [
    "a,b",
    "../etc/passwd",
    "/etc",
    "a/b",
    "a\0b",
    "industry_retail_medi\u0430",  # a Cyrillic letter
    f"{INDUSTRY}:nan",
    f"{INDUSTRY}:1e9",
    f"{INDUSTRY}:1000000000",
    f"{INDUSTRY}+{INDUSTRY}",
    f"{INDUSTRY}@000000000000",
    "+",
    "",
    "x" * 100_000,
]


@pytest.mark.parametrize("name", BAD_NAMES, ids=lambda name: ascii(name)[:30])
def test_a_bad_name_is_a_404_with_the_reason(vllm: Server, name: str) -> None:
    error = refusal(vllm, "brand_x", name)

    assert (error.status_code, error.code) == (404, "model_not_found")
    assert len(str(error)) < 1000


def test_a_thousand_random_names_cost_no_memory_and_no_5xx(vllm: Server) -> None:
    draw = random.Random(7)
    letters = "abz019_.-+@:/,%\\ \u00e9\u4e2d\U0001f600"

    def names(count: int) -> list[str]:
        return ["".join(draw.choices(letters, k=draw.randint(1, 80))) for _ in range(count)]

    with vllm.http("brand_x") as http, ThreadPoolExecutor(4) as pool:

        def status(name: str) -> int:
            return http.post("/v1/chat/completions", json={"model": name, "messages": HELLO}).status_code

        list(pool.map(status, names(300)))  # what grows once, such as buffers, has grown now
        asked = metric(vllm, "federation_compositions_resolved_total")
        before = resident_bytes(vllm.pid)
        statuses = set(pool.map(status, names(1000)))
        after = resident_bytes(vllm.pid)

    assert statuses == {404}
    assert after - before < 4 << 20
    # vLLM keeps a lock for every unknown name it is asked for, so none of them may reach it.
    assert metric(vllm, "federation_compositions_resolved_total") == asked


def resident_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"{not json", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"model": "base", "messages": [], "temperature": NaN}', "application/json", 400),
        (b'{"messages": []}', "application/json", 400),
        (b'{"model": 7}', "application/json", 400),
        (b'{"model": "base"}', "text/plain", 415),
        (b'{"model": "base"}', "", 415),
        (b" " * (2 << 20), "application/json", 413),
        (json.dumps({"model": "base", "messages": []}).encode(), "application/json", 400),
        (json.dumps({"model": "base", "messages": HELLO, "temperature": -1}).encode(), "application/json", 400),
        (json.dumps({"model": "base", "messages": HELLO, "n": 500}).encode(), "application/json", 400),
    ],
)
def test_a_bad_body_gets_the_envelope_and_the_right_status(
    vllm: Server, content: bytes, media_type: str, status: int
) -> None:
    with vllm.http("brand_x") as http:
        answer = http.post("/v1/chat/completions", content=content, headers={"content-type": media_type})

    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_a_client_that_leaves_a_stream_frees_its_place(vllm: Server) -> None:
    endless = {"model": STACK_X, "messages": HELLO, "max_tokens": 1500, "ignore_eos": True, "stream": True}

    with vllm.http("brand_x") as http, http.stream("POST", "/v1/chat/completions", json=endless) as answer:
        next(answer.iter_lines())
        assert metric(vllm, "vllm:num_requests_running") == 1

    assert wait_until(lambda: metric(vllm, "vllm:num_requests_running") == 0)


def test_a_tenants_salt_keeps_its_prompts_out_of_anothers_cache(vllm: Server) -> None:
    """The same base, the same long prompt: a second tenant must not be served from the first one's blocks."""
    prompt = [{"role": "user", "content": "clean room " * 120}]

    def hits(tenant: str) -> float:
        before = metric(vllm, "vllm:prefix_cache_hits_total")
        vllm.client(tenant).chat.completions.create(model="base", messages=prompt, max_tokens=1)
        return metric(vllm, "vllm:prefix_cache_hits_total") - before

    first, again, other = hits("brand_x"), hits("brand_x"), hits("brand_y")

    assert first == 0 and other == 0
    assert again > 100
