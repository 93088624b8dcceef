import json
from pathlib import Path

import pytest

from adapters.digest import CONFIG_FILE, WEIGHTS_FILE
from adapters.manager import AdapterManager
from schemas.errors import AdapterError, AdapterMismatch, AdapterNameInvalid
from tests.tiny import BRAND_X, INDUSTRY, TINY_BASE_MODEL, make_random_adapter, register


def test_registered_weights_can_be_used_at_once(tmp_path: Path, tiny_base: Path, base_sha256: str) -> None:
    weights_dir = make_random_adapter(tmp_path / "trained", tiny_base, seed=1, r=4)

    card = register(tmp_path / "adapters", INDUSTRY, weights_dir, base_sha256)

    manager = AdapterManager(tmp_path / "adapters")
    assert manager.problems() == ()
    assert manager.cards() == (card,)
    assert sorted(file.name for file in manager.folder_for(INDUSTRY, card.weights[0]).iterdir()) == [
        CONFIG_FILE,
        WEIGHTS_FILE,
    ]


def test_weights_may_be_trained_in_place_and_registered_again(root: Path, tiny_base: Path, base_sha256: str) -> None:
    make_random_adapter(root / INDUSTRY / TINY_BASE_MODEL, tiny_base, seed=55, r=8)

    card = register(root, INDUSTRY, root / INDUSTRY / TINY_BASE_MODEL, base_sha256)

    assert AdapterManager(root).card_for(INDUSTRY) == card
    assert len(card.weights) == 1


def test_a_child_of_an_unknown_parent_is_refused_before_anything_is_written(
    root: Path, tiny_base: Path, base_sha256: str, tmp_path: Path
) -> None:
    weights_dir = make_random_adapter(tmp_path / "trained", tiny_base, seed=1, r=4)
    parent = AdapterManager(root).card_for(BRAND_X).model_copy(update={"adapter_id": "industry_gone"})

    with pytest.raises(AdapterMismatch, match="'industry_gone'"):
        register(root, "manufacturer_new", weights_dir, base_sha256, parent=parent)

    assert not (root / "manufacturer_new").exists()


def test_a_child_of_an_older_parent_is_refused(root: Path, tiny_base: Path, base_sha256: str, tmp_path: Path) -> None:
    older = AdapterManager(root).card_for(INDUSTRY)
    register(root, INDUSTRY, make_random_adapter(tmp_path / "newer", tiny_base, seed=55, r=4), base_sha256)

    with pytest.raises(AdapterMismatch, match="stale"):
        register(root, BRAND_X, make_random_adapter(tmp_path / "x", tiny_base, seed=1, r=4), base_sha256, parent=older)


def test_the_name_base_is_taken(root: Path, tiny_base: Path, base_sha256: str, tmp_path: Path) -> None:
    with pytest.raises(AdapterNameInvalid, match="not 'base'"):
        register(root, "base", make_random_adapter(tmp_path / "w", tiny_base, seed=1, r=4), base_sha256)


def test_weights_that_cannot_be_composed_are_refused(
    root: Path, tiny_base: Path, base_sha256: str, tmp_path: Path
) -> None:
    weights_dir = make_random_adapter(tmp_path / "w", tiny_base, seed=1, r=4, use_dora=True)

    with pytest.raises(AdapterError, match="use_dora"):
        register(root, "manufacturer_dora", weights_dir, base_sha256)


def test_a_card_holds_what_a_reader_needs(root: Path) -> None:
    card = json.loads((root / BRAND_X / "adapter_metadata.json").read_text(encoding="utf-8"))

    assert {"adapter_id", "adapter_type", "name", "version", "tags", "description", "owner", "audience"} <= card.keys()
    assert card["weights"][0]["parent"]["adapter_id"] == INDUSTRY
