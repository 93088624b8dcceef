"""The command and environment that become vLLM: everything here is pure, and nothing starts."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.errors import InputInvalid
from serving.__main__ import main
from serving.settings import ServingSettings
from serving.vllm.chat_template import chat_template
from serving.vllm.launch import EDGE, LoraPlan, become_vllm, plan_loras, runtime_lora_is_on, vllm_launch
from serving.vllm.profiles import PROFILES, profile_for
from tests.tiny import BRAND_X, BRAND_Y, INDUSTRY

ON_DEMAND = LoraPlan("0" * 64, 32, None)


def launched(settings: ServingSettings, loras: LoraPlan = ON_DEMAND, **outer: str):
    return vllm_launch(settings, profile_for(settings), loras, chat_template(settings), outer)


def value_of(argv: tuple[str, ...], flag: str) -> str:
    return argv[argv.index(flag) + 1]


def test_the_base_is_served_by_its_name_behind_the_edge(tiny_settings: ServingSettings) -> None:
    argv = launched(tiny_settings).argv

    assert value_of(argv, "--model") == str(tiny_settings.model)
    assert value_of(argv, "--served-model-name") == "base"
    assert value_of(argv, "--middleware") == EDGE
    assert value_of(argv, "--api-server-count") == "1"
    assert "--enable-lora" in argv and "--disable-fastapi-docs" in argv


def test_the_edge_named_on_the_command_line_exists() -> None:
    module, _, name = EDGE.rpartition(".")

    source = Path(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8")

    assert f"class {name}" in source  # importing it would need vLLM


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_sets_what_fits_its_hardware(tiny_settings: ServingSettings, profile: str) -> None:
    settings = ServingSettings(model=tiny_settings.model, profile=profile)

    argv = launched(settings).argv

    assert value_of(argv, "--max-loras") == str(PROFILES[profile].max_loras)
    assert value_of(argv, "--max-cpu-loras") == str(PROFILES[profile].max_resident)
    assert value_of(argv, "--max-model-len") == str(PROFILES[profile].max_context_tokens)
    assert ("--enforce-eager" in argv) == (profile == "cpu")


def test_a_setting_that_is_given_outranks_the_profile(tiny_settings: ServingSettings) -> None:
    settings = ServingSettings(model=tiny_settings.model, profile="80gb", max_context_tokens=512, max_loras=200)

    argv = launched(settings).argv

    assert value_of(argv, "--max-model-len") == "512"
    assert value_of(argv, "--max-num-seqs") == str(PROFILES["80gb"].max_rows)
    assert (value_of(argv, "--max-loras"), value_of(argv, "--max-cpu-loras")) == ("200", "200")


def test_the_rank_is_the_smallest_that_vllm_allows_and_the_catalogue_needs(tiny_settings: ServingSettings) -> None:
    plan = plan_loras(tiny_settings)

    assert plan.max_rank == 8  # 4 + 4
    assert plan.static is None


def test_a_rank_that_vllm_does_not_know_is_refused_by_its_variable(tiny_settings: ServingSettings) -> None:
    with pytest.raises(InputInvalid, match="SERVING_MAX_LORA_RANK=48"):
        plan_loras(tiny_settings.model_copy(update={"max_lora_rank": 48}))


def test_static_mode_lists_every_composition_under_its_pinned_name(tiny_settings: ServingSettings) -> None:
    settings = tiny_settings.model_copy(update={"compositions": "static"})

    plan = plan_loras(settings)
    launch = launched(settings, plan)

    listed = launch.argv[launch.argv.index("--lora-modules") + 1 :]
    names = [item.partition("=")[0] for item in listed]
    assert [name.count("@") for name in names] == [1, 2, 2]
    assert [name.replace("+", "@").split("@")[::2] for name in names] == [
        [INDUSTRY],
        [INDUSTRY, BRAND_X],
        [INDUSTRY, BRAND_Y],
    ]
    assert all(Path(item.partition("=")[2], "adapter_model.safetensors").is_file() for item in listed)
    assert not runtime_lora_is_on(launch.environment)


def test_on_demand_the_flag_is_on_and_only_our_plugin_loads(tiny_settings: ServingSettings) -> None:
    launch = launched(tiny_settings, VLLM_PLUGINS="", VLLM_USE_RUST_FRONTEND="1")

    assert runtime_lora_is_on(launch.environment)
    assert launch.environment["VLLM_PLUGINS"] == "federation"
    assert launch.environment["VLLM_USE_RUST_FRONTEND"] == "0"
    assert launch.environment["HF_HUB_OFFLINE"] == "1"
    assert "--lora-modules" not in launch.argv


@pytest.mark.parametrize(
    "variable",
    ["VLLM_API_KEY", "VLLM_LORA_RESOLVER_CACHE_DIR", "VLLM_SERVER_DEV_MODE", "VLLM_SKIP_MODEL_NAME_VALIDATION"],
)
def test_variables_that_go_round_the_edge_do_not_reach_vllm(tiny_settings: ServingSettings, variable: str) -> None:
    launch = launched(tiny_settings, **{variable: "1", "HOME": "/home/x"})

    assert variable not in launch.environment
    assert launch.environment["HOME"] == "/home/x"


def test_the_static_mode_drops_a_flag_that_was_set_outside(tiny_settings: ServingSettings) -> None:
    launch = launched(tiny_settings, replace(ON_DEMAND, static=()), VLLM_ALLOW_RUNTIME_LORA_UPDATING="1")

    assert not runtime_lora_is_on(launch.environment)


def test_the_processes_of_vllm_read_the_same_settings(
    tiny_settings: ServingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from serving.settings import read_settings

    settings = tiny_settings.model_copy(update={"prewarm": (INDUSTRY, f"{INDUSTRY}+{BRAND_X}")})
    for name, value in launched(settings).environment.items():
        monkeypatch.setenv(name, value)

    read = read_settings()

    assert read.prewarm == settings.prewarm
    assert (read.adapters, read.composed, read.base_sha256) == (settings.adapters, settings.composed, "0" * 64)
    assert read.max_lora_rank == 32


@pytest.mark.parametrize(
    ("token", "template", "parser"),
    [("<|start_header_id|>", "llama_3_1.jinja", "llama3_json"), ("<|im_start|>", "smollm2.jinja", "hermes")],
)
def test_the_template_and_the_parser_go_by_the_tokenizer(
    tmp_path: Path, token: str, template: str, parser: str
) -> None:
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"added": token}))

    chosen = chat_template(ServingSettings(model=tmp_path))

    assert (chosen.path.name, chosen.parser) == (template, parser)
    assert chosen.path.is_file()


def test_another_tokenizer_needs_a_template_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "tokenizer_config.json").write_text("{}")

    with pytest.raises(InputInvalid, match="SERVING_CHAT_TEMPLATE"):
        chat_template(ServingSettings(model=tmp_path))


def test_without_vllm_the_command_says_what_to_install(tiny_settings: ServingSettings) -> None:
    with pytest.raises(InputInvalid, match="make venv-vllm"):
        become_vllm(launched(tiny_settings))


def test_the_command_can_be_printed_where_there_is_no_vllm(
    capsys: pytest.CaptureFixture[str], tiny_settings: ServingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVING_ADAPTERS", str(tiny_settings.adapters))

    assert main(["vllm", "--print", "--profile", "24gb", "--model", str(tiny_settings.model)]) == 0

    printed = capsys.readouterr()
    assert "--max-lora-rank 8" in printed.out and "--gpu-memory-utilization 0.92" in printed.out
    assert "LOCAL MODE" in printed.err
