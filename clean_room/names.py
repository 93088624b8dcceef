"""Names that become parts of a path."""

import re

from schemas.errors import InputInvalid

PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def check_plain_name(kind: str, name: str) -> str:
    """The name itself. Raises InputInvalid for one that could lead out of its folder."""
    if not PLAIN_NAME.fullmatch(name):
        raise InputInvalid(f"{kind} {name!r} is not a plain name of at most 64 letters, digits, '_' and '-'")
    return name
