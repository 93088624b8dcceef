"""A tiny random Llama with three random adapters, and a real server for it."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import torch
from openai import OpenAI

from serving.cpu.chat_service import ChatService
from serving.cpu.start import CpuServer, chat_service
from serving.edge import TenantRegistry
from serving.preflight import bound_socket
from serving.settings import ServingSettings
from tests.tiny import make_tiny_base, make_tiny_catalogue


@dataclass(frozen=True)
class RunningServer:
    url: str
    service: ChatService

    def client(self) -> OpenAI:
        return OpenAI(base_url=f"{self.url}/v1", api_key="none", max_retries=0)


@pytest.fixture(scope="session")
def tiny_settings(tmp_path_factory: pytest.TempPathFactory) -> ServingSettings:
    torch.set_num_threads(1)
    base = make_tiny_base(tmp_path_factory.mktemp("base"))
    adapters = tmp_path_factory.mktemp("adapters")
    make_tiny_catalogue(adapters, base, tmp_path_factory.mktemp("scratch"))
    composed = tmp_path_factory.mktemp("composed")
    return ServingSettings(
        model=base, adapters=adapters, composed=composed, dtype="float32", threads=1, max_rows=6, max_waiting=6
    )


@pytest.fixture(scope="session")
def service(tiny_settings: ServingSettings) -> Iterator[ChatService]:
    """For tests that submit to the engine directly; the server below has one of its own."""
    service = chat_service(tiny_settings)
    yield service
    service.engine.stop()


@pytest.fixture(scope="session")
def server(tiny_settings: ServingSettings) -> Iterator[RunningServer]:
    yield from running(chat_service(tiny_settings))


def running(service: ChatService, registry: TenantRegistry | None = None) -> Iterator[RunningServer]:
    held = bound_socket("127.0.0.1", 0)
    listens = threading.Event()
    uvicorn_server = CpuServer(service, registry, listens.set)
    thread = threading.Thread(target=uvicorn_server.run, kwargs={"sockets": [held]})
    thread.start()
    assert listens.wait(30)
    yield RunningServer(f"http://127.0.0.1:{held.getsockname()[1]}", service)
    uvicorn_server.should_exit = True
    thread.join()
    held.close()


@pytest.fixture
def client(server: RunningServer) -> OpenAI:
    return server.client()


def prompt_of(service: ChatService, text: str) -> tuple[int, ...]:
    tokenizer = service.engine.model.tokenizer
    shown = tokenizer.apply_chat_template(
        [{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True
    )
    return tuple(tokenizer(shown, add_special_tokens=False)["input_ids"])
