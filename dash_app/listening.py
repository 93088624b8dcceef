"""The app on a port of this machine."""

import socket

import uvicorn
from fastapi import FastAPI

from dash_app.settings import HOST
from schemas.errors import RetailMediaError


class PortTaken(RetailMediaError):
    """Something else listens where the app should."""


def bound_socket(port: int) -> socket.socket:
    """The port, held from before the app is built. Raises PortTaken."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind((HOST, port))
        held.listen(128)
    except OSError as error:
        held.close()
        raise PortTaken(
            f"port {port} on {HOST} cannot be used ({error.strerror}); "
            "stop what listens there or choose another with DASH_PORT"
        ) from error
    return held


def url_of(held: socket.socket) -> str:
    return f"http://{HOST}:{held.getsockname()[1]}"


def serve(server: FastAPI, held: socket.socket) -> None:
    """Until stopped."""
    config = uvicorn.Config(server, log_level="warning", timeout_graceful_shutdown=2, lifespan="on")
    uvicorn.Server(config).run(sockets=[held])
