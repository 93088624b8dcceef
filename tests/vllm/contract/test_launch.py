"""The command line that we write, the processes it starts, and the defaults that we leave alone."""

import sys
from argparse import Namespace
from types import SimpleNamespace

import pytest

pytest.importorskip("vllm.entrypoints.cli.serve", reason="vLLM is not in this environment")

import vllm
from vllm import envs
from vllm.entrypoints.cli import serve
from vllm.entrypoints.launchers.api_server import entry

from tests.vllm.contract.stubs import FLAG, arguments


def test_the_flags_we_pass_are_known() -> None:
    given = arguments(
        *("--model", "/m", "--host", "127.0.0.1", "--port", "1", "--max-model-len", "64", "--max-num-seqs", "8"),
        *("--enable-lora", "--max-loras", "6", "--max-cpu-loras", "8", "--max-lora-rank", "32"),
        *("--lora-dtype", "bfloat16", "--dtype", "bfloat16", "--enforce-eager", "--max-num-batched-tokens", "256"),
        *("--enable-auto-tool-choice", "--tool-call-parser", "hermes", "--chat-template", "t.jinja"),
        *("--middleware", "a.B", "--middleware", "c.D", "--disable-fastapi-docs", "--api-server-count", "1"),
    )

    assert given.middleware == ["a.B", "c.D"]
    assert given.served_model_name == ["base"]
    assert (given.api_server_count, given.max_lora_rank, given.disable_fastapi_docs) == (1, 32, True)


def test_a_rank_vllm_does_not_know_stops_the_command() -> None:
    with pytest.raises(SystemExit):
        arguments("--max-lora-rank", "48")


def test_the_module_entry_starts_one_server_whatever_the_count_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """python -m vllm.entrypoints.openai.api_server ends in this main; the count belongs to `vllm serve`."""
    started: list[Namespace] = []

    async def record(args: Namespace) -> None:
        started.append(args)

    monkeypatch.setattr(entry, "run_server", record)
    monkeypatch.setattr(entry, "configure_logging_from_args", lambda args: None)
    monkeypatch.setenv("VLLM_WORKER_MULTIPROC_METHOD", "spawn")
    monkeypatch.setattr(sys, "argv", ["api_server", "--model", "/m", "--api-server-count", "2"])

    entry.main()

    assert [args.api_server_count for args in started] == [2]


def test_several_api_servers_with_the_flag_are_refused(flag: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only `vllm serve` can start several. The engine's configuration is stubbed: it would need a model."""
    engine_args = SimpleNamespace(create_engine_config=lambda **_: None)
    monkeypatch.setattr(vllm.AsyncEngineArgs, "from_cli_args", lambda args: engine_args)
    monkeypatch.setattr(serve, "setup_multiprocess_prometheus", lambda: None)
    monkeypatch.setattr(serve, "setup_server", lambda args, reuse_port: ("here", None))
    monkeypatch.setattr(serve, "propagate_flash_late_interaction", lambda args, engine_args: None)
    monkeypatch.setattr(serve, "signal", SimpleNamespace(signal=lambda *_: None, SIGTERM=15, SIGINT=2))

    with pytest.raises(ValueError, match=f"{FLAG} cannot be used with api_server_count > 1"):
        serve.run_multi_api_server(arguments("--api-server-count", "2"))


def test_replies_are_not_stored_unless_a_variable_says_so() -> None:
    """Reads a default. The store is one dictionary for all clients, so the launcher refuses the variable."""
    assert envs.VLLM_ENABLE_RESPONSES_API_STORE is False


def test_a_clients_template_is_not_trusted_unless_a_flag_says_so() -> None:
    """Reads defaults."""
    defaults = arguments()

    assert not defaults.trust_request_chat_template
    assert not defaults.trust_request_mm_kwargs
    assert not defaults.enable_prompt_embeds
    assert defaults.allowed_local_media_path == ""
    assert not defaults.enable_log_requests
