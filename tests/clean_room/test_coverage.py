from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from clean_room.__main__ import main
from clean_room.calendar import Span
from clean_room.coverage import utility
from clean_room.policy import policy_for
from tests.clean_room.noise import noisy_policies, noisy_policy, use
from tests.clean_room.worlds import MONDAY, events_of, exposures, random_log, with_ids, write_market

WEEK = Span(MONDAY, MONDAY + timedelta(days=6))


def test_a_larger_threshold_never_tells_more() -> None:
    policy = policy_for("retailer_a")
    assert policy is not None
    rng = np.random.default_rng(1)
    events = events_of(
        rng.integers(0, 400, 3_000).tolist(), rng.integers(0, 3, 3_000).tolist(), rng.integers(0, 9, 3_000).tolist()
    )

    told = [utility(events, policy, WEEK, k) for k in (10, 100, 300, 1_000)]

    assert [one.skus for one in told] == sorted((one.skus for one in told), reverse=True)
    by_day = [one.impressions.get("placement and day", 0.0) for one in told]
    assert by_day == sorted(by_day, reverse=True)
    assert told[0].skus == 1.0 and told[-1].skus == 0.0
    assert told[0].relative_error is None


def test_less_noise_means_a_smaller_error(tmp_path: Path) -> None:
    events = events_of(list(range(2_000)))

    little, much = (
        utility(events, noisy_policy(tmp_path / str(rho), release_micro_rho=rho, budget_micro_rho=rho), WEEK, 100)
        for rho in (10**9, 10**5)
    )

    assert little.relative_error is not None and much.relative_error is not None
    assert little.relative_error < much.relative_error


def test_the_command_tells_each_retailer_and_threshold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    market = write_market(tmp_path / "market", with_ids(random_log(seed=5, rows=2_000)))

    assert main(["coverage", "--market", str(market), "--k", "10", "100"]) == 0

    told = capsys.readouterr().out
    assert [line.split(":")[0] for line in told.splitlines() if not line.startswith(" ")] == [
        "retailer_a at k 10",
        "retailer_a at k 100",
        "retailer_b at k 10",
        "retailer_b at k 100",
    ]
    assert "placement and week" in told and "of revenue" in told


def test_the_command_tells_the_error_of_noise_and_charges_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    market = write_market(tmp_path / "market", with_ids(exposures(900)))
    use(monkeypatch, noisy_policies(tmp_path / "policies"))

    assert main(["coverage", "--market", str(market), "--k", "100"]) == 0

    assert "median relative error" in capsys.readouterr().out
    assert list(tmp_path.rglob("ledger.sqlite")) == []
