"""Which compositions can be named on the served base, and the ones held in memory."""

import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace

import torch

from adapters.compose import WeightsDtype
from adapters.digest import base_digest
from adapters.manager import AdapterManager
from adapters.names import CompositionName
from adapters.store import CompositionStore
from serving.cpu.language_model import LanguageModel
from serving.cpu.lora import Composition, read_composition
from serving.names import without_digests
from serving.settings import ServingSettings

logger = logging.getLogger(__name__)

BASE_OWNER = "base"


@dataclass(frozen=True)
class Offer:
    """One name a client may ask for. `parent` is what the last adapter stands on, None for the base itself."""

    name: str
    canonical: str
    parent: str | None
    owner: str


class Compositions:
    """Composes on first use and keeps the most recently used in memory. Safe for many threads."""

    def __init__(self, model: LanguageModel, settings: ServingSettings) -> None:
        self.created = int(time.time())
        self._model = model
        self._base_sha256 = base_digest(settings.model)
        self._manager = AdapterManager(settings.adapters)
        dtype = WeightsDtype.BFLOAT16 if model.dtype is torch.bfloat16 else WeightsDtype.FLOAT32
        self._store = CompositionStore(self._manager, settings.composed, base_sha256=self._base_sha256, dtype=dtype)
        self._max_resident = settings.max_resident
        self.resident: OrderedDict[str, Composition] = OrderedDict()
        self._lock = threading.Lock()
        self._loading: dict[str, threading.Lock] = {}

    @property
    def fingerprint(self) -> str:
        """The first 12 digits of the base's digest."""
        return self._base_sha256[:12]

    @property
    def adapter_count(self) -> int:
        return len(self._manager.cards())

    def problems(self) -> list[str]:
        """Adapters that are not offered, each with its reason."""
        return [problem.reason for problem in self._manager.problems()]

    def offered(self) -> list[Offer]:
        """The base, each adapter that may stand alone, and each industry+manufacturer pair."""
        names = (CompositionName(), *self._manager.compositions(self._base_sha256))
        return [self._offer(name) for name in names]

    def offer(self, name: str) -> Offer:
        """Raises AdapterError when the name cannot be served."""
        return replace(self._offer(self._store.canonical(name)), name=name)

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
        composed = self._store.compose(pinned)
        read = read_composition(str(pinned), composed.path, self._model.linear_shapes, self._model.dtype)
        with self._lock:
            self.resident[str(pinned)] = read
            while len(self.resident) > self._max_resident:
                self.resident.popitem(last=False)
        logger.info("composition loaded: name=%s seconds=%.2f", pinned, time.perf_counter() - started)
        return read

    def _offer(self, name: CompositionName) -> Offer:
        plain = without_digests(name)
        parent = None if name.is_base else str(CompositionName(plain.parts[:-1]))
        owner = BASE_OWNER if name.is_base else self._manager.card_for(name.parts[-1].adapter_id).owner
        return Offer(str(plain), str(name), parent, owner)
