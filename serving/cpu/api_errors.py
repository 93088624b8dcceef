"""What goes wrong in the CPU server, as refusals in OpenAI's envelope."""

import logging

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from serving.api_error import ApiError

logger = logging.getLogger(__name__)


def from_validation(error: ValidationError) -> ApiError:
    """The first thing wrong with a request body."""
    problem = max(error.errors()[:8], key=lambda one: len(one["loc"]))  # of a union's errors the deepest one tells most
    if problem["type"] == "json_invalid":
        return ApiError(400, f"the body is not JSON: {problem['ctx']['error']}", code="invalid_json")
    param = _param(problem["loc"])
    reason = problem["msg"].removeprefix("Value error, ")
    got = "" if problem["type"] in {"missing", "value_error"} else f", got {str(problem['input'])[:80]!r}"
    return ApiError(400, f"{param}: {reason}{got}" if param else reason, param=param or None)


def _param(location: tuple[int | str, ...]) -> str:
    """('messages', 0, 'role') as messages[0].role; the names pydantic gives to a union's branches are left out."""
    steps = [step for step in location if isinstance(step, int) or step.isidentifier()]
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def install_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(ApiError)
    async def refused(_: Request, error: ApiError) -> JSONResponse:
        return JSONResponse(error.body, error.status, error.headers)

    @app.exception_handler(HTTPException)
    async def not_served(request: Request, error: HTTPException) -> JSONResponse:
        message = f"{request.method} {request.url.path} is not served here; see /v1/models and /v1/chat/completions"
        return JSONResponse(ApiError(error.status_code, message).body, error.status_code, error.headers)

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> JSONResponse:
        logger.exception("request failed: path=%s class=%s", request.url.path, type(error).__name__)
        return JSONResponse(ApiError(500, "the server failed; its log has the reason").body, 500)
