"""A clean room of mode `dp` from end to end: real files, real processes, the shipped command."""

import signal
from pathlib import Path

import pytest

from clean_room import CleanRoom, aggregate_to_rmis
from clean_room.builder import build
from clean_room.ledger import Ledger, Spent
from schemas.errors import BuildFailed, InputInvalid
from tests.clean_room.noise import BUILD, noisy_policies, run_python, use
from tests.clean_room.worlds import METRICS, exposures, request, with_ids, write_market

DIE_BEFORE_PUBLISHING = """
import os, signal
import clean_room.builder
clean_room.builder._publish = lambda built, staging: os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A market of 900 households in search at retailer_a, and a noisy policy whose budget is one release."""
    write_market(tmp_path / "market", with_ids(exposures(900)))
    use(monkeypatch, noisy_policies(tmp_path / "policies"))
    return tmp_path


def room_in(folder: Path) -> CleanRoom:
    return CleanRoom(folder / "clean_room", "brand_x")


def build_in(folder: Path) -> None:
    build(folder / "market", "brand_x", folder / "clean_room")


def spent_in(folder: Path) -> Spent:
    return Ledger(folder / "clean_room" / "brand_x" / "ledger.sqlite").spent("retailer_a")


def test_every_number_comes_with_its_mode_and_interval(folder: Path) -> None:
    build_in(folder)

    answer = room_in(folder).query(request(metrics=["impressions", "revenue"]))

    assert (answer["status"], answer["mode"]) == ("ok", "dp")
    (row,) = answer["rows"]
    assert abs(row["impressions"] - 2_700) < 3 * row["impressions_half_width_95"]
    assert row["revenue_half_width_95"] > 20_000_000
    assert set(row) == {
        "date",
        "placement_type",
        "impressions",
        "revenue",
        "impressions_half_width_95",
        "revenue_half_width_95",
    }


def test_asking_again_and_in_other_words_draws_no_new_noise_and_costs_nothing(folder: Path) -> None:
    build_in(folder)
    room, spent = room_in(folder), spent_in(folder)

    answers = [room.query(request(metrics=metrics)) for metrics in (METRICS, METRICS, METRICS[::-1])]

    assert answers[0] == answers[1]
    assert answers[0]["rows"] == answers[2]["rows"]
    assert spent_in(folder) == spent == Spent(committed=600_000, reserved=0)


def test_building_again_over_the_same_days_keeps_the_noise_and_is_free(folder: Path) -> None:
    build_in(folder)
    before = room_in(folder).query(request())

    build_in(folder)

    assert room_in(folder).query(request()) == before
    assert spent_in(folder).total == 600_000


def test_a_spent_budget_refuses_the_build_and_the_old_snapshot_keeps_answering(folder: Path) -> None:
    build_in(folder)
    before = room_in(folder).query(request())
    write_market(folder / "market", with_ids(exposures(900)), '{"seed": 2}')

    with pytest.raises(BuildFailed, match="exhausted: a release costs 600000 micro-rho, 0 of 600000 are left"):
        build_in(folder)

    assert room_in(folder).query(request()) == before


def test_a_build_killed_after_it_drew_noise_has_paid_and_published_nothing(folder: Path) -> None:
    killed = run_python(DIE_BEFORE_PUBLISHING + BUILD, str(folder))

    assert killed.returncode == -signal.SIGKILL
    assert spent_in(folder) == Spent(committed=0, reserved=600_000)
    assert not room_in(folder).is_built
    with pytest.raises(BuildFailed, match="600000 reserved by builds that did not end"):
        build_in(folder)


def test_a_build_that_fails_by_itself_can_be_tried_again(folder: Path) -> None:
    (folder / "clean_room" / "brand_x").mkdir(parents=True)
    code = "import clean_room.builder, duckdb\ndef full(*given): raise duckdb.IOException('no space')\n"
    failed = run_python(code + "clean_room.builder.write_atoms = full\n" + BUILD, str(folder))

    assert failed.returncode == 1 and "make room on the disk" in failed.stderr
    assert spent_in(folder).total == 0
    build_in(folder)


def test_the_operator_is_told_the_price(folder: Path) -> None:
    done = run_python(BUILD, str(folder))

    assert "noise cost 600000 micro-rho, ε 6.36 at δ 1e-6" in done.stdout


def test_a_changed_policy_of_the_same_version_is_not_answered_from(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_in(folder)

    use(monkeypatch, noisy_policies(folder / "laxer", rows_per_person=9))

    assert room_in(folder).query(request()) == {"status": "refused", "code": "NOT_ANSWERABLE"}


def test_a_frame_is_not_aggregated_past_the_ledger(folder: Path) -> None:
    with pytest.raises(InputInvalid, match="noise is drawn and paid for once"):
        aggregate_to_rmis(with_ids(exposures(200)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('mode = "dp"', 'mode = "exact"'),
        ('mode = "dp"', 'mode = "noisy"'),
        ("clicks = 5", "clicks = 0"),
        ("clicks = 5\n", ""),
        ("rows_per_person = 1", "rows_per_person = 0"),
        ("budget_micro_rho = 600000", "budget_micro_rho = 599999"),
        ("skus = []", 'skus = ["sku-1"]'),
        ("[noise]", "[noise]\nepsilon = 1.0"),
    ],
)
def test_a_noisy_policy_that_contradicts_itself_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str
) -> None:
    policy = noisy_policies(folder / "odd") / "retailer_a.toml"
    text = policy.read_text(encoding="utf-8")
    assert before in text
    policy.write_text(text.replace(before, after), encoding="utf-8")
    use(monkeypatch, folder / "odd")

    with pytest.raises(InputInvalid, match=r"retailer_a\.toml"):
        build_in(folder)
