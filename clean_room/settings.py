"""Where the clean room of this process is."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class CleanRoomSettings(BaseSettings):
    """Read from CLEAN_ROOM_DIR, CLEAN_ROOM_BRAND and so on; a relative path is below the working directory.

    `policies`: the folder of the retailers' policies, instead of the shipped ones.
    """

    model_config = SettingsConfigDict(env_prefix="CLEAN_ROOM_", frozen=True)

    dir: Path = Path("var/clean_room")
    brand: str = "brand_x"
    policies: Path | None = None
