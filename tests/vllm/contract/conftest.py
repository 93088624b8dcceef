"""What serving/vllm relies on in vLLM, each fact as a test: an upgrade that changes one fails with the sentence.

No engine: a stub stands behind vLLM's own app and models object, and every test runs vLLM's code except where its
docstring says that it only reads. Not covered: what needs weights (a lost adapter that kills the engine, for one).
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # what needs vLLM is imported by who uses it: this file is also read where vLLM is not
    from tests.vllm.contract.stubs import Served


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker(pytest.mark.vllm)
    item.add_marker(pytest.mark.filterwarnings("ignore"))  # vLLM's own


@pytest.fixture(autouse=True)
def untouched_vllm(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable set, no plugin to load, no resolver registered; kernels that a test mends are put back."""
    from vllm import envs, plugins
    from vllm.lora.ops.torch_ops import lora_ops
    from vllm.lora.punica_wrapper import punica_cpu
    from vllm.lora.resolver import LoRAResolverRegistry

    for name in [name for name in envs.environment_variables if name.startswith("VLLM_")]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    monkeypatch.setattr(plugins, "plugins_loaded", True)
    monkeypatch.setattr(LoRAResolverRegistry, "resolvers", {})
    for module in (lora_ops, punica_cpu):
        monkeypatch.setattr(module, "bgmv_shrink", module.bgmv_shrink)


@pytest.fixture
def flag(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.vllm.contract.stubs import FLAG

    monkeypatch.setenv(FLAG, "1")


@pytest.fixture(scope="session", autouse=True)
def routes_without_flag() -> set[tuple[str, str]]:
    """Read before any app is built with the flag: the SageMaker shim remembers its handlers for the whole process."""
    from vllm import plugins
    from vllm.entrypoints.launchers.app import build_app

    from tests.vllm.contract.stubs import FLAG, arguments, routes

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(FLAG, raising=False)
        patch.setattr(plugins, "plugins_loaded", True)
        return routes(build_app(arguments(), ("generate",)))


@pytest.fixture
def served(flag: None, monkeypatch: pytest.MonkeyPatch) -> "Served":
    """vLLM's own app with Recorder given by --middleware, an API key inside, the flag on and a stub engine."""
    from tests.vllm.contract.stubs import served_by_a_stub

    return served_by_a_stub(monkeypatch)
