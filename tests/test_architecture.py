"""Imports point one way, and the heavy libraries stay in the rooms that need them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

MAY_IMPORT = {
    "schemas": set(),
    "data": {"schemas"},
    "adapters": {"schemas"},
    "clean_room": {"schemas"},
    "serving": {"schemas", "adapters"},
    "orchestrator": {"schemas", "data", "adapters", "clean_room"},
    "dash_app": {"schemas", "orchestrator"},
}
HEAVY = {"torch", "transformers", "peft", "vllm", "xgrammar", "trl", "datasets", "bitsandbytes"}
MAY_BE_HEAVY = ("serving/", "adapters/training/", "adapters/evaluation/")
TRAINING = ("adapters.training", "adapters.evaluation")


def imported_modules(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source} imports relatively; name the room"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def sources() -> list[Path]:
    return sorted(path for room in MAY_IMPORT for path in (ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("source", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_what_its_room_may(source: Path) -> None:
    where = source.relative_to(ROOT)
    room = where.parts[0]

    for module in imported_modules(source):
        top = module.split(".")[0]
        if top in MAY_IMPORT and top != room:
            assert top in MAY_IMPORT[room], f"{where} imports {module}; {room} may import {sorted(MAY_IMPORT[room])}"
        if top in HEAVY:
            assert str(where).startswith(MAY_BE_HEAVY), f"{where} imports {module}"
        if module.startswith(TRAINING):
            assert str(where).startswith("adapters/"), f"{where} imports {module}; training stays inside adapters"


def test_the_house_has_every_room() -> None:
    assert [room for room in MAY_IMPORT if not (ROOT / room / "__init__.py").is_file()] == []
