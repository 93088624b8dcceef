from pathlib import Path
from typing import Any

import pytest

from clean_room import CleanRoom
from clean_room.latency import REFUSAL_MS
from clean_room.pace import Pace
from tests.clean_room.worlds import clean_room_over, exposures, request


class SlowClock:
    """A clock on which the work between two looks takes `work_seconds`, and sleeping takes no time at all."""

    def __init__(self, work_seconds: float = 0.2) -> None:
        self.now, self.work_seconds, self.looked = 100.0, work_seconds, False

    def monotonic(self) -> float:
        self.now += self.work_seconds if self.looked else 0.0
        self.looked = True
        return self.now

    def sleep(self, seconds: float, /) -> None:
        assert seconds >= 0
        self.now += seconds


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clean_room_over(tmp_path_factory.mktemp("paced"), exposures(150)).folder.parent


def asked(folder: Path, clock: SlowClock, **changes: object) -> tuple[dict[str, Any], float]:
    """The reply and the seconds it took."""
    room = CleanRoom(folder, "brand_x", pace=Pace(clock))
    return room.query(request(**changes)), round(clock.now - 100.0, 6)


@pytest.mark.parametrize("work_seconds", [0.0, 0.2, 0.9])
def test_a_reply_takes_what_was_drawn_however_long_the_work_took(folder: Path, work_seconds: float) -> None:
    answer, seconds = asked(folder, SlowClock(work_seconds))

    assert answer["status"] == "ok"
    assert seconds == answer["latency_ms"] / 1_000


def test_a_withheld_and_an_empty_answer_take_the_same_time(folder: Path) -> None:
    empty = {"start": "2026-03-02", "end": "2026-03-29", "grain": "week"}

    _, one = asked(folder, SlowClock(0.1), period=empty)
    _, other = asked(folder, SlowClock(0.7), period=empty)

    assert one == other


@pytest.mark.parametrize("changes", [{"metrics": ["margin"]}, {"retailer_id": "retailer_z"}, {"period": 7}])
def test_every_refusal_takes_the_same_time(folder: Path, changes: dict[str, object]) -> None:
    _, seconds = asked(folder, SlowClock(0.3), **changes)

    assert seconds == REFUSAL_MS / 1_000


def test_an_answer_that_took_too_long_does_not_leave_and_ends_on_a_whole_multiple(folder: Path) -> None:
    drawn = asked(folder, SlowClock())[0]["latency_ms"] / 1_000

    answer, seconds = asked(folder, SlowClock(work_seconds=drawn * 1.3))

    assert answer == {"status": "refused", "code": "NOT_ANSWERABLE"}
    assert seconds == round(2 * drawn, 6)
