"""What one variant answered, kept on disk as soon as it is known: an audit that is stopped goes on from there."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from adapters.evaluation.privacy.exposure import Exposure
from schemas.base import Frozen


class Measured(Frozen):
    """One exposure per canary, and one negative log-likelihood per row where rows were asked."""

    exposures: tuple[Exposure, ...]
    row_nlls: tuple[float, ...] = ()


def kept(folder: Path, depends_on: Sequence[Any], measure: Callable[[], Measured]) -> Measured:
    """The file is named after everything it depends on, so that another audit's is never taken for this one's."""
    key = hashlib.sha256(json.dumps(depends_on, default=str).encode()).hexdigest()[:24]
    file = folder / f"{key}.json"
    if file.is_file():
        return Measured.model_validate_json(file.read_bytes())
    found = measure()
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_text(found.model_dump_json(), encoding="utf-8")
    os.replace(unfinished, file)
    return found
