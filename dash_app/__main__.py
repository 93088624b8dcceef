"""`python -m dash_app`: the app over stored runs and whichever model server ORCHESTRATOR_MODEL_URL names."""

from collections.abc import Sequence

from dash_app import listening
from dash_app.settings import read_settings
from orchestrator import settings as orchestrator_settings
from schemas.command_line import OneLineParser, run_command


def main(arguments: Sequence[str]) -> int:
    parser = OneLineParser(prog="python -m dash_app", description="Open the app; its port is DASH_PORT (8050).")
    parser.parse_args(arguments)
    with listening.bound_socket(read_settings().port) as held:
        # Imported only now: they take seconds, and a taken port should be told at once.
        from dash_app.app import create_app
        from orchestrator.services import open_services

        server, _ = create_app(open_services(orchestrator_settings.read_settings()))
        print(f"app: {listening.url_of(held)}", flush=True)
        listening.serve(server, held)
    return 0


if __name__ == "__main__":
    run_command(main)
