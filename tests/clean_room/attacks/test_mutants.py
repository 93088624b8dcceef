"""An attack that would not notice a weakened clean room proves nothing about a sound one."""

from pathlib import Path

import pytest

from tests.clean_room.attacks.doors import Ours
from tests.clean_room.attacks.learnt import Promise
from tests.clean_room.attacks.mutants import MUTANTS, Mutant
from tests.clean_room.attacks.registry import ATTACKS


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_clean_room_with_a_safeguard_taken_out_is_noticed(
    mutant: Mutant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant.break_engine(monkeypatch)

    assert not Promise.NOTHING.is_kept(mutant.noticed_by(Ours(tmp_path)))


def test_what_notices_mutants_is_in_the_suite_and_promises_nothing_is_learnt() -> None:
    sound = {attack.run for attack in ATTACKS if attack.promise is Promise.NOTHING}

    assert {mutant.noticed_by for mutant in MUTANTS} <= sound
