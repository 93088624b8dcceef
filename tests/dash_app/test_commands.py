"""How the app's commands begin and end."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dash_app import model_server
from dash_app.model_server import ServerFailed, answers, free_port, last_line


def command(module: str, tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ORCHESTRATOR_RUNS_DIR": str(tmp_path / "runs"), **variables}
    return subprocess.run(
        [sys.executable, "-m", module], capture_output=True, text=True, check=False, env=environment, timeout=60
    )


@pytest.mark.parametrize("module", ["dash_app", "dash_app.demo"])
def test_a_taken_port_is_one_line_that_names_it(module: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = command(module, tmp_path, DASH_PORT=str(port))

    assert done.returncode == 1
    assert f"port {port}" in done.stderr and "DASH_PORT" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_port_that_is_no_number_is_named_with_its_variable(tmp_path: Path) -> None:
    done = command("dash_app", tmp_path, DASH_PORT="eighty")

    assert done.returncode == 2
    assert "DASH_PORT='eighty'" in done.stderr


def test_a_model_server_that_is_not_there_does_not_answer() -> None:
    assert not answers(9)


def test_a_taken_port_is_left_alone_and_another_found() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert free_port(port) not in {port, 0}


def test_a_model_server_that_ends_at_once_is_reported_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVING_MODEL", str(tmp_path / "nowhere"))
    said: list[str] = []

    with (
        pytest.raises(ServerFailed, match=r"ended with code \d+: .*nowhere"),
        model_server.model_server(said.append, usual_port=free_port(0), log=tmp_path / "server.log"),
    ):
        pass


def test_the_last_line_of_a_log_is_its_last_that_says_something(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("first\nno base model here\n\n")

    assert last_line(log) == "no base model here"
