"""The command and environment that serve every composition with vLLM: pure functions, and one that becomes vLLM."""

import importlib.util
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from adapters.compose import WeightsDtype
from adapters.digest import base_digest
from adapters.manager import AdapterManager
from adapters.names import BASE_NAME
from adapters.ranks import composed_rank
from adapters.store import CompositionStore
from schemas.errors import InputInvalid
from serving.edge.opening import mode_line, open_registry, refuse_open_host
from serving.preflight import require_base_model
from serving.settings import FILE_VARIABLE, ServingSettings, as_environment
from serving.vllm.chat_template import ChatTemplate, chat_template
from serving.vllm.profiles import Profile, profile_for

ALLOWED_MAX_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)  # vllm/config/lora.py
DEFAULT_MAX_RANK = 32  # two rank-16 adapters, for a catalogue that is still empty

SHUTDOWN_SECONDS = 25  # what requests under way have to finish when the server is stopped

PLUGIN = "federation"  # the entry point's name in pyproject.toml
EDGE = "serving.vllm.middleware.VllmEdge"

# Each of these would go round the edge or the resolver, or open what the edge does not know of.
UNSAFE_VARIABLES = (
    "VLLM_API_KEY",
    "VLLM_LORA_RESOLVER_CACHE_DIR",
    "VLLM_LORA_RESOLVER_HF_REPO_LIST",
    "VLLM_SERVER_DEV_MODE",
    "VLLM_SKIP_MODEL_NAME_VALIDATION",
    "VLLM_ENABLE_RESPONSES_API_STORE",
    "VLLM_DEBUG_LOG_API_SERVER_RESPONSE",
    "VLLM_DISABLE_REQUEST_ID_RANDOMIZATION",
    "VLLM_ENFORCE_STRICT_TOOL_CALLING",
    "VLLM_KEEP_ALIVE_ON_ENGINE_DEATH",
    "VLLM_MODEL_REDIRECT_PATH",
    "VLLM_USE_MODELSCOPE",
    "PROMETHEUS_MULTIPROC_DIR",
)
RUNTIME_LORA = "VLLM_ALLOW_RUNTIME_LORA_UPDATING"


@dataclass(frozen=True)
class Launch:
    argv: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class LoraPlan:
    """`static` is NAME=FOLDER of every composition in static mode, and None on demand."""

    base_sha256: str
    max_rank: int
    static: tuple[str, ...] | None


def vllm_launch(
    settings: ServingSettings, profile: Profile, loras: LoraPlan, template: ChatTemplate, outer: Mapping[str, str]
) -> Launch:
    """What to execute, given the environment it starts from."""
    return Launch(
        tuple(_argv(settings, profile, loras, template)), _environment(settings, profile, loras, template, outer)
    )


def _argv(settings: ServingSettings, profile: Profile, loras: LoraPlan, template: ChatTemplate) -> list[str]:
    dtype = served_dtype(settings)
    argv = [
        # -P: what lies in the working directory must not stand in for an installed package or its entry points.
        *(sys.executable, "-P", "-m", "vllm.entrypoints.openai.api_server"),
        *("--model", str(settings.model)),
        *("--served-model-name", BASE_NAME),
        *("--host", settings.host),
        *("--port", str(settings.port)),
        *("--dtype", dtype.value),
        *("--max-model-len", str(profile.max_context_tokens)),
        *("--max-num-seqs", str(profile.max_rows)),
        "--enable-lora",
        *("--max-loras", str(profile.max_loras)),
        *("--max-cpu-loras", str(profile.max_resident)),
        *("--max-lora-rank", str(loras.max_rank)),
        # vLLM has no float32 choice here; auto is the model's own.
        *("--lora-dtype", "auto" if dtype is WeightsDtype.FLOAT32 else dtype.value),
        "--enable-auto-tool-choice",
        *("--tool-call-parser", template.parser),
        *("--chat-template", str(template.path)),
        # Sampling defaults of a model's own file would make a request mean another thing than on the CPU server.
        *("--generation-config", "vllm"),
        *("--api-server-count", "1"),
        *("--middleware", EDGE),
        "--disable-fastapi-docs",
        "--no-enable-log-requests",
        *("--shutdown-timeout", str(SHUTDOWN_SECONDS)),
        *profile.flags,
    ]
    return argv if loras.static is None else [*argv, "--lora-modules", *loras.static]


def _environment(
    settings: ServingSettings, profile: Profile, loras: LoraPlan, template: ChatTemplate, outer: Mapping[str, str]
) -> dict[str, str]:
    resolved = settings.model_copy(
        update={
            "base_sha256": loras.base_sha256,
            "max_lora_rank": loras.max_rank,
            "max_context_tokens": profile.max_context_tokens,
            "max_loras": profile.max_loras,
            "max_resident": profile.max_resident,
            "chat_template": template.path,
            "dtype": served_dtype(settings).value,
        }
    )
    dropped = {*UNSAFE_VARIABLES, FILE_VARIABLE, RUNTIME_LORA}
    kept = {name: value for name, value in outer.items() if name not in dropped}
    is_on_demand = loras.static is None
    return {
        **profile.environment,
        **kept,
        **as_environment(resolved),
        "VLLM_PLUGINS": PLUGIN,
        "VLLM_USE_RUST_FRONTEND": "0",  # it knows neither middleware nor resolvers
        "VLLM_NO_USAGE_STATS": "1",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        # Without this one vLLM never asks a resolver. It also mounts the routes that the edge closes.
        **({RUNTIME_LORA: "1"} if is_on_demand else {}),
    }


def served_dtype(settings: ServingSettings) -> WeightsDtype:
    return WeightsDtype.BFLOAT16 if settings.dtype == "auto" else WeightsDtype(settings.dtype)


def plan_loras(settings: ServingSettings) -> LoraPlan:
    """The smallest rank vLLM allows that fits the catalogue; in static mode every composition is made now.

    Raises DataMissing without a base model, InputInvalid for a rank that vLLM does not know, AdapterError.
    """
    base_sha256 = settings.base_sha256 or base_digest(settings.model)
    manager = AdapterManager(settings.adapters)
    names = manager.compositions(base_sha256)
    largest = max((composed_rank(name, manager, base_sha256) for name in names), default=DEFAULT_MAX_RANK)
    max_rank = _allowed_rank(largest) if settings.max_lora_rank is None else settings.max_lora_rank
    if max_rank not in ALLOWED_MAX_RANKS:
        allowed = ", ".join(map(str, ALLOWED_MAX_RANKS))
        raise InputInvalid(f"SERVING_MAX_LORA_RANK={max_rank}: vLLM knows {allowed}")
    if settings.compositions == "on-demand":
        return LoraPlan(base_sha256, max_rank, None)
    store = CompositionStore(manager, settings.composed, base_sha256=base_sha256, dtype=served_dtype(settings))
    fitting = [name for name in names if composed_rank(name, manager, base_sha256) <= max_rank]
    return LoraPlan(base_sha256, max_rank, tuple(f"{name}={store.compose(name).path}" for name in fitting))


def _allowed_rank(rank: int) -> int:
    for allowed in ALLOWED_MAX_RANKS:
        if allowed >= rank:
            return allowed
    raise InputInvalid(f"the catalogue's largest composition has rank {rank}; vLLM loads up to {ALLOWED_MAX_RANKS[-1]}")


def prepared(settings: ServingSettings, outer: Mapping[str, str]) -> Launch:
    """Everything that can be refused before vLLM starts is refused here. Raises RetailMediaError."""
    registry = open_registry(settings)
    refuse_open_host(settings, registry)
    require_base_model(settings)
    print(mode_line(registry), file=sys.stderr)
    return vllm_launch(settings, profile_for(settings), plan_loras(settings), chat_template(settings), outer)


def become_vllm(launch: Launch) -> None:
    """Replaces this process. Raises InputInvalid where vLLM is not installed."""
    if not has_vllm():
        raise InputInvalid(
            "vLLM is not in this environment; on a machine with an NVIDIA GPU install the extra [vllm], "
            "without one `make venv-vllm` builds an environment with vLLM for the CPU"
        )
    sys.stderr.flush()
    os.execve(launch.argv[0], launch.argv, dict(launch.environment))


def runtime_lora_is_on(environment: Mapping[str, str]) -> bool:
    """As vLLM reads the flag (`vllm.envs`)."""
    return environment.get(RUNTIME_LORA, "0").strip().lower() in ("1", "true")


def has_vllm() -> bool:
    return importlib.util.find_spec("vllm") is not None
