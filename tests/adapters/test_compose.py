"""Composed files against PEFT's own sum of the active adapters, on a tiny random Llama in float32."""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
import torch
from peft import PeftModel
from peft.tuners.lora import LoraLayer
from safetensors.numpy import load_file, save_file
from transformers import LlamaForCausalLM

from adapters.compose import WeightsDtype, concatenate, config_json
from adapters.digest import CONFIG_FILE, WEIGHTS_FILE, base_digest
from adapters.lora_tensors import read_lora
from adapters.manager import AdapterManager
from adapters.safetensors_file import write_tensors
from adapters.store import CompositionStore
from schemas.errors import AdapterMismatch
from tests.tiny import ALL_LINEAR, BRAND_X, INDUSTRY, make_random_adapter

# PEFT 0.21.2 still reads the property that transformers 5.24 renamed.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")

PROMPT = torch.arange(3, 35).reshape(1, -1)

CASES: dict[str, list[dict[str, object]]] = {
    "one alone": [{"r": 8}],
    "equal ranks": [{"r": 8}, {"r": 8}],
    "three": [{"r": 4}, {"r": 4}, {"r": 2}],
    "mixed ranks": [{"r": 8}, {"r": 3}],
    "other layers": [
        {"r": 8, "target_modules": ["q_proj", "v_proj"]},
        {"r": 4, "target_modules": ["v_proj", "up_proj"]},
    ],
    "first is rank-stabilised": [{"r": 8, "use_rslora": True}, {"r": 4}],
    "second is rank-stabilised": [{"r": 8}, {"r": 4, "use_rslora": True}],
    "rank and alpha patterns": [
        {"r": 8, "rank_pattern": {"q_proj": 2, "up_proj": 5}, "alpha_pattern": {"q_proj": 7}},
        {"r": 4, "alpha_pattern": {r"layers\.1\..*v_proj": 3}},
    ],
    "patterns and rank-stabilised": [{"r": 8, "rank_pattern": {"k_proj": 2}, "use_rslora": True}, {"r": 4}],
    "an alpha of zero": [{"r": 8}, {"r": 4, "alpha_pattern": {"q_proj": 0}}],
    "three of everything": [
        {"r": 8, "rank_pattern": {"k_proj": 3}, "target_modules": ["q_proj", "k_proj", "down_proj"]},
        {"r": 4, "use_rslora": True, "dtype": "float16"},
        {"r": 2, "lora_alpha": 5, "target_modules": ["gate_proj"]},
    ],
    "stored in bfloat16": [{"r": 8, "dtype": "bfloat16"}, {"r": 4, "dtype": "float16"}],
}


def logits_of(model: torch.nn.Module) -> torch.Tensor:
    with torch.inference_mode():
        found = model(PROMPT).logits
    assert isinstance(found, torch.Tensor)
    return found


def base_model(tiny_base: Path) -> LlamaForCausalLM:
    return LlamaForCausalLM.from_pretrained(tiny_base, dtype=torch.float32)


def summed_by_peft(
    tiny_base: Path, folders: Sequence[Path], weights: Sequence[float], dtype: torch.dtype = torch.float32
) -> torch.Tensor:
    names = [f"adapter{place}" for place in range(len(folders))]
    model = PeftModel.from_pretrained(base_model(tiny_base), folders[0], adapter_name=names[0])
    for name, folder in zip(names[1:], folders[1:], strict=True):
        model.load_adapter(folder, adapter_name=name)
    model.base_model.set_adapter(names)
    for layer in model.modules():
        for name, weight in zip(names, weights, strict=True):
            if isinstance(layer, LoraLayer) and name in layer.scaling:
                layer.scaling[name] *= weight
    return logits_of(model.to(dtype).eval())


def composed_to(folder: Path, folders: Sequence[Path], weights: Sequence[str], dtype: WeightsDtype) -> Path:
    composition = concatenate(
        [(read_lora(source, source.name), Decimal(weight)) for source, weight in zip(folders, weights, strict=True)],
        dtype,
    )
    folder.mkdir()
    write_tensors(folder / WEIGHTS_FILE, composition.shapes, composition.dtype.numpy, composition.tensors)
    (folder / CONFIG_FILE).write_bytes(config_json(composition, "tiny-llama"))
    return folder


def composed_logits(tiny_base: Path, folder: Path, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return logits_of(PeftModel.from_pretrained(base_model(tiny_base), folder).to(dtype).eval())


def adapters_of(case: str, tiny_base: Path, tmp_path: Path) -> list[Path]:
    return [
        make_random_adapter(tmp_path / f"source{seed}", tiny_base, seed=seed, **settings)  # type: ignore[arg-type]
        for seed, settings in enumerate(CASES[case])
    ]


@pytest.mark.parametrize("case", CASES)
def test_a_composition_says_what_peft_says_with_all_adapters_active(case: str, tiny_base: Path, tmp_path: Path) -> None:
    sources = adapters_of(case, tiny_base, tmp_path)

    folder = composed_to(tmp_path / "composed", sources, ["1"] * len(sources), WeightsDtype.FLOAT32)

    expected = summed_by_peft(tiny_base, sources, [1.0] * len(sources))
    torch.testing.assert_close(composed_logits(tiny_base, folder), expected, atol=1e-5, rtol=1e-5)
    assert (expected - logits_of(base_model(tiny_base))).abs().max() > 0.1, "the adapters change nothing"


@pytest.mark.parametrize("weights", [("0.7", "0.3"), ("1", "-0.5"), ("-0.5", "1.25")])
def test_weights_scale_each_adapter(weights: tuple[str, str], tiny_base: Path, tmp_path: Path) -> None:
    sources = adapters_of("mixed ranks", tiny_base, tmp_path)

    folder = composed_to(tmp_path / "composed", sources, weights, WeightsDtype.FLOAT32)

    expected = summed_by_peft(tiny_base, sources, [float(weight) for weight in weights])
    torch.testing.assert_close(composed_logits(tiny_base, folder), expected, atol=1e-5, rtol=1e-5)


def test_an_adapter_and_its_negative_cancel(tiny_base: Path, tmp_path: Path) -> None:
    source = make_random_adapter(tmp_path / "source", tiny_base, seed=1, r=4)

    folder = composed_to(tmp_path / "composed", [source, source], ["1", "-1"], WeightsDtype.FLOAT32)

    torch.testing.assert_close(
        composed_logits(tiny_base, folder), logits_of(base_model(tiny_base)), atol=1e-5, rtol=1e-5
    )


def test_bfloat16_rounds_each_value_once(tiny_base: Path, tmp_path: Path) -> None:
    sources = [(read_lora(source, "a"), Decimal("0.7")) for source in adapters_of("mixed ranks", tiny_base, tmp_path)]

    exact = concatenate(sources, WeightsDtype.FLOAT32)
    rounded = concatenate(sources, WeightsDtype.BFLOAT16)

    for key, values in exact.tensors.items():
        assert rounded.tensors[key].dtype == ml_dtypes.bfloat16
        np.testing.assert_array_equal(rounded.tensors[key], values.astype(ml_dtypes.bfloat16))


def test_a_composition_in_bfloat16_stays_within_its_rounding(tiny_base: Path, tmp_path: Path) -> None:
    sources = adapters_of("equal ranks", tiny_base, tmp_path)

    folder = composed_to(tmp_path / "composed", sources, ["1", "1"], WeightsDtype.BFLOAT16)

    expected = summed_by_peft(tiny_base, sources, [1.0, 1.0])
    base = logits_of(base_model(tiny_base))
    error = (composed_logits(tiny_base, folder) - expected).norm() / (expected - base).norm()
    assert error < 1e-2


def test_the_config_is_a_plain_lora_without_patterns(tiny_base: Path, tmp_path: Path) -> None:
    sources = adapters_of("rank and alpha patterns", tiny_base, tmp_path)

    folder = composed_to(tmp_path / "composed", sources, ["1", "1"], WeightsDtype.FLOAT32)

    assert json.loads((folder / CONFIG_FILE).read_text()) == {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": "tiny-llama",
        "r": 12,
        "lora_alpha": 12,
        "target_modules": sorted(ALL_LINEAR),
        "bias": "none",
        "lora_dropout": 0.0,
        "fan_in_fan_out": False,
        "init_lora_weights": True,
        "use_rslora": False,
        "use_dora": False,
        "modules_to_save": None,
        "rank_pattern": {},
        "alpha_pattern": {},
        "inference_mode": True,
    }
    read = read_lora(folder, "composed")
    assert {(pair.rank, pair.scaling) for pair in read.modules.values()} == {(12, 1.0)}


def test_adapters_on_some_layers_only_gain_no_others(tiny_base: Path, tmp_path: Path) -> None:
    some = [
        make_random_adapter(tmp_path / f"layer{layer}", tiny_base, seed=layer, r=4, layers_to_transform=[layer])
        for layer in (0, 1)
    ]
    for layer, source in enumerate(some):
        keep_layer(source, layer)

    folder = composed_to(tmp_path / "composed", some[:1], ["1"], WeightsDtype.FLOAT32)
    both = composed_to(tmp_path / "both", some, ["1", "1"], WeightsDtype.FLOAT32)

    assert len(json.loads((folder / CONFIG_FILE).read_text())["target_modules"]) == len(ALL_LINEAR)
    torch.testing.assert_close(
        composed_logits(tiny_base, folder), summed_by_peft(tiny_base, some[:1], [1.0]), atol=1e-5, rtol=1e-5
    )
    torch.testing.assert_close(
        composed_logits(tiny_base, both), summed_by_peft(tiny_base, some, [1.0, 1.0]), atol=1e-5, rtol=1e-5
    )


def keep_layer(folder: Path, layer: int) -> None:
    tensors = load_file(folder / WEIGHTS_FILE)
    save_file({key: values for key, values in tensors.items() if f"layers.{layer}." in key}, folder / WEIGHTS_FILE)


def test_layers_of_other_sizes_are_refused_naming_both(tiny_base: Path, tmp_path: Path) -> None:
    wide = tmp_path / "wide"
    wide.mkdir()
    config = json.loads((tiny_base / "config.json").read_text()) | {"intermediate_size": 128}
    (wide / "config.json").write_text(json.dumps(config))
    sources = [
        (read_lora(make_random_adapter(tmp_path / base.name, base, seed=1, r=4), base.name), Decimal(1))
        for base in (tiny_base, wide)
    ]

    with pytest.raises(AdapterMismatch, match=r"differs in \(outputs, inputs\): 'base' has .* 'wide' has"):
        concatenate(sources, WeightsDtype.FLOAT32)


def test_a_value_too_large_for_bfloat16_is_refused(tiny_base: Path, tmp_path: Path) -> None:
    folder = make_random_adapter(tmp_path / "huge", tiny_base, seed=1, r=4)
    tensors = load_file(folder / WEIGHTS_FILE)
    next(iter(tensors.values()))[0, 0] = np.finfo(np.float32).max
    save_file(tensors, folder / WEIGHTS_FILE)

    with pytest.raises(AdapterMismatch, match="overflows bfloat16; use smaller weights"):
        dict(concatenate([(read_lora(folder, "huge"), Decimal(1))], WeightsDtype.BFLOAT16).tensors)


def test_a_rank_that_no_server_takes_is_refused(tiny_base: Path, tmp_path: Path) -> None:
    source = read_lora(make_random_adapter(tmp_path, tiny_base, seed=1, r=300, target_modules=["k_proj"]), "a")

    with pytest.raises(AdapterMismatch, match=r"rank 600; at most 512 can be served.*recompress"):
        concatenate([(source, Decimal(1)), (source, Decimal(1))], WeightsDtype.FLOAT32)


def test_sources_may_lie_in_their_files_in_any_order(tiny_base: Path, tmp_path: Path) -> None:
    source = make_random_adapter(tmp_path / "source", tiny_base, seed=1, r=4)
    expected = concatenate([(read_lora(source, "a"), Decimal(1))], WeightsDtype.FLOAT32)

    reverse_tensors(source / WEIGHTS_FILE)

    found = concatenate([(read_lora(source, "a"), Decimal(1))], WeightsDtype.FLOAT32)
    for key, values in expected.tensors.items():
        np.testing.assert_array_equal(found.tensors[key], values)


def reverse_tensors(file: Path) -> None:
    """The same tensors, last first; the format allows it, and other writers than the library make use of it."""
    tensors = load_file(file)
    header, content, position = {}, b"", 0
    for key in sorted(tensors, reverse=True):
        end = position + tensors[key].nbytes
        header[key] = {"dtype": "F32", "shape": list(tensors[key].shape), "data_offsets": [position, end]}
        content, position = content + tensors[key].tobytes(), end
    text = json.dumps(header).encode()
    file.write_bytes(len(text).to_bytes(8, "little") + text + content)


def test_a_sum_that_overflows_is_refused(tiny_base: Path, tmp_path: Path) -> None:
    folder = make_random_adapter(tmp_path / "huge", tiny_base, seed=1, r=4, lora_alpha=1e40)

    with pytest.raises(AdapterMismatch, match="overflows float32; use smaller weights"):
        dict(concatenate([(read_lora(folder, "huge"), Decimal(1))], WeightsDtype.FLOAT32).tensors)


@pytest.mark.model
def test_the_shipped_adapters_compose_to_pefts_sum_on_the_real_base(tmp_path: Path) -> None:
    """In float64: in float32, PEFT's own two orders of the same sum lie up to 0.02 apart on this prompt."""
    base = Path("models/smollm2-135m-instruct")
    manager, base_sha256 = AdapterManager(), base_digest(base)
    sources = [
        manager.folder_for(adapter_id, manager.weights_for(adapter_id, base_sha256))
        for adapter_id in (INDUSTRY, BRAND_X)
    ]

    composed = CompositionStore(manager, tmp_path / "composed").compose(f"{INDUSTRY}+{BRAND_X}").path

    expected = summed_by_peft(base, sources, [1.0, 1.0], torch.float64)
    torch.testing.assert_close(composed_logits(base, composed, torch.float64), expected, atol=1e-5, rtol=0)
    assert (expected - logits_of(base_model(base).double())).abs().max() > 0.1, "the adapters change nothing"
