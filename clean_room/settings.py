"""Where the clean room of this process is."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class CleanRoomSettings(BaseSettings):
    """Read from CLEAN_ROOM_DIR and CLEAN_ROOM_BRAND; a relative folder is below the working directory."""

    model_config = SettingsConfigDict(env_prefix="CLEAN_ROOM_", frozen=True)

    dir: Path = Path("var/clean_room")
    brand: str = "brand_x"
