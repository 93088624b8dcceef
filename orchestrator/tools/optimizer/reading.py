"""A problem from outside: read once, refused in one line."""

import json
from pathlib import Path
from typing import NoReturn

from pydantic import ValidationError

from schemas.brief import validation_message
from schemas.errors import InputInvalid
from schemas.optimization import Problem


def read_problem(path: Path) -> Problem:
    """Raises InputInvalid naming the file and each wrong field."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputInvalid(f"cannot read the problem {str(path)!r}: {error}") from error
    return parse_problem(text, f"the problem {str(path)!r}")


def parse_problem(text: str, what: str = "the problem") -> Problem:
    """Raises InputInvalid naming each wrong field."""
    try:
        values = json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        raise InputInvalid(f"{what} is not JSON: {error}") from error
    try:
        return Problem.model_validate(values)
    except ValidationError as error:
        raise InputInvalid(_shortened(validation_message(error, what))) from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number; give a finite one")


def _shortened(message: str, most: int = 600) -> str:
    return message if len(message) <= most else f"{message[:most]} ... (more of the same kind)"
