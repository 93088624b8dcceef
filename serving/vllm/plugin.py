"""vLLM's entry point into this project: `vllm.general_plugins` calls `register` in each of its processes."""

import os
import sys
from functools import cached_property
from pathlib import Path

from vllm.lora.request import LoRARequest
from vllm.lora.resolver import LoRAResolver, LoRAResolverRegistry

from adapters.manager import AdapterManager
from adapters.store import CompositionStore
from serving.settings import read_settings
from serving.vllm.composer import Composer
from serving.vllm.cpu_lora import mend_base_rows_on_cpu
from serving.vllm.launch import EDGE, PLUGIN, RUNTIME_LORA, runtime_lora_is_on, served_dtype

MODEL_LOOKUP = "registry.py"
"""Of vllm/model_executor/models, which vLLM starts with `python -m`."""


class CompositionResolver(LoRAResolver):  # type: ignore[misc]  # vLLM is not in the environment that is type-checked
    """Composes `a+b` when vLLM first meets the name."""

    @cached_property
    def composer(self) -> Composer:
        """Made at first use: `register` also runs in processes that never resolve anything."""
        settings = read_settings()
        store = CompositionStore(
            AdapterManager(settings.adapters),
            settings.composed,
            base_sha256=settings.base_sha256,
            dtype=served_dtype(settings),
        )
        return Composer(store, settings.compose_at_once)

    async def resolve_lora(self, base_model_name: str, lora_name: str) -> LoRARequest | None:
        path: Path | None = await self.composer.path_of(lora_name)
        # vLLM puts an id of its own in the place of this one.
        return None if path is None else LoRARequest(lora_name=lora_name, lora_int_id=1, lora_path=str(path))


def register() -> None:
    """Raises SystemExit in a vLLM that lets clients load adapters and has no edge to stop them."""
    # With an empty cache vLLM looks a model's class up in a process of its own, which serves nobody and has no options.
    looks_up_a_class = Path(sys.argv[0]).name == MODEL_LOOKUP
    if runtime_lora_is_on(os.environ) and EDGE not in sys.argv and not looks_up_a_class:
        raise SystemExit(
            f"{RUNTIME_LORA} is set, and this vLLM was started without our edge (--middleware {EDGE}): anyone who "
            "reaches it could load adapters from any path. Start it with `python -m serving vllm`, or unset the flag"
        )
    if PLUGIN not in LoRAResolverRegistry.get_supported_resolvers():
        LoRAResolverRegistry.register_resolver(PLUGIN, CompositionResolver())
    mend_base_rows_on_cpu()


def registered_composer() -> Composer:
    """Of this process. Raises KeyError where the plugin was not loaded."""
    resolver = LoRAResolverRegistry.get_resolver(PLUGIN)
    assert isinstance(resolver, CompositionResolver)
    return resolver.composer
