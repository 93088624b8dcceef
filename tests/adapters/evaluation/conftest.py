"""Adapters for every arm, with random weights on the tiny base: shipped ones, and a catalogue of controls per seed."""

from pathlib import Path

import pytest

from tests.tiny import BRAND_X, INDUSTRY, make_random_adapter, register


@pytest.fixture(scope="session")
def trained(tiny_base: Path, base_sha256: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`seed-0` holds the controls beside the shipped adapters, `seed-1` a training of its own without controls."""
    room = tmp_path_factory.mktemp("controls")
    for place, adapter_id in enumerate((f"{BRAND_X}_additive", "manufacturer_brand_y_additive", "joint_brand_x")):
        weights_dir = make_random_adapter(room / "scratch" / adapter_id, tiny_base, seed=10 + place, r=4)
        register(room / "trained" / "seed-0", adapter_id, weights_dir, base_sha256)
    other = room / "trained" / "seed-1"
    industry = register(other, INDUSTRY, make_random_adapter(room / "i", tiny_base, seed=20, r=4), base_sha256)
    register(other, BRAND_X, make_random_adapter(room / "x", tiny_base, seed=21, r=4), base_sha256, parent=industry)
    return room / "trained"
