"""How `python -m serving` starts, and how it refuses to."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from schemas.command_line import run_command
from schemas.errors import InputInvalid
from serving.__main__ import main
from serving.preflight import bound_socket
from serving.settings import ServingSettings, read_settings


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int | str | None, str]:
    """Exit code and stderr of a command that must not start serving."""
    with pytest.raises(SystemExit) as stopped:
        run_command(main, arguments)
    return stopped.value.code, capsys.readouterr().err


@pytest.fixture
def taken_port() -> Iterator[int]:
    with bound_socket("127.0.0.1", 0) as other:
        other.listen()
        yield other.getsockname()[1]


def test_a_taken_port_ends_with_1_and_one_line_naming_it(
    capsys: pytest.CaptureFixture[str], tiny_settings: ServingSettings, taken_port: int
) -> None:
    code, message = refused(capsys, "cpu", "--model", str(tiny_settings.model), "--port", str(taken_port))

    assert code == 1
    assert message.count("\n") == 1
    assert f"port {taken_port}" in message and "--port" in message


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.com", "::"])
def test_a_host_that_others_can_reach_is_refused_without_keys(capsys: pytest.CaptureFixture[str], host: str) -> None:
    code, message = refused(capsys, "cpu", "--host", host, "--port", "0")

    assert code == 2
    assert repr(host) in message and "without API keys" in message


def test_a_missing_model_names_the_command_that_fetches_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, message = refused(capsys, "cpu", "--model", str(tmp_path), "--port", "0")

    assert code == 2
    assert "python -m serving.base_model" in message


def test_auto_without_a_gpu_says_so_and_takes_the_cpu(
    capsys: pytest.CaptureFixture[str], tiny_settings: ServingSettings, taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.__main__.gpu_memory_gib", lambda: None)

    code, message = refused(capsys, "auto", "--model", str(tiny_settings.model), "--port", str(taken_port))

    assert code == 1
    assert message.startswith("no NVIDIA GPU here; serving on the CPU\n")


@pytest.mark.parametrize(
    ("variable", "value"),
    [("SERVING_PORT", "99999"), ("SERVING_PORT", "http"), ("SERVING_DTYPE", "int3"), ("SERVING_MAX_ROWS", "0")],
)
def test_a_bad_variable_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    code, message = refused(capsys, "cpu")

    assert code == 2
    assert message.count("\n") == 1
    assert variable in message and repr(value) in message


def test_a_misspelt_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVING_PROT", "8000")

    with pytest.raises(InputInvalid, match="SERVING_PROT"):
        read_settings()


def test_an_option_outranks_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVING_PORT", "8001")

    assert read_settings({"port": None}).port == 8001
    assert read_settings({"port": "8002"}).port == 8002
    with pytest.raises(InputInvalid, match="--port='x'"):
        read_settings({"port": "x"})


def test_the_command_serves_until_it_is_stopped(tiny_settings: ServingSettings) -> None:
    command = [sys.executable, "-m", "serving", "cpu", "--port", "0", "--model", str(tiny_settings.model)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        try:
            announced = [process.stdout.readline(), process.stdout.readline()]
            health = httpx.get(announced[-1].removeprefix("ready: ").strip().replace("/v1", "/health"))
        finally:
            process.terminate()
            messages = process.stderr.read()

    assert health.status_code == 200
    assert "adapters" in announced[0]
    assert "no API key" in messages
    assert "Traceback" not in messages
