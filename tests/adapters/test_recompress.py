"""Recompression against numpy's own SVD of the whole update, which a tiny base is small enough to form."""

import json
import shutil
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from adapters.adapter_folder import CARD_FILE
from adapters.compose import Composition, WeightsDtype, concatenate
from adapters.lora_tensors import LoraSource, read_lora
from adapters.manager import AdapterManager
from adapters.names import parse_name
from adapters.recompress import low_rank, recompress
from adapters.store import CompositionStore
from schemas.adapters import AdapterCard, AdapterType, Strategy
from schemas.errors import AdapterMismatch, AdapterNameInvalid, InputInvalid
from tests.tiny import BRAND_X, INDUSTRY, TINY_BASE_MODEL, make_random_adapter, register

NAME = parse_name(f"{INDUSTRY}+{BRAND_X}")
PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def composition(tiny_base: Path, tmp_path: Path) -> Composition:
    """Rank 12; the second source leaves some layers alone."""
    settings = ({"r": 8}, {"r": 4, "target_modules": ["v_proj", "up_proj"]})
    sources = [
        (read_lora(make_random_adapter(tmp_path / f"{seed}", tiny_base, seed, **own), "a"), Decimal(1))  # type: ignore[arg-type]
        for seed, own in enumerate(settings)
    ]
    return concatenate(sources, WeightsDtype.FLOAT32)


def updates(composition: Composition) -> dict[str, npt.NDArray[np.float64]]:
    """Layer -> B·A."""
    factors = {name: values.astype(np.float64) for name, values in composition.tensors.items()}
    layers = {name.removesuffix(".lora_A.weight") for name in factors if name.endswith(".lora_A.weight")}
    return {layer: factors[f"{layer}.lora_B.weight"] @ factors[f"{layer}.lora_A.weight"] for layer in sorted(layers)}


def test_at_its_own_rank_nothing_is_lost(composition: Composition) -> None:
    cut = low_rank(composition, composition.rank)

    assert cut.retained_energy == pytest.approx(1, abs=1e-12)
    for layer, update in updates(composition).items():
        np.testing.assert_allclose(updates(cut.composition)[layer], update, atol=1e-5 * np.abs(update).max())


@pytest.mark.parametrize("rank", [1, 3, 8])
def test_the_retained_energy_is_what_the_cut_leaves_of_the_update(composition: Composition, rank: int) -> None:
    cut = low_rank(composition, rank)

    before, after = updates(composition), updates(cut.composition)
    lost = {layer: np.linalg.norm(before[layer] - after[layer]) ** 2 for layer in before}
    whole = {layer: np.linalg.norm(before[layer]) ** 2 for layer in before}
    shares = {layer: 1 - lost[layer] / whole[layer] for layer in before}
    worst = min(shares, key=lambda layer: shares[layer])
    assert cut.retained_energy == pytest.approx(1 - sum(lost.values()) / sum(whole.values()), abs=1e-6)
    assert cut.worst_layer == worst.removeprefix("base_model.model.")
    assert cut.worst_layer_retained_energy == pytest.approx(shares[worst], abs=1e-6)


@pytest.mark.parametrize("rank", [1, 3, 8])
def test_no_update_of_that_rank_is_nearer(composition: Composition, rank: int) -> None:
    cut = updates(low_rank(composition, rank).composition)

    for layer, update in updates(composition).items():
        best = np.linalg.norm(np.linalg.svd(update, compute_uv=False)[rank:])
        assert np.linalg.norm(update - cut[layer]) == pytest.approx(best, rel=1e-4, abs=1e-5)


def test_a_bigger_rank_never_keeps_less(composition: Composition) -> None:
    kept = [low_rank(composition, rank).retained_energy for rank in range(1, composition.rank + 1)]

    assert kept == sorted(kept)


@pytest.mark.parametrize("rank", [0, -1, 13])
def test_a_rank_that_is_no_cut_is_refused(composition: Composition, rank: int) -> None:
    with pytest.raises(InputInvalid, match=rf"rank {rank} is no cut of a composition of rank 12; give 1\.\.12"):
        low_rank(composition, rank)


def test_adapters_that_cancel_leave_nothing_to_keep(tiny_base: Path, tmp_path: Path) -> None:
    source: LoraSource = read_lora(make_random_adapter(tmp_path, tiny_base, seed=1, r=4), "a")
    nothing = concatenate([(source, Decimal(0))], WeightsDtype.FLOAT32)

    with pytest.raises(AdapterMismatch, match="changes nothing"):
        low_rank(nothing, 2)


def test_the_result_is_an_ordinary_adapter_that_says_what_it_contains(manager: AdapterManager) -> None:
    made = recompress(manager, NAME, 5, manager.root / "manufacturer_small")

    card = manager.card_for("manufacturer_small")
    weights = card.weights[0]
    assert card == made.card
    assert weights.strategy is Strategy.ADDITIVE
    assert {pair.rank for pair in read_lora(made.folder, "a").modules.values()} == {5}
    assert "Contains industry_retail_media and manufacturer_brand_x" in card.description
    assert weights.training["rank"] == 5
    assert weights.training["composition_rank"] == 8
    assert weights.training["retained_energy"] == made.low_rank.retained_energy
    for source in (INDUSTRY, BRAND_X):
        assert weights.training[f"source.{source}.sha256"] == manager.card_for(source).weights[0].sha256


def test_the_result_stands_alone_and_can_be_composed(manager: AdapterManager, tmp_path: Path) -> None:
    recompress(manager, NAME, 5, manager.root / "manufacturer_small")

    assert CompositionStore(manager, tmp_path / "composed").compose("manufacturer_small").rank == 5


def test_the_strictest_source_gives_owner_licence_audience_and_expiry(manager: AdapterManager) -> None:
    change_card(manager.root, INDUSTRY, owner="Federation", expires_on="2999-01-01")
    change_card(
        manager.root, BRAND_X, owner="Xando", licence="Proprietary", audience=["x", "agency"], expires_on="2998-01-01"
    )

    card = recompress(manager, NAME, 5, manager.root / "small").card

    assert card.adapter_type is AdapterType.MANUFACTURER
    assert (card.owner, card.licence, card.audience) == ("Xando", "Proprietary", ("x", "agency"))
    assert card.expires_on == date(2998, 1, 1)


def test_only_tenants_of_every_source_may_name_it(manager: AdapterManager) -> None:
    change_card(manager.root, INDUSTRY, audience=["y", "x"])
    change_card(manager.root, BRAND_X, audience=["x", "z"])

    assert recompress(manager, NAME, 5, manager.root / "small").card.audience == ("x",)


def test_sources_that_no_tenant_shares_are_refused_naming_both(manager: AdapterManager) -> None:
    change_card(manager.root, INDUSTRY, audience=["y"])
    change_card(manager.root, BRAND_X, audience=["x"])

    with pytest.raises(AdapterMismatch, match="'industry_retail_media' for y, 'manufacturer_brand_x' for x"):
        recompress(manager, NAME, 5, manager.root / "small")
    assert not (manager.root / "small").exists()


@pytest.mark.parametrize("taken", [INDUSTRY, BRAND_X, "broken"])
def test_an_id_that_is_taken_is_refused(taken: str, manager: AdapterManager, tmp_path: Path) -> None:
    (manager.root / "broken").mkdir()

    for folder in (manager.root / taken, tmp_path / "elsewhere" / taken):
        with pytest.raises(AdapterNameInvalid, match=f"there is '{taken}' already"):
            recompress(manager, NAME, 5, folder)


def test_the_base_is_nothing_to_recompress(manager: AdapterManager, base_sha256: str) -> None:
    with pytest.raises(AdapterNameInvalid, match="nothing to recompress"):
        recompress(manager, parse_name("base"), 5, manager.root / "small", base_sha256)


def test_a_source_of_another_base_is_refused(manager: AdapterManager) -> None:
    with pytest.raises(AdapterMismatch, match="was trained for base"):
        recompress(manager, NAME, 5, manager.root / "small", "f" * 64)


def change_card(root: Path, adapter_id: str, **changes: object) -> AdapterCard:
    file = root / adapter_id / CARD_FILE
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    return AdapterManager(root).card_for(adapter_id)


def adapters(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "adapters", *map(str, arguments)], cwd=PROJECT, capture_output=True, text=True
    )


def test_the_command_prints_the_energy_and_the_folder_last(root: Path) -> None:
    done = adapters("recompress", NAME, "--rank", 5, "--as", "small", "--root", root)

    first, last = done.stdout.splitlines()
    assert "rank 5" in first
    assert "of the energy" in first
    assert Path(last) == root / "small" / TINY_BASE_MODEL
    assert "small" in adapters("list", "--root", root).stdout


def test_the_command_writes_elsewhere_for_another_base_folder(root: Path, tiny_base: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "small"

    done = adapters("recompress", NAME, "--rank", 5, "--out", out, "--root", root, "--base", tiny_base)

    assert done.returncode == 0
    assert [card.adapter_id for card in AdapterManager(out.parent).cards()] == ["small"]


@pytest.mark.parametrize("name", ["../small", "base", "a/b", ""])
def test_the_command_writes_nothing_outside_the_adapters_folder(name: str, root: Path) -> None:
    before = sorted(root.parent.iterdir())

    done = adapters("recompress", NAME, "--rank", 5, "--as", name, "--root", root)

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "cannot be an adapter id" in done.stderr
    assert sorted(root.parent.iterdir()) == before


def test_a_cut_of_rank_patterns_needs_none(tiny_base: Path, base_sha256: str, tmp_path: Path) -> None:
    patterned = make_random_adapter(tmp_path / "made", tiny_base, seed=4, r=8, rank_pattern={"q_proj": 2})
    root = tmp_path / "adapters"
    register(root, INDUSTRY, patterned, base_sha256)
    shutil.rmtree(patterned)

    made = recompress(AdapterManager(root), parse_name(INDUSTRY), 4, root / "small")

    q_proj = read_lora(made.folder, "small").modules["model.layers.0.self_attn.q_proj"]
    assert q_proj.rank == 4
    assert np.linalg.matrix_rank(q_proj.b @ q_proj.a) == 2
