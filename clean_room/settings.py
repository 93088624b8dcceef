"""Where the clean room of this process is."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class CleanRoomSettings(BaseSettings):
    """Read from CLEAN_ROOM_DIR, CLEAN_ROOM_BRAND and so on; a relative path is below the working directory.

    `policies` (a folder) and `principals` (a file) stand in for the shipped ones; `principal` is who asks, the brand
    itself when not set; `audit_key` is the file of the audit's key, beside the audit when not set.
    """

    model_config = SettingsConfigDict(env_prefix="CLEAN_ROOM_", frozen=True)

    dir: Path = Path("var/clean_room")
    brand: str = "brand_x"
    principal: str | None = None
    policies: Path | None = None
    principals: Path | None = None
    audit_key: Path | None = None
