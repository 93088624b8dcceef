"""Random adapters for any base: one industry adapter and as many manufacturers as the cases need, of rank 16."""

from pathlib import Path

from tqdm import tqdm

from adapters.manager import register_weights
from schemas.adapters import AdapterType, Strategy
from tests.tiny import identity, make_random_adapter
from tests.vllm.bench.cases import INDUSTRY, manufacturer

RANK = 16
COMPOSED_RANK = 2 * RANK

# Small beside the base's own weights: what is said does not matter here, but it must stay a number.
STRENGTH = 0.01


def make_catalogue(root: Path, scratch: Path, base: Path, base_sha256: str, manufacturers: int) -> Path:
    ids = [INDUSTRY, *(manufacturer(number) for number in range(manufacturers))]
    for seed, adapter_id in enumerate(tqdm(ids, desc="random adapters", unit="adapter", leave=False)):
        weights = make_random_adapter(scratch / adapter_id, base, seed, RANK, dtype="bfloat16", strength=STRENGTH)
        kind = AdapterType.INDUSTRY if adapter_id == INDUSTRY else AdapterType.MANUFACTURER
        register_weights(
            root, identity(adapter_id, kind), weights, base.name, base_sha256, Strategy.ADDITIVE, None, {}, {}
        )
    return root
