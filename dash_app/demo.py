"""`python -m dash_app.demo`: the whole product on one machine, each part made or started where it is missing."""

import signal
import socket
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from dash_app import listening
from dash_app.model_server import ServerFailed, model_server
from dash_app.settings import read_settings
from schemas.command_line import OneLineParser, run_command


def main(arguments: Sequence[str]) -> int:
    parser = OneLineParser(
        prog="python -m dash_app.demo",
        description="Market, clean room, model server and app on this machine; the app's port is DASH_PORT (8050).",
    )
    parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)
    with listening.bound_socket(read_settings().port) as held:
        _open(held)
    return 0


def _open(held: socket.socket) -> None:
    # Imported only now: they take seconds, and a taken port should be told at once.
    from orchestrator.preparation import prepare
    from orchestrator.settings import read_settings as read_orchestrator_settings
    from schemas.brief import read_brief

    settings = read_orchestrator_settings()
    say("1/4 data")
    prepare(settings, read_brief(settings.brief).brand_id, say)
    say("2/4 model server")
    try:
        with model_server(say) as model_url:
            _serve(held, model_url)
    except ServerFailed as error:
        say(f"WARNING {error}")
        say("WARNING going on without a model: every model step will use its template and say so")
        _serve(held, settings.model_url)


def _serve(held: socket.socket, model_url: str) -> None:
    from dash_app.app import create_app
    from dash_app.runner import Job, Runner
    from orchestrator.services import open_services
    from orchestrator.settings import read_settings as read_orchestrator_settings
    from schemas.brief import read_brief

    say("3/4 app")
    services = open_services(read_orchestrator_settings(model_url=model_url))
    runner = Runner(services)
    server, _ = create_app(services, runner)
    if services.runs.list():
        say("4/4 runs: there are some already, the newest is shown")
    else:
        # In both modes, so that the switch has the words of both to show.
        brief = read_brief(services.settings.brief)
        runner.start([Job(brief, clean_room=False), Job(brief, clean_room=True)])
        say(f"4/4 runs: {brief.name!r} goes first with full data, then with clean-room data only")
    print(f"open {listening.url_of(held)} (Ctrl-C stops everything this command started)", flush=True)
    listening.serve(server, held)


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    """As Ctrl-C does, so that the children are stopped on the way out."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    run_command(main)
