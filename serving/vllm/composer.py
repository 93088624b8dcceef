"""From a pinned name to a folder on disk, for vLLM: off the event loop, few at a time, never an exception."""

import asyncio
import logging
from pathlib import Path

from cachetools import TTLCache

from adapters.names import parse_name
from adapters.store import CompositionStore
from schemas.errors import AdapterNameInvalid, RetailMediaError
from serving.resolution import RESOLVED, timed_composition

logger = logging.getLogger(__name__)

# A name that failed is not tried again for this long; vLLM itself asks again at every request.
REFUSED_SECONDS = 10.0
REFUSED_NAMES = 1024


class Composer:
    """Tenant-blind: whoever asks has been let in by the edge."""

    def __init__(self, store: CompositionStore, at_once: int, refused_seconds: float = REFUSED_SECONDS) -> None:
        self._store = store
        self._gate = asyncio.Semaphore(at_once)
        self._refused: TTLCache[str, str] = TTLCache(REFUSED_NAMES, refused_seconds)
        self._made: dict[str, Path] = {}

    async def path_of(self, name: str) -> Path | None:
        """None when the name cannot be served; the log says why."""
        if name in self._refused:
            RESOLVED.labels("refused").inc()
            return None
        try:
            pinned = parse_name(name)
            if pinned.is_base:
                return None
            async with self._gate:
                composed = await asyncio.to_thread(timed_composition, self._store, pinned)
        except AdapterNameInvalid as error:
            # Not remembered: the grammar is checked at once, and such names are endless.
            logger.warning("name refused: %s", error)
            RESOLVED.labels("refused").inc()
            return None
        except RetailMediaError as error:
            self._refused[name] = str(error)
            logger.warning("composition not served: name=%s reason=%s", name, error)
            return None
        self._made[name] = composed.path
        return composed.path

    async def restore(self, name: str) -> None:
        """Put back what was removed by hand since it was made here.

        vLLM keeps a name for ever and reads its file again after evicting it, inside the engine's own loop, where a
        file that is gone ends the engine. The bytes are the same as before: the folder's name is their content's.
        """
        made = self._made.get(name)
        if made is not None and not await asyncio.to_thread(_is_whole, made):
            logger.error("a composed adapter was removed while it is served, made again: %s", made)
            await self.path_of(name)


def _is_whole(folder: Path) -> bool:
    return (folder / "adapter_model.safetensors").is_file() and (folder / "adapter_config.json").is_file()
