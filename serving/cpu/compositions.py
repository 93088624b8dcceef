"""The compositions held in memory: composed and read at first use, the most recently used kept."""

import logging
import threading
import time
from collections import OrderedDict

import torch

from adapters.compose import WeightsDtype
from adapters.names import CompositionName
from adapters.store import CompositionStore
from serving.cpu.language_model import LanguageModel
from serving.cpu.lora import Composition, read_composition
from serving.edge import Catalogue
from serving.resolution import timed_composition
from serving.settings import ServingSettings

logger = logging.getLogger(__name__)


class Compositions:
    """Composes on first use and keeps the most recently used in memory. Safe for many threads."""

    def __init__(self, model: LanguageModel, settings: ServingSettings, catalogue: Catalogue) -> None:
        self._model = model
        dtype = WeightsDtype.BFLOAT16 if model.dtype is torch.bfloat16 else WeightsDtype.FLOAT32
        self._store = CompositionStore(
            catalogue.manager, settings.composed, base_sha256=catalogue.base.sha256, dtype=dtype
        )
        self._max_resident = settings.max_resident
        self.resident: OrderedDict[str, Composition] = OrderedDict()
        self._lock = threading.Lock()
        self._loading: dict[str, threading.Lock] = {}

    def load(self, name: str) -> tuple[str, Composition | None]:
        """The canonical, pinned name and its weights (None for the base). Raises AdapterError."""
        pinned = self._store.canonical(name)
        key = str(pinned)
        if pinned.is_base:
            return key, None
        with self._lock:
            one_at_a_time = self._loading.setdefault(key, threading.Lock())
        with one_at_a_time:
            return key, self._recent(key) or self._read(pinned)

    def _recent(self, key: str) -> Composition | None:
        with self._lock:
            if key in self.resident:
                self.resident.move_to_end(key)
            return self.resident.get(key)

    def _read(self, pinned: CompositionName) -> Composition:
        """Rows that still use an evicted composition keep it alive until they are done."""
        started = time.perf_counter()
        composed = timed_composition(self._store, pinned)
        read = read_composition(str(pinned), composed.path, self._model.linear_shapes, self._model.dtype)
        with self._lock:
            self.resident[str(pinned)] = read
            while len(self.resident) > self._max_resident:
                self.resident.popitem(last=False)
        logger.info("composition loaded: name=%s seconds=%.2f", pinned, time.perf_counter() - started)
        return read
