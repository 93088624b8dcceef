"""What each arm adds to the base."""

from decimal import Decimal
from pathlib import Path

import pytest
import torch

from adapters.evaluation.arms import ArmName, TrainedAdapters, arm_for
from adapters.evaluation.updates import composed_update, random_update
from adapters.lora_tensors import read_lora
from schemas.errors import AdapterNotFound
from tests.tiny import BRAND_X, INDUSTRY, TINY_BASE_MODEL

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")


@pytest.fixture(scope="module")
def adapters(shipped: Path, trained: Path, tiny_base: Path) -> TrainedAdapters:
    return TrainedAdapters(shipped, trained, tiny_base)


def delta(root: Path, adapter_id: str, module: str) -> torch.Tensor:
    pair = read_lora(root / adapter_id / TINY_BASE_MODEL, adapter_id).modules[module]
    return torch.from_numpy(pair.scaling * (pair.b @ pair.a))


MODULE = "model.layers.1.mlp.up_proj"


def test_the_base_arms_add_nothing(adapters: TrainedAdapters) -> None:
    assert arm_for(ArmName.BASE, adapters).build() == {}
    assert arm_for(ArmName.FULL_PROMPT, adapters).reads_rules


def test_sequential_is_the_sum_of_the_shipped_pair(adapters: TrainedAdapters, shipped: Path) -> None:
    found = arm_for(ArmName.SEQUENTIAL, adapters).build()[MODULE].dense

    expected = delta(shipped, INDUSTRY, MODULE) + delta(shipped, BRAND_X, MODULE)
    torch.testing.assert_close(found, expected)


def test_additive_weighs_each_of_the_pair_trained_apart(
    adapters: TrainedAdapters, shipped: Path, trained: Path
) -> None:
    arm = arm_for(ArmName.ADDITIVE_TUNED, adapters, weights=(Decimal("0.6"), Decimal("0.8")))

    found = arm.build()[MODULE].dense

    apart = delta(trained / "seed-0", f"{BRAND_X}_additive", MODULE)
    torch.testing.assert_close(found, 0.6 * delta(shipped, INDUSTRY, MODULE) + 0.8 * apart)
    assert [source.rpartition(":")[2] for source in arm.sources] == ["0.6", "0.8"]


def test_noise_is_as_large_as_the_adapter_in_every_layer_and_the_same_each_time(
    adapters: TrainedAdapters, shipped: Path
) -> None:
    like = composed_update([(read_lora(shipped / BRAND_X / TINY_BASE_MODEL, BRAND_X), Decimal(1))])

    noise, again, another = (random_update(like, seed) for seed in (0, 0, 1))

    for module, pair in like.items():
        size = torch.linalg.matrix_norm(pair.dense)
        torch.testing.assert_close(torch.linalg.matrix_norm(noise[module].dense), size, rtol=1e-4, atol=1e-5)
        assert pair.norm == pytest.approx(float(size), rel=1e-4)
        torch.testing.assert_close(noise[module].dense, again[module].dense)
        assert not torch.allclose(noise[module].dense, another[module].dense)
    with_industry = arm_for(ArmName.RANDOM, adapters).build()[MODULE].dense
    torch.testing.assert_close(with_industry, delta(shipped, INDUSTRY, MODULE) + noise[MODULE].dense)


def test_linear_is_not_the_sum_and_ties_svd_is_not_either(
    adapters: TrainedAdapters, shipped: Path, trained: Path
) -> None:
    pair = [read_lora(shipped / INDUSTRY / TINY_BASE_MODEL, INDUSTRY)]
    pair += [read_lora(trained / "seed-0" / f"{BRAND_X}_additive" / TINY_BASE_MODEL, BRAND_X)]
    first, second = (source.modules[MODULE] for source in pair)
    exact = arm_for(ArmName.ADDITIVE, adapters).build()[MODULE].dense

    linear = arm_for(ArmName.LINEAR, adapters).build()[MODULE].dense
    ties = arm_for(ArmName.TIES_SVD, adapters).build()

    # PEFT adds the A and the B apart, so their product has the cross terms too.
    crossed = first.scaling * torch.from_numpy((first.b + second.b) @ (first.a + second.a))
    torch.testing.assert_close(linear, crossed, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(linear, exact, atol=1e-2)
    assert ties.keys() == arm_for(ArmName.ADDITIVE, adapters).build().keys()
    assert not torch.allclose(ties[MODULE].dense, exact, atol=1e-2)


def test_the_other_brand_is_asked_with_its_own_adapter(adapters: TrainedAdapters) -> None:
    wrong, right = arm_for(ArmName.WRONG_BRAND, adapters), arm_for(ArmName.SEQUENTIAL, adapters)

    assert wrong.sources[0] == right.sources[0]
    assert wrong.sources[1].startswith("manufacturer_brand_y@")
    assert wrong.digest == arm_for(ArmName.SEQUENTIAL_Y, adapters).digest != right.digest


def test_another_seed_is_another_training_of_the_same_pair(adapters: TrainedAdapters) -> None:
    first, second = arm_for(ArmName.SEQUENTIAL, adapters), arm_for(ArmName.SEQUENTIAL, adapters, seed=1)

    assert first.digest != second.digest
    assert [source.partition("@")[0] for source in second.sources] == [INDUSTRY, BRAND_X]


def test_a_control_that_is_not_trained_is_named(adapters: TrainedAdapters) -> None:
    with pytest.raises(AdapterNotFound, match=f"{BRAND_X}_additive"):
        arm_for(ArmName.ADDITIVE, adapters, seed=1)
