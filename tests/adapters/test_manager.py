import json
import os
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from adapters.adapter_folder import CARD_FILE
from adapters.digest import CONFIG_FILE, WEIGHTS_FILE
from adapters.manager import AdapterManager
from schemas.errors import AdapterMismatch, AdapterNotFound
from tests.tiny import BRAND_X, BRAND_Y, INDUSTRY, TINY_BASE_MODEL, make_random_adapter, register

Change = Callable[[Path], None]


def edit_card(**changes: object) -> Change:
    def change(folder: Path) -> None:
        card = json.loads((folder / CARD_FILE).read_text())
        (folder / CARD_FILE).write_text(json.dumps(card | changes))

    return change


def edit_weights(**changes: object) -> Change:
    def change(folder: Path) -> None:
        card = json.loads((folder / CARD_FILE).read_text())
        card["weights"][0] |= changes
        (folder / CARD_FILE).write_text(json.dumps(card))

    return change


def write(name: str, content: bytes) -> Change:
    return lambda folder: (folder / name).write_bytes(content) and None


def remove(name: str) -> Change:
    return lambda folder: (folder / name).unlink()


def flip_a_byte(folder: Path) -> None:
    file = folder / TINY_BASE_MODEL / WEIGHTS_FILE
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def link_the_weights(folder: Path) -> None:
    file = folder / TINY_BASE_MODEL / WEIGHTS_FILE
    file.symlink_to(file.rename(folder.parent / "elsewhere.safetensors"))


def link_a_folder(folder: Path) -> None:
    (folder / "more").symlink_to(folder.parent)


def list_the_weights_twice(folder: Path) -> None:
    card = json.loads((folder / CARD_FILE).read_text())
    edit_card(weights=card["weights"] * 2)(folder)


BREAKAGES: dict[str, tuple[Change, str]] = {
    "other id": (edit_card(adapter_id="somebody_else"), "holds a card with the id 'somebody_else'"),
    "id of another": (edit_card(adapter_id=INDUSTRY), f"holds a card with the id '{INDUSTRY}'"),
    "no card": (remove(CARD_FILE), f"'{CARD_FILE}' is missing"),
    "card is not JSON": (write(CARD_FILE, b"{"), "is not a card"),
    "misspelt field": (edit_card(licens="MIT"), "licens: Extra inputs"),
    "no weights": (edit_card(weights=[]), "lists no weights"),
    "twice for one base": (list_the_weights_twice, "two sets of weights for one base"),
    "missing weights": (remove(f"{TINY_BASE_MODEL}/{WEIGHTS_FILE}"), f"'{WEIGHTS_FILE}' is missing"),
    "missing config": (remove(f"{TINY_BASE_MODEL}/{CONFIG_FILE}"), f"'{CONFIG_FILE}' is missing"),
    "altered weights": (flip_a_byte, f"'{WEIGHTS_FILE}' of adapter '{BRAND_X}' was altered"),
    "altered config": (write(f"{TINY_BASE_MODEL}/{CONFIG_FILE}", b"{}"), f"'{CONFIG_FILE}' .* was altered"),
    "altered digest": (edit_weights(sha256="0" * 64), "gives the digest 000000000000"),
    "files outside": (edit_weights(files={"../x": "0" * 64}), "lists the files"),
    "folder outside": (edit_weights(base_slug="../../etc"), "base_slug"),
    "sequential without parent": (edit_weights(parent=None), "sequential pins a parent"),
    "additive with parent": (edit_weights(strategy="additive"), "additive has none"),
    "pickled weights": (write(f"{TINY_BASE_MODEL}/adapter_model.bin", b"x"), "adapter_model.bin.*pickled"),
    "pickled weights beside": (write("optimizer.pt", b"x"), "'optimizer.pt'.*pickled"),
    "linked weights": (link_the_weights, "symbolic link"),
    "linked folder": (link_a_folder, "symbolic link"),
    "pipe": (lambda folder: os.mkfifo(folder / "pipe"), "'pipe' .* no ordinary file"),
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_broken_adapter_is_refused_with_its_reason_and_hides_no_other(breakage: str, root: Path) -> None:
    change, reason = BREAKAGES[breakage]
    change(root / BRAND_X)

    manager = AdapterManager(root)

    assert [card.adapter_id for card in manager.cards()] == [INDUSTRY, BRAND_Y]
    assert [problem.adapter_id for problem in manager.problems()] == [BRAND_X]
    with pytest.raises(AdapterMismatch, match=reason):
        manager.card_for(BRAND_X)


def test_a_linked_adapter_folder_is_refused(root: Path) -> None:
    (root / BRAND_X).rename(root.parent / "moved")
    (root / BRAND_X).symlink_to(root.parent / "moved")

    with pytest.raises(AdapterMismatch, match="symbolic link"):
        AdapterManager(root).card_for(BRAND_X)


def test_folders_of_code_are_no_adapters(root: Path) -> None:
    (root / "training").mkdir()
    (root / "training" / "__init__.py").touch()
    (root / "notes.txt").touch()

    assert AdapterManager(root).problems() == ()


def test_an_empty_or_absent_root_has_no_adapters(tmp_path: Path) -> None:
    assert AdapterManager(tmp_path).cards() == AdapterManager(tmp_path / "absent").cards() == ()
    with pytest.raises(AdapterNotFound, match="there are: none; train them"):
        AdapterManager(tmp_path).card_for(INDUSTRY)


def test_weights_for_another_base_are_refused_naming_both(manager: AdapterManager, base_sha256: str) -> None:
    other = "f" * 64

    with pytest.raises(
        AdapterMismatch, match=rf"'{TINY_BASE_MODEL}' \(digest {base_sha256[:12]}\).*digest ffffffffffff"
    ):
        manager.weights_for(INDUSTRY, other)


def test_a_retrained_parent_makes_its_children_stale(
    manager: AdapterManager, root: Path, tiny_base: Path, base_sha256: str, tmp_path: Path
) -> None:
    assert len(manager.cards()) == 3

    register(root, INDUSTRY, make_random_adapter(tmp_path / "w", tiny_base, seed=77, r=4), base_sha256)

    assert [card.adapter_id for card in manager.cards()] == [INDUSTRY]
    assert [problem.adapter_id for problem in manager.problems()] == [BRAND_X, BRAND_Y]
    with pytest.raises(AdapterMismatch, match=f"'{BRAND_X}' is stale: it was trained on '{INDUSTRY}'"):
        manager.weights_for(BRAND_X, base_sha256)


@pytest.mark.parametrize("break_parent", [shutil.rmtree, flip_a_byte])
def test_a_child_of_a_missing_or_broken_parent_is_refused(break_parent: Change, root: Path) -> None:
    break_parent(root / INDUSTRY)

    with pytest.raises(AdapterMismatch, match=f"trained on top of '{INDUSTRY}', which is missing or broken"):
        AdapterManager(root).card_for(BRAND_Y)


def test_parents_in_a_circle_are_refused(root: Path) -> None:
    x, y = (json.loads((root / brand / CARD_FILE).read_text())["weights"][0]["sha256"] for brand in (BRAND_X, BRAND_Y))
    edit_weights(parent={"adapter_id": BRAND_Y, "sha256": y})(root / BRAND_X)
    edit_weights(parent={"adapter_id": BRAND_X, "sha256": x})(root / BRAND_Y)

    with pytest.raises(AdapterMismatch, match="its own ancestor"):
        AdapterManager(root).card_for(BRAND_X)


def test_the_catalogue_follows_the_disk(manager: AdapterManager, root: Path) -> None:
    before = manager.cards()
    kept = (root / BRAND_X / TINY_BASE_MODEL / WEIGHTS_FILE).read_bytes()

    flip_a_byte(root / BRAND_X)
    broken = manager.problems()
    (root / BRAND_X / TINY_BASE_MODEL / WEIGHTS_FILE).write_bytes(kept)

    assert [problem.adapter_id for problem in broken] == [BRAND_X]
    assert manager.cards() == before


def test_listed_compositions_are_those_that_may_be_served(manager: AdapterManager, base_sha256: str) -> None:
    listed = [tuple(part.adapter_id for part in name.parts) for name in manager.compositions(base_sha256)]

    assert listed == [(INDUSTRY,), (INDUSTRY, BRAND_X), (INDUSTRY, BRAND_Y)]
    assert manager.compositions("f" * 64) == ()


def test_an_adapter_may_hold_weights_for_two_bases(
    manager: AdapterManager, root: Path, tiny_base: Path, base_sha256: str, tmp_path: Path
) -> None:
    card = manager.card_for(INDUSTRY)
    folder = root / INDUSTRY
    shutil.copytree(folder / TINY_BASE_MODEL, folder / "larger")
    second = card.weights[0].model_dump(mode="json") | {"base_slug": "larger", "base_sha256": "e" * 64}
    edit_card(weights=[card.weights[0].model_dump(mode="json"), second])(folder)

    assert manager.weights_for(INDUSTRY, "e" * 64).base_slug == "larger"
    assert manager.weights_for(INDUSTRY, base_sha256).base_slug == TINY_BASE_MODEL


LAST_DAY = date(2026, 12, 31)
EXPIRES_ON = date(2027, 1, 1)


@pytest.mark.parametrize("late_days", [0, 1, 400])
def test_an_expired_adapter_is_not_offered_and_says_when_and_whom_to_ask(root: Path, late_days: int) -> None:
    edit_card(expires_on=str(EXPIRES_ON))(root / BRAND_X)

    manager = AdapterManager(root, today=lambda: EXPIRES_ON + timedelta(days=late_days))

    assert [card.adapter_id for card in manager.cards()] == [INDUSTRY, BRAND_Y]
    with pytest.raises(AdapterMismatch, match=f"'{BRAND_X}' expired on 2027-01-01; ask tests for a newer one"):
        manager.card_for(BRAND_X)


def test_an_adapter_expires_while_the_server_runs_and_no_file_changes(root: Path) -> None:
    edit_card(expires_on=str(EXPIRES_ON))(root / BRAND_X)
    days = [LAST_DAY]
    manager = AdapterManager(root, today=lambda: days[-1])

    before = [card.adapter_id for card in manager.cards()]
    days.append(EXPIRES_ON)

    assert before == [INDUSTRY, BRAND_X, BRAND_Y]
    assert [card.adapter_id for card in manager.cards()] == [INDUSTRY, BRAND_Y]


def test_a_revoked_adapter_is_not_offered_until_its_card_says_otherwise(root: Path) -> None:
    manager = AdapterManager(root)
    assert len(manager.cards()) == 3

    edit_card(revoked_because="trained on a leak")(root / BRAND_X)
    with pytest.raises(AdapterMismatch, match=f"'{BRAND_X}' was revoked by tests: trained on a leak"):
        manager.card_for(BRAND_X)
    edit_card(revoked_because=None)(root / BRAND_X)

    assert len(manager.cards()) == 3


def test_a_revoked_adapter_that_has_expired_too_says_that_it_was_revoked(root: Path) -> None:
    edit_card(revoked_because="a leak", expires_on="2020-01-01")(root / BRAND_X)

    with pytest.raises(AdapterMismatch, match="was revoked"):
        AdapterManager(root).card_for(BRAND_X)


@pytest.mark.parametrize("end", [{"revoked_because": "a leak"}, {"expires_on": "2020-01-01"}])
def test_the_children_of_a_withdrawn_parent_go_with_it(root: Path, base_sha256: str, end: dict[str, str]) -> None:
    edit_card(**end)(root / INDUSTRY)

    manager = AdapterManager(root)

    assert manager.cards() == manager.compositions(base_sha256) == ()
    assert [problem.adapter_id for problem in manager.problems()] == [INDUSTRY, BRAND_X, BRAND_Y]


def test_a_problem_may_be_told_to_the_cards_audience_and_without_a_card_to_nobody(root: Path) -> None:
    edit_card(revoked_because="a leak", audience=["brand_x"])(root / BRAND_X)
    write(CARD_FILE, b"{")(root / BRAND_Y)

    told = {problem.adapter_id: problem.audience for problem in AdapterManager(root).problems()}

    assert told == {BRAND_X: ("brand_x",), BRAND_Y: ()}
