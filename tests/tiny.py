"""A tiny random Llama with a byte tokenizer, and random adapters for it: real files, made in well under a second."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

from adapters.digest import CONFIG_FILE, WEIGHTS_FILE, adapter_digest, base_digest
from adapters.manager import register_weights
from schemas.adapters import AdapterCard, AdapterIdentity, AdapterType, ParentPin, Strategy

TINY_BASE_MODEL = "tiny-llama"
ALL_LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
INDUSTRY = "industry_retail_media"
BRAND_X = "manufacturer_brand_x"
BRAND_Y = "manufacturer_brand_y"

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def make_tiny_base(directory: Path, seed: int = 0, max_positions: int = 2048, head_dim: int = 16) -> Path:
    """A random two-layer Llama in float32 with its tokenizer: every byte is one token, so it can spell any JSON.

    vLLM's attention on a CPU needs a head_dim of 32 or more.
    """
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokens = [*specials, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    bytes_only = Tokenizer(models.BPE(vocab={token: place for place, token in enumerate(tokens)}, merges=[]))
    bytes_only.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_only.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bytes_only,
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        unk_token="<|endoftext|>",
        additional_special_tokens=["<|im_start|>"],
        model_max_length=max_positions,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.save_pretrained(directory)

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(tokens),
                hidden_size=64,
                intermediate_size=96,
                num_hidden_layers=2,
                num_attention_heads=4,
                num_key_value_heads=2,
                head_dim=head_dim,
                max_position_embeddings=max_positions,
                tie_word_embeddings=True,
                initializer_range=0.1,
                bos_token_id=1,
                eos_token_id=2,
                pad_token_id=2,
            )
        )
    model.save_pretrained(directory)
    return directory


def make_random_adapter(
    directory: Path,
    base_dir: Path,
    seed: int,
    r: int,
    *,
    lora_alpha: float | None = None,
    target_modules: Sequence[str] = ALL_LINEAR,
    dtype: str = "float32",
    strength: float = 0.1,
    **settings: Any,
) -> Path:
    """A LoRA as PEFT saves it, strong enough to change what the tiny base says. `settings` go into its config.

    `rank_pattern` in the settings is honoured when it names layers by their last word.
    """
    config = json.loads((base_dir / "config.json").read_text(encoding="utf-8"))
    random = np.random.default_rng(seed)
    stored = ml_dtypes.bfloat16 if dtype == "bfloat16" else np.dtype(dtype)
    tensors = {}
    for module, (outputs, inputs) in _linear_layers(config).items():
        leaf = module.rpartition(".")[2]
        if leaf not in target_modules:
            continue
        rank = settings.get("rank_pattern", {}).get(leaf, r)
        for side, shape in (("A", (rank, inputs)), ("B", (outputs, rank))):
            values = random.normal(0, strength, shape).astype(stored)
            tensors[f"base_model.model.{module}.lora_{side}.weight"] = values
    directory.mkdir(parents=True, exist_ok=True)
    save_file(tensors, directory / WEIGHTS_FILE, metadata={"format": "pt"})
    written = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": TINY_BASE_MODEL,
        "r": r,
        "lora_alpha": lora_alpha or 2 * r,
        "target_modules": list(target_modules),
        "inference_mode": True,
    }
    (directory / CONFIG_FILE).write_text(json.dumps(written | settings), encoding="utf-8")
    return directory


def identity(adapter_id: str, adapter_type: AdapterType) -> AdapterIdentity:
    return AdapterIdentity(
        adapter_id=adapter_id,
        adapter_type=adapter_type,
        name=adapter_id.replace("_", " "),
        version="0.1.0",
        tags=("test",),
        description="Random weights.",
        owner="tests",
        audience=("*",),
        licence="Apache-2.0",
    )


def register(
    root: Path,
    adapter_id: str,
    weights_dir: Path,
    base_sha256: str,
    parent: AdapterCard | None = None,
    adapter_type: AdapterType | None = None,
) -> AdapterCard:
    """With a parent it is sequential, without one additive; ids that start with "industry" are industry adapters."""
    guessed = AdapterType.INDUSTRY if adapter_id.startswith("industry") else AdapterType.MANUFACTURER
    return register_weights(
        root,
        identity(adapter_id, adapter_type or guessed),
        weights_dir,
        TINY_BASE_MODEL,
        base_sha256,
        Strategy.ADDITIVE if parent is None else Strategy.SEQUENTIAL,
        None if parent is None else ParentPin(adapter_id=parent.adapter_id, sha256=parent.weights[0].sha256),
        training={"seed": 0},
        evaluation={},
    )


def make_tiny_catalogue(root: Path, base_dir: Path, scratch: Path) -> Mapping[str, AdapterCard]:
    """The three shipped ids with random weights: one industry adapter and two brands trained on top of it."""
    base_sha256 = base_digest(base_dir)
    industry = register(root, INDUSTRY, make_random_adapter(scratch / INDUSTRY, base_dir, seed=1, r=4), base_sha256)
    cards = {INDUSTRY: industry}
    for seed, brand in ((2, BRAND_X), (3, BRAND_Y)):
        weights_dir = make_random_adapter(scratch / brand, base_dir, seed=seed, r=4)
        cards[brand] = register(root, brand, weights_dir, base_sha256, parent=industry)
    return cards


def digest_on_disk(root: Path, adapter_id: str) -> str:
    return adapter_digest(root / adapter_id / TINY_BASE_MODEL)


def _linear_layers(config: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Module name -> (outputs, inputs) of every linear layer of a Llama."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    head = config.get("head_dim") or hidden // config["num_attention_heads"]
    queries, keys = head * config["num_attention_heads"], head * config["num_key_value_heads"]
    shapes = {
        "self_attn.q_proj": (queries, hidden),
        "self_attn.k_proj": (keys, hidden),
        "self_attn.v_proj": (keys, hidden),
        "self_attn.o_proj": (hidden, queries),
        "mlp.gate_proj": (inner, hidden),
        "mlp.up_proj": (inner, hidden),
        "mlp.down_proj": (hidden, inner),
    }
    return {
        f"model.layers.{layer}.{name}": shape
        for layer in range(config["num_hidden_layers"])
        for name, shape in shapes.items()
    }
