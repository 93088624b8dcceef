"""A release that saw no canary and a copy that learnt them by heart, each on the same weak industry adapter."""

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from adapters.digest import base_digest
from adapters.evaluation.privacy.audit import Plan, Subject
from adapters.evaluation.privacy.canaries import Canary, canary_rows, make_canaries
from adapters.evaluation.privacy.membership import MembershipRows
from adapters.manager import AdapterManager
from adapters.training.example import Example, Skill
from adapters.training.rows import collate, encode
from tests.tiny import ALL_LINEAR, BRAND_X, BRAND_Y, INDUSTRY, make_random_adapter, register

Catalogue = Callable[[dict[str, Path]], AdapterManager]
"""Brand -> its weights; all on top of one industry adapter."""


@pytest.fixture(scope="session")
def canaries() -> list[Canary]:
    return make_canaries(seed=0, repetitions=(0, 16), per_level=4, digits=4)


@pytest.fixture(scope="session")
def learnt(tiny_base: Path, canaries: list[Canary], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA trained on nothing but canary rows until it knows them."""
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(tiny_base)
    model = AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32)
    config = LoraConfig(r=16, lora_alpha=32, target_modules=list(ALL_LINEAR), task_type="CAUSAL_LM")
    with warnings.catch_warnings(action="ignore", category=FutureWarning):  # peft asks transformers for an old name
        lora = get_peft_model(model, config)
    rows = sorted({encode(row, tokenizer, 2048) for row in canary_rows(canaries)}, key=lambda row: row.tokens)
    batch = collate(rows, tokenizer.pad_token_id)
    optimizer = torch.optim.AdamW([weight for weight in lora.parameters() if weight.requires_grad], lr=1e-2)
    for _ in range(300):
        loss = lora(**batch).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    folder = tmp_path_factory.mktemp("learnt")
    lora.save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="session")
def weights(tiny_base: Path, learnt: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    room = tmp_path_factory.mktemp("weights")

    def random_one(name: str, seed: int) -> Path:
        return make_random_adapter(room / name, tiny_base, seed=seed, r=4, strength=0.02)

    return {INDUSTRY: random_one(INDUSTRY, 1), "x": random_one("x", 2), "y": random_one("y", 3), "learnt": learnt}


@pytest.fixture(scope="session")
def catalogue(tiny_base: Path, weights: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    base_sha256 = base_digest(tiny_base)

    def made(brands: dict[str, Path]) -> AdapterManager:
        root = tmp_path_factory.mktemp("adapters")
        industry = register(root, INDUSTRY, weights[INDUSTRY], base_sha256)
        for brand, folder in brands.items():
            card = register(root, brand, folder, base_sha256, parent=industry)
            owned = card.model_copy(update={"owner": brand})
            (root / brand / "adapter_metadata.json").write_text(owned.model_dump_json(indent=2), encoding="utf-8")
        return AdapterManager(root)

    return made


@pytest.fixture(scope="session")
def subject(catalogue: Catalogue, weights: dict[str, Path]) -> Subject:
    released = catalogue({BRAND_X: weights["x"], BRAND_Y: weights["y"]})
    return Subject(BRAND_X, released, copy=catalogue({BRAND_X: weights["learnt"]}))


@pytest.fixture(scope="session")
def plan(canaries: list[Canary]) -> Plan:
    rows = [Example(Skill.BRAND, f"Task: slogan\nProduct: {number}", f"number {number}", "") for number in range(40)]
    return Plan(canaries, MembershipRows(tuple(rows[0::2]), tuple(rows[1::2])), candidates=200)
