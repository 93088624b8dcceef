"""What every server can refuse before it loads anything."""

import socket

from schemas.errors import DataMissing, RetailMediaError
from serving.edge.opening import open_registry, refuse_open_host
from serving.settings import ServingSettings


class PortTaken(RetailMediaError):
    pass


def held_port(settings: ServingSettings) -> socket.socket:
    """The server's port, bound so that nobody takes it while the model loads.

    Raises InputInvalid for an open host or a wrong tenants file, DataMissing without a base model, PortTaken.
    """
    refuse_open_host(settings, open_registry(settings))
    require_base_model(settings)
    return bound_socket(settings.host, settings.port)


def require_base_model(settings: ServingSettings) -> None:
    """Raises DataMissing naming the command that fetches it."""
    if not (settings.model / "config.json").is_file():
        raise DataMissing(
            f"no base model in {str(settings.model)!r}; fetch it with `python -m serving.base_model`, "
            "or name another directory with --model DIR or SERVING_MODEL"
        )


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
