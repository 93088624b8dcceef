"""The static mode: a fixed list, composed first, and no runtime LoRA flag at all. On a tiny random Llama."""

from collections.abc import Iterator

import openai
import pytest

from tests.tiny import BRAND_X, INDUSTRY, make_tiny_base, make_tiny_catalogue
from tests.vllm.served.conftest import free_port
from tests.vllm.served.house import Server, vllm_server, write_tenants

pytestmark = pytest.mark.vllm

HELLO = [{"role": "user", "content": "hello"}]


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    base, adapters = make_tiny_base(tmp_path_factory.mktemp("base"), head_dim=32), tmp_path_factory.mktemp("adapters")
    make_tiny_catalogue(adapters, base, tmp_path_factory.mktemp("scratch"))
    variables = {
        "SERVING_MODEL": str(base),
        "SERVING_ADAPTERS": str(adapters),
        "SERVING_COMPOSED": str(tmp_path_factory.mktemp("composed")),
        "SERVING_TENANTS": str(write_tenants(tmp_path_factory.mktemp("tenants") / "tenants.toml")),
        "SERVING_COMPOSITIONS": "static",
        "SERVING_DTYPE": "float32",
        "SERVING_MAX_CONTEXT_TOKENS": "512",
    }
    with vllm_server(tmp_path_factory.mktemp("log") / "vllm.log", free_port(), variables) as server:
        yield server


def test_the_fixed_list_is_served_and_nothing_beyond_it(static: Server) -> None:
    client = static.client("brand_x")

    reply = client.chat.completions.create(model=f"{INDUSTRY}+{BRAND_X}", messages=HELLO, max_tokens=2)
    with pytest.raises(openai.NotFoundError, match="fixed list"):
        client.chat.completions.create(model=f"{INDUSTRY}:0.5", messages=HELLO, max_tokens=2)

    assert reply.model.count("@") == 2
    assert {model.id for model in client.models.list()} == {"base", INDUSTRY, f"{INDUSTRY}+{BRAND_X}"}


def test_the_routes_that_load_adapters_are_not_even_mounted(static: Server) -> None:
    told = static.log.read_text()

    assert "Route: /v1/chat/completions" in told
    assert "load_lora_adapter" not in told and "Route: /adapters" not in told
    assert "start-up self-check passed" in told
