"""What can be refused before torch is imported and the model loaded."""

import ipaddress
import socket

from schemas.errors import DataMissing, InputInvalid, RetailMediaError
from serving.settings import ServingSettings


class PortTaken(RetailMediaError):
    pass


def held_port(settings: ServingSettings) -> socket.socket:
    """The server's port, bound so that nobody takes it while the model loads.

    Raises InputInvalid for an open host, DataMissing without a base model, PortTaken.
    """
    _refuse_open_host(settings.host)
    if not (settings.model / "config.json").is_file():
        raise DataMissing(
            f"no base model in {str(settings.model)!r}; fetch it with `python -m serving.base_model`, "
            "or name another directory with --model DIR"
        )
    return bound_socket(settings.host, settings.port)


def bound_socket(host: str, port: int) -> socket.socket:
    """Raises PortTaken naming the port and what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    held = socket.socket(family, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just left by another server is free
    try:
        held.bind((host, port))
    except OSError as error:
        held.close()
        raise PortTaken(
            f"port {port} on {host} cannot be used ({error.strerror}); stop what listens there, or choose another "
            "with --port P or SERVING_PORT=P"
        ) from error
    return held


def _refuse_open_host(host: str) -> None:
    """Without API keys anyone who reaches the port may ask anything, so only this machine may reach it."""
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise InputInvalid(
            f"host {host!r} is not a loopback address: this server has no API keys and would answer anyone who "
            "reaches it; use 127.0.0.1"
        )
