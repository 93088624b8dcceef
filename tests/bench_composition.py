"""What composing costs, beside copying the same bytes and beside PEFT's own concatenation, in the same minute.

`copying` reads both sources and writes as many bytes as the sum has, on the same filesystem. `copying_with_digests`
also takes the sha256 of what it reads and writes, on one thread, as the store must on its two: every source is compared
with its card, and every composition with its manifest. Nothing waits for the disk: files go to the page cache, as by
`cp`; a file cut short by a power failure fails its digest at the next use and is made again.
"""

import hashlib
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.compose import WeightsDtype
from adapters.digest import WEIGHTS_FILE
from adapters.manager import AdapterManager
from adapters.store import CompositionStore
from tests.tiny import BRAND_X, INDUSTRY, make_random_adapter, register

PAIR = f"{INDUSTRY}+{BRAND_X}"
LAPTOP_BASE = Path("models/smollm2-135m-instruct")
SCRATCH = Path("var/bench")
REPEATS = 5
CHUNK_BYTES = 1 << 20

# meta-llama/Llama-3.1-8B's config.json, as far as shapes go.
LLAMA_8B = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 128256,
    "tie_word_embeddings": False,
}
# PEFT composes inside a model. An 8B model in bfloat16 is 16 GB; on this many of its layers the same is measured.
PEFT_LAYERS = 4


def composition() -> dict[str, Any]:
    return {
        "laptop_base": _laptop(),
        "llama_8b_shapes": {f"{dtype}_sources": _llama_8b(dtype) for dtype in ("float32", "bfloat16")},
        "llama_8b_shapes_reduced": _beside_peft_on_some_layers(),
    }


def _laptop() -> dict[str, Any]:
    manager = AdapterManager()
    base_sha256 = manager.card_for(INDUSTRY).weights[0].base_sha256
    sources = [
        manager.folder_for(adapter_id, manager.weights_for(adapter_id, base_sha256))
        for adapter_id in (INDUSTRY, BRAND_X)
    ]
    figures = _composing(manager, sources, WeightsDtype.FLOAT32)
    return figures | {"peft_cat_in_a_loaded_model": _peft_cat(LAPTOP_BASE, sources)}


def _llama_8b(source_dtype: str) -> dict[str, Any]:
    with _random_catalogue(LLAMA_8B, source_dtype) as (manager, sources, _):
        return {f"to_{dtype.value}": _composing(manager, sources, dtype) for dtype in WeightsDtype}


def _beside_peft_on_some_layers() -> dict[str, Any]:
    config = LLAMA_8B | {"num_hidden_layers": PEFT_LAYERS, "vocab_size": 1024}
    with _random_catalogue(config, "float32") as (manager, sources, base):
        figures = _composing(manager, sources, WeightsDtype.FLOAT32)
        return {"layers": PEFT_LAYERS} | figures | {"peft_cat_in_a_loaded_model": _peft_cat(base, sources)}


def _scratch() -> Path:
    """On the filesystem that the store is on."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    return SCRATCH


@contextmanager
def _random_catalogue(config: dict[str, Any], dtype: str) -> Iterator[tuple[AdapterManager, list[Path], Path]]:
    """Two adapters of rank 16 on every linear layer, under the names of the shipped ones."""
    with tempfile.TemporaryDirectory(dir=_scratch()) as root:
        base = Path(root, "base")
        base.mkdir()
        (base / "config.json").write_text(json.dumps(config), encoding="utf-8")
        adapters = Path(root, "adapters")
        for seed, adapter_id in enumerate((INDUSTRY, BRAND_X)):
            made = make_random_adapter(Path(root, "made"), base, seed=seed, r=16, dtype=dtype)
            parent = AdapterManager(adapters).card_for(INDUSTRY) if seed else None
            register(adapters, adapter_id, made, "0" * 64, parent)
        manager = AdapterManager(adapters)
        cards = manager.cards()
        yield manager, [manager.folder_for(card.adapter_id, card.weights[0]) for card in cards], base


def _composing(manager: AdapterManager, sources: list[Path], dtype: WeightsDtype) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=_scratch()) as place:
        root = Path(place)

        def cold() -> None:
            CompositionStore(manager, root / "cold", dtype=dtype).compose(PAIR)

        def first_in_a_process() -> None:
            CompositionStore(AdapterManager(manager.root), root / "cold", dtype=dtype).compose(PAIR)

        def empty() -> None:
            shutil.rmtree(root / "cold", ignore_errors=True)
            (root / "copy").unlink(missing_ok=True)

        store = CompositionStore(manager, root / "stored", dtype=dtype)
        result_bytes = (store.compose(PAIR).path / WEIGHTS_FILE).stat().st_size
        files = [source / WEIGHTS_FILE for source in sources]
        measured = {
            "cold": _seconds(cold, empty),
            "cold_with_reading_the_catalogue": _seconds(first_in_a_process, empty),
            "stored": _seconds(lambda: store.compose(PAIR)),
            "copying": _seconds(lambda: _copied(files, root / "copy", result_bytes, with_digests=False), empty),
            "copying_with_digests": _seconds(lambda: _copied(files, root / "copy", result_bytes, True), empty),
        }
    return {
        "source_bytes": sum(file.stat().st_size for file in files),
        "result_bytes": result_bytes,
        **measured,
        "cold_per_copying": _ratio(measured["cold"], measured["copying"]),
        "cold_per_copying_with_digests": _ratio(measured["cold"], measured["copying_with_digests"]),
    }


def _ratio(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    return {unit: round(one[unit] / other[unit], 2) for unit in ("median_s", "cpu_median_s")}


def _copied(sources: list[Path], target: Path, result_bytes: int, with_digests: bool) -> None:
    """Every source read, and as many bytes written as the sum has: some not at all, or some twice."""
    written = hashlib.sha256()
    with target.open("xb") as out:
        for source in sources:
            read = hashlib.sha256()
            share = result_bytes / sum(each.stat().st_size for each in sources)
            with source.open("rb") as opened:
                while chunk := opened.read(CHUNK_BYTES):
                    for part in _scaled(chunk, share):
                        out.write(part)
                        if with_digests:
                            written.update(part)
                    if with_digests:
                        read.update(chunk)


def _scaled(chunk: bytes, share: float) -> Iterator[bytes]:
    while share >= 1:
        yield chunk
        share -= 1
    yield chunk[: int(share * len(chunk))]


def _peft_cat(base: Path, sources: list[Path]) -> dict[str, Any]:
    """`add_weighted_adapter(combination_type="cat")` and saving its result, with model and adapters loaded before."""
    import torch
    from peft import PeftModel
    from transformers import AutoConfig, AutoModelForCausalLM

    if (base / "model.safetensors").exists():
        loaded = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    else:
        config = AutoConfig.from_pretrained(base)
        loaded = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)  # type: ignore[no-untyped-call]
    model: Any = PeftModel.from_pretrained(loaded, sources[0], adapter_name="first")
    model.load_adapter(sources[1], adapter_name="second")
    names = (f"sum{place}" for place in range(REPEATS))  # under an existing name PEFT keeps what was made before
    name = ""

    with tempfile.TemporaryDirectory(dir=_scratch()) as root:

        def forget() -> None:
            nonlocal name
            if name:
                model.delete_adapter(name)
            name = next(names)

        def combine_and_save() -> None:
            model.base_model.add_weighted_adapter(["first", "second"], [1.0, 1.0], name, combination_type="cat")
            model.save_pretrained(root, selected_adapters=[name])

        return _seconds(combine_and_save, forget)


def _seconds(work: Callable[[], Any], before_each: Callable[[], Any] = lambda: None) -> dict[str, float]:
    """Over REPEATS, to a tenth of a millisecond. `cpu` is of all threads together: what it costs on a busy machine."""
    wall, cpu = [], []
    for _ in range(REPEATS):
        before_each()
        started, cpu_started = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - started)
        cpu.append(time.process_time() - cpu_started)
    return {
        "median_s": round(statistics.median(wall), 4),
        "min_s": round(min(wall), 4),
        "max_s": round(max(wall), 4),
        "cpu_median_s": round(statistics.median(cpu), 4),
    }
