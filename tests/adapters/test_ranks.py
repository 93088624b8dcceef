"""The rank read from headers is the rank that the composed file has."""

from pathlib import Path

import pytest

from adapters.digest import WEIGHTS_FILE
from adapters.manager import AdapterManager
from adapters.names import CompositionName, canonical, parse_name
from adapters.ranks import composed_rank
from adapters.store import CompositionStore
from schemas.errors import AdapterMismatch, AdapterNotFound
from tests.tiny import BRAND_X, INDUSTRY, TINY_BASE_MODEL, make_random_adapter, register

CASES: dict[str, tuple[list[dict[str, object]], int]] = {
    "one": ([{"r": 3}], 3),
    "two": ([{"r": 3}, {"r": 5}], 8),
    "three": ([{"r": 3}, {"r": 5}, {"r": 2}], 10),
    "on layers apart": ([{"r": 3, "target_modules": ["q_proj"]}, {"r": 5, "target_modules": ["v_proj"]}], 5),
    "on some layers together": (
        [{"r": 3, "target_modules": ["q_proj", "v_proj"]}, {"r": 5, "target_modules": ["v_proj", "up_proj"]}],
        8,
    ),
    "by rank patterns": ([{"r": 3, "rank_pattern": {"q_proj": 6}}, {"r": 4, "rank_pattern": {"v_proj": 1}}], 10),
}


@pytest.mark.parametrize("case", CASES)
def test_the_rank_is_that_of_the_composed_file(case: str, tmp_path: Path, tiny_base: Path, base_sha256: str) -> None:
    adapters, expected = CASES[case]
    ids = [f"manufacturer_{place}" for place in range(len(adapters))]
    for seed, (adapter_id, settings) in enumerate(zip(ids, adapters, strict=True)):
        weights = make_random_adapter(tmp_path / "weights" / adapter_id, tiny_base, seed=seed, **settings)
        register(tmp_path / "adapters", adapter_id, weights, base_sha256)
    manager = AdapterManager(tmp_path / "adapters")
    name = canonical(parse_name("+".join(ids)), manager, base_sha256)

    composed = CompositionStore(manager, tmp_path / "composed", base_sha256=base_sha256).compose(name)

    assert composed_rank(name, manager, base_sha256) == expected == composed.rank


def test_weights_change_no_rank(manager: AdapterManager, base_sha256: str) -> None:
    ranks = {composed_rank(parse_name(f"{INDUSTRY}{weight}"), manager, base_sha256) for weight in ("", ":0.1", ":-9")}

    assert ranks == {4}


def test_the_base_has_no_rank(manager: AdapterManager, base_sha256: str) -> None:
    assert composed_rank(CompositionName(), manager, base_sha256) == 0


def test_retrained_weights_are_read_again(
    manager: AdapterManager, root: Path, tiny_base: Path, base_sha256: str, tmp_path: Path
) -> None:
    before = composed_rank(parse_name(INDUSTRY), manager, base_sha256)

    register(root, INDUSTRY, make_random_adapter(tmp_path / "w", tiny_base, seed=5, r=6), base_sha256)

    assert (before, composed_rank(parse_name(INDUSTRY), manager, base_sha256)) == (4, 6)


def test_an_adapter_that_is_unknown_or_for_another_base_has_no_rank(manager: AdapterManager, base_sha256: str) -> None:
    with pytest.raises(AdapterNotFound):
        composed_rank(parse_name("nope"), manager, base_sha256)
    with pytest.raises(AdapterMismatch, match="was trained for base"):
        composed_rank(parse_name(INDUSTRY), manager, "f" * 64)


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b'\x08\0\0\0\0\0\0\0{"a": 1'])
def test_a_file_that_is_none_is_named(root: Path, base_sha256: str, content: bytes) -> None:
    class Trusting(AdapterManager):
        """Keeps its first look at the disk, as between a look and the reading of the file."""

        def _snapshot(self):  # type: ignore[no-untyped-def]
            self._last = self._last or super()._snapshot()
            return self._last

    manager = Trusting(root)
    manager.cards()
    (root / BRAND_X / TINY_BASE_MODEL / WEIGHTS_FILE).write_bytes(content)

    with pytest.raises(AdapterMismatch, match=f"'{WEIGHTS_FILE}' of '{BRAND_X}' cannot be read"):
        composed_rank(parse_name(f"{INDUSTRY}+{BRAND_X}"), manager, base_sha256)
