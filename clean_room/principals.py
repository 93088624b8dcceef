"""Who may ask which retailer: one validated file; whoever it does not list may ask nobody."""

import tomllib
from functools import cache
from pathlib import Path

from pydantic import Field, TypeAdapter, ValidationError

from clean_room.settings import CleanRoomSettings
from schemas.base import Frozen
from schemas.errors import InputInvalid

SHIPPED = Path(__file__).parent / "principals.toml"


class Principal(Frozen):
    """Asks for one brand, at these retailers."""

    brand: str = Field(pattern="^[A-Za-z0-9_-]{1,64}$")
    retailers: tuple[str, ...]

    def may_ask(self, brand: str, retailer_id: str) -> bool:
        return brand == self.brand and retailer_id in self.retailers


def read_principals(path: Path) -> dict[str, Principal]:
    """Raises InputInvalid naming the file when it is missing or malformed."""
    try:
        return TypeAdapter(dict[str, Principal]).validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputInvalid(
            f"the file of principals {str(path)!r} cannot be read; name one in CLEAN_ROOM_PRINCIPALS"
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise InputInvalid(f"the file of principals {str(path)!r} is not valid: {error}") from error


@cache
def _principals_of(path: Path) -> dict[str, Principal]:
    return read_principals(path)


def may_ask(principal: str, brand: str, retailer_id: str) -> bool:
    """By the file CLEAN_ROOM_PRINCIPALS names, the shipped one without it. An unknown principal may not."""
    known = _principals_of(CleanRoomSettings().principals or SHIPPED).get(principal)
    return known is not None and known.may_ask(brand, retailer_id)
