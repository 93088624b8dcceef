"""When vLLM calls general plugins, and that ours refuses to serve without the edge."""

import importlib.metadata
import sys
from typing import Any

import pytest

pytest.importorskip("vllm.entrypoints.cli.serve", reason="vLLM is not in this environment")

from vllm import plugins
from vllm.lora.resolver import LoRAResolverRegistry
from vllm.utils.argparse_utils import FlexibleArgumentParser

from serving.vllm.launch import EDGE, PLUGIN
from serving.vllm.plugin import CompositionResolver, register
from tests.vllm.contract.stubs import FLAG, make_arg_parser, module_of


def installed(monkeypatch: pytest.MonkeyPatch, **functions: Any) -> None:
    """Pretends that exactly these functions are installed as general plugins, in this order."""
    module_of(monkeypatch, "contract_plugin", **functions)
    points = [importlib.metadata.EntryPoint(n, f"contract_plugin:{n}", "vllm.general_plugins") for n in functions]

    def entry_points(group: str) -> list[importlib.metadata.EntryPoint]:
        return [point for point in points if point.group == group]

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    monkeypatch.setattr(plugins, "plugins_loaded", False)


def test_an_installed_general_plugin_is_called_once_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    installed(monkeypatch, ours=lambda: calls.append("ours"))

    plugins.load_general_plugins()
    plugins.load_general_plugins()

    assert calls == ["ours"]


def test_plugins_are_called_before_the_command_line_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """So a refusal in register() comes before anything is started, and --help calls it too."""
    calls: list[str] = []
    installed(monkeypatch, ours=lambda: calls.append("ours"))

    make_arg_parser(FlexibleArgumentParser())

    assert calls == ["ours"]


@pytest.mark.parametrize("refusal", [SystemExit("no"), ValueError("no")])
def test_what_a_plugins_register_raises_stops_the_server(
    monkeypatch: pytest.MonkeyPatch, refusal: BaseException
) -> None:
    def ours() -> None:
        raise refusal

    installed(monkeypatch, ours=ours)

    with pytest.raises(type(refusal), match="no"):
        plugins.load_general_plugins()


def test_a_plugin_that_cannot_be_imported_is_only_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why the edge checks at the start that our resolver is there."""
    installed(monkeypatch, ours=lambda: None)
    monkeypatch.delattr(sys.modules["contract_plugin"], "ours")

    plugins.load_general_plugins()


@pytest.mark.parametrize(("allowed", "called"), [("ours", ["ours"]), ("theirs", ["theirs"]), ("", [])])
def test_vllm_plugins_is_an_allowlist(monkeypatch: pytest.MonkeyPatch, allowed: str, called: list[str]) -> None:
    """Why the launcher refuses VLLM_PLUGINS without our name: the server would start and compose nothing."""
    calls: list[str] = []
    installed(monkeypatch, ours=lambda: calls.append("ours"), theirs=lambda: calls.append("theirs"))
    monkeypatch.setenv("VLLM_PLUGINS", allowed)

    plugins.load_general_plugins()

    assert calls == called


@pytest.mark.parametrize("value", ["1", "true", "TRUE", " 1"])
def test_ours_refuses_to_let_clients_load_adapters_without_the_edge(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """Every spelling that vLLM takes for yes."""
    monkeypatch.setenv(FLAG, value)
    monkeypatch.setattr(sys, "argv", ["vllm", "serve", "--middleware", "some.other.Middleware"])

    with pytest.raises(SystemExit, match=EDGE):
        register()

    assert LoRAResolverRegistry.get_supported_resolvers() == set()


@pytest.mark.parametrize(
    ("value", "argv"),
    [
        ("1", ["vllm", "--middleware", EDGE]),
        ("1", ["/venv/vllm/model_executor/models/registry.py"]),
        ("0", ["vllm"]),
        ("", ["vllm"]),
    ],
)
def test_ours_registers_one_resolver_behind_the_edge_or_without_the_flag(
    monkeypatch: pytest.MonkeyPatch, value: str, argv: list[str]
) -> None:
    monkeypatch.setenv(FLAG, value)
    monkeypatch.setattr(sys, "argv", argv)

    register()

    assert LoRAResolverRegistry.get_supported_resolvers() == {PLUGIN}
    assert isinstance(LoRAResolverRegistry.get_resolver(PLUGIN), CompositionResolver)


def test_registering_ours_twice_keeps_the_first_resolver() -> None:
    register()
    first = LoRAResolverRegistry.get_resolver(PLUGIN)

    register()

    assert LoRAResolverRegistry.get_supported_resolvers() == {PLUGIN}
    assert LoRAResolverRegistry.get_resolver(PLUGIN) is first
