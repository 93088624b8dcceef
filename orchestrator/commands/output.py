"""Writes a command's result file."""

import json
from pathlib import Path
from typing import Any

from schemas.errors import InputInvalid


def write_json(values: dict[str, Any], path: Path) -> None:
    """Raises InputInvalid when the folder is missing or not writable."""
    try:
        path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputInvalid(f"cannot write {str(path)!r}: {error}") from error
