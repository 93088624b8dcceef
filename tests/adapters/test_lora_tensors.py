import json
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from safetensors import deserialize
from safetensors.numpy import load_file, save_file

from adapters.digest import CONFIG_FILE, WEIGHTS_FILE, adapter_file_sha256s
from adapters.lora_config import read_lora_config
from adapters.lora_tensors import read_lora
from schemas.errors import AdapterMismatch
from tests.tiny import make_random_adapter

Q0 = "base_model.model.model.layers.0.self_attn.q_proj"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"use_dora": True}, "'use_dora'"),
        ({"lora_bias": True}, "'lora_bias'"),
        ({"bias": "all"}, "bias 'all'"),
        ({"bias": "lora_only"}, "bias 'lora_only'"),
        ({"modules_to_save": ["lm_head"]}, "'modules_to_save'"),
        ({"alora_invocation_tokens": [1]}, "'alora_invocation_tokens'"),
        ({"trainable_token_indices": [0]}, "'trainable_token_indices'"),
        ({"target_parameters": ["w"]}, "'target_parameters'"),
        ({"fan_in_fan_out": True}, "'fan_in_fan_out'"),
        ({"layer_replication": [[0, 1]]}, "'layer_replication'"),
        ({"use_qalora": True}, "'use_qalora'"),
        ({"use_bdlora": {"nblocks": 2}}, "'use_bdlora'"),
        ({"kasa_config": {"x": 1}}, "'kasa_config', which the composer does not know"),
        ({"invented_next_year": True}, "'invented_next_year', which the composer does not know"),
        ({"init_lora_weights": "pissa"}, "init_lora_weights 'pissa'"),
        ({"init_lora_weights": "pissa_niter_4"}, "alters the base"),
        ({"init_lora_weights": "olora"}, "alters the base"),
        ({"init_lora_weights": "loftq"}, "alters the base"),
        ({"init_lora_weights": "corda"}, "alters the base"),
        ({"init_lora_weights": "lora_ga"}, "alters the base"),
        ({"init_lora_weights": "OLoRA"}, "alters the base"),
        ({"init_lora_weights": "invented"}, "alters the base"),
        ({"arrow_config": {"top_k": 2}}, "'arrow_config', which the composer does not know"),
        ({"monteclora_config": {"x": 1}}, "'monteclora_config', which the composer does not know"),
        ({"use_rslora": "false"}, "use_rslora 'false'; expected true or false"),
        ({"peft_type": "IA3"}, "peft_type 'IA3'"),
        ({"r": 0}, "rank 0"),
        ({"r": True}, "rank True"),
        ({"r": 4096}, "rank 4096"),
        ({"lora_alpha": "16"}, "lora_alpha '16'"),
        ({"lora_alpha": float("inf")}, "lora_alpha inf"),
        ({"lora_alpha": float("nan")}, "lora_alpha nan"),
        ({"lora_alpha": 10**400}, "lora_alpha 10000"),
        ({"lora_alpha": None}, "lora_alpha None"),
        ({"rank_pattern": {"q_proj": 0}}, "rank 0"),
        ({"rank_pattern": ["q_proj"]}, "expected an object"),
        ({"rank_pattern": {"q_proj": 3}}, "its config says rank 3"),
        ({"alpha_pattern": {"q_proj": float("nan")}}, "lora_alpha nan"),
        ({"alpha_pattern": {"(": 4}}, "is no pattern"),
        ({"r": 8}, "its config says rank 8"),
    ],
    ids=str,
)
def test_a_config_that_changes_the_arithmetic_is_refused(
    settings: dict[str, Any], reason: str, tiny_base: Path, tmp_path: Path
) -> None:
    folder = make_random_adapter(tmp_path, tiny_base, seed=1, r=4)
    edit_config(folder, **settings)

    with pytest.raises(AdapterMismatch, match=reason):
        read_lora(folder, "a")


def edit_config(folder: Path, **settings: Any) -> None:
    config = json.loads((folder / CONFIG_FILE).read_text()) | settings
    (folder / CONFIG_FILE).write_text(json.dumps(config))


def edit_tensors(folder: Path, **changes: Any) -> None:
    tensors = load_file(folder / WEIGHTS_FILE)
    for key, values in changes.items():
        if values is None:
            del tensors[key]
        else:
            tensors[key] = values
    save_file(tensors, folder / WEIGHTS_FILE)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({f"{Q0}.lora_B.weight": None}, "only lora_A.*come in pairs"),
        ({f"{Q0}.lora_A.weight": None}, "only lora_B.*come in pairs"),
        ({f"{Q0}.lora_B.bias": np.ones(64, np.float32)}, "holds .*lora_B.bias"),
        ({f"{Q0}.lora_A.default.weight": np.ones((4, 64), np.float32)}, "holds .*lora_A.default.weight"),
        ({f"{Q0}.lora_B.weight": np.full((64, 4), np.nan, np.float16)}, "not finite"),
        ({f"{Q0}.lora_B.weight": np.full((64, 4), -np.inf, ml_dtypes.bfloat16)}, "not finite"),
        ({f"{Q0}.lora_A.weight": np.full((4, 64), np.nan, np.float32)}, "not finite"),
        ({f"{Q0}.lora_A.weight": np.full((4, 64), np.inf, np.float32)}, "not finite"),
        ({f"{Q0}.lora_A.weight": np.ones((3, 64), np.float32)}, "config says rank 4"),
        ({f"{Q0}.lora_A.weight": np.ones((4, 8, 8), np.float32)}, "config says rank 4"),
        ({f"{Q0}.lora_A.weight": np.ones((4, 64), np.float64)}, "stored as 'F64'"),
        ({f"{Q0}.lora_magnitude_vector": np.ones(64, np.float32)}, "holds .*lora_magnitude_vector"),
        ({"base_model.model.model.embed_tokens.lora_embedding_A": np.ones((4, 9), np.float32)}, "lora_embedding_A"),
        ({"base_model.model.lm_head.lora_A.weight": np.ones((4, 64), np.float32)}, "targets 'lm_head'"),
        ({"base_model.model.lm_head.base_layer.weight": np.ones((4, 64), np.float32)}, "base_layer"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_tensors_that_are_no_plain_lora_are_refused(
    changes: dict[str, Any], reason: str, tiny_base: Path, tmp_path: Path
) -> None:
    folder = make_random_adapter(tmp_path, tiny_base, seed=1, r=4)
    edit_tensors(folder, **changes)

    with pytest.raises(AdapterMismatch, match=reason):
        read_lora(folder, "a")


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 64, b"{}", b'{"r": ' + b"[" * 100_000], ids=["empty", "noise", "no lora", "deep"]
)
def test_a_config_that_is_no_config_is_refused(content: bytes) -> None:
    with pytest.raises(AdapterMismatch, match="'a'"):
        read_lora_config(content, "a")


@pytest.mark.parametrize("content", [b"", b"\xff" * 64, b"\x80\x02pickle"], ids=["empty", "noise", "pickle"])
def test_weights_that_are_not_safetensors_are_refused(content: bytes, tiny_base: Path, tmp_path: Path) -> None:
    folder = make_random_adapter(tmp_path, tiny_base, seed=1, r=4)
    (folder / WEIGHTS_FILE).write_bytes(content)

    with pytest.raises(AdapterMismatch, match="is not safetensors"):
        read_lora(folder, "a")


def test_no_tensors_are_refused(tiny_base: Path, tmp_path: Path) -> None:
    folder = make_random_adapter(tmp_path, tiny_base, seed=1, r=4, target_modules=["none_such"])

    with pytest.raises(AdapterMismatch, match="holds no tensors"):
        read_lora(folder, "a")


def test_a_file_swapped_after_it_was_verified_is_caught(tiny_base: Path, tmp_path: Path) -> None:
    folder = make_random_adapter(tmp_path, tiny_base, seed=1, r=4)
    verified = adapter_file_sha256s(folder)
    make_random_adapter(folder, tiny_base, seed=2, r=4)

    with pytest.raises(AdapterMismatch, match="changed while it was read"):
        read_lora(folder, "a", verified)


def test_bfloat16_weights_are_read_to_their_exact_values(tiny_base: Path, tmp_path: Path) -> None:
    folder = make_random_adapter(tmp_path, tiny_base, seed=1, r=4, dtype="bfloat16")

    pair = read_lora(folder, "a").modules["model.layers.0.self_attn.q_proj"]

    stored = dict(deserialize((folder / WEIGHTS_FILE).read_bytes()))[f"{Q0}.lora_A.weight"]
    assert stored["dtype"] == "BF16"
    np.testing.assert_array_equal(pair.a.ravel(), np.frombuffer(stored["data"], ml_dtypes.bfloat16).astype(np.float32))
