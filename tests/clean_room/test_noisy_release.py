"""Noise with known truth: a policy whose noise is small shows the sums, a policy whose noise is large its spread."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from clean_room.calendar import Span
from clean_room.cleaning import METRICS
from clean_room.noise_terms import NoiseTerms, epsilon
from clean_room.noisy_release import Counts, bounded_contributions, noisy_release
from clean_room.opendp_noise import noised
from clean_room.policy import Policy
from clean_room.release import release
from schemas.errors import BuildFailed
from tests.clean_room.noise import CLAMPS, noisy_policy
from tests.clean_room.worlds import MONDAY, events_of

FOUR_WEEKS = Span(MONDAY, MONDAY + timedelta(days=27))
# So much that noise is below one: the sums themselves show.
HUGE = 10**15


def test_opendp_prices_each_part_at_no_more_than_its_share(tmp_path: Path) -> None:
    terms = noisy_policy(tmp_path).noise
    assert terms is not None

    for metric in terms.clamps:
        noised(np.zeros(2, dtype=np.int64), terms.distance(metric), terms)
    with pytest.raises(BuildFailed, match="costs 400000 micro-rho, more than the 100000 that were reserved"):
        noised(np.zeros(2, dtype=np.int64), 3.0, TooQuiet(**terms.model_dump()))


class TooQuiet(NoiseTerms):
    def scale(self, distance: float) -> float:
        return super().scale(distance) / 2


def test_one_persons_rows_are_bounded_and_clamped(tmp_path: Path) -> None:
    terms = noisy_policy(tmp_path, rows_per_person=3).noise
    assert terms is not None
    events = events_of([1] * 10 + [2] * 2, values=[10**9] * 12)

    bounded = bounded_contributions(events, terms)

    assert np.bincount(bounded.people).tolist() == [0, 3, 2]
    assert bounded.metrics.max(axis=0).tolist() == [CLAMPS[str(metric)] for metric in METRICS]


def test_another_persons_rows_do_not_change_how_many_of_mine_are_kept(tmp_path: Path) -> None:
    terms = noisy_policy(tmp_path, rows_per_person=3).noise
    assert terms is not None

    alone, beside = (bounded_contributions(events_of([1] * 10 + [2] * others), terms) for others in (0, 50))

    assert (alone.people == 1).sum() == (beside.people == 1).sum() == 3


def test_with_hardly_any_noise_the_atoms_are_the_sums(tmp_path: Path) -> None:
    policy = noisy_policy(tmp_path, release_micro_rho=HUGE, budget_micro_rho=HUGE)
    events = events_of(list(range(300)), placements=[0] * 150 + [1] * 150)

    atoms = noisy_release(events, policy, Span(MONDAY, MONDAY + timedelta(days=6)))

    assert sorted(atoms["clicks"]) == [150, 150]
    assert sorted(atoms["placement_type"]) == sorted(events.placement_names[:2])


def test_a_cell_that_noise_cannot_vouch_for_is_pooled_or_absent(tmp_path: Path) -> None:
    policy = noisy_policy(tmp_path, release_micro_rho=HUGE, budget_micro_rho=HUGE)
    week = Span(MONDAY, MONDAY + timedelta(days=6))

    few = noisy_release(events_of(list(range(99))), policy, week)
    enough = noisy_release(events_of(list(range(130))), policy, week)

    assert len(few) == 0
    assert enough["placement_type"].tolist() == ["sponsored_search"]


def test_rows_of_few_people_do_not_make_a_cell(tmp_path: Path) -> None:
    policy = noisy_policy(tmp_path, release_micro_rho=HUGE, budget_micro_rho=HUGE, rows_per_person=100)

    assert len(noisy_release(events_of([1, 2, 3] * 100), policy, FOUR_WEEKS)) == 0


def test_people_who_are_in_several_cells_do_not_make_a_pool_of_them_large_enough(tmp_path: Path) -> None:
    policy = noisy_policy(tmp_path, release_micro_rho=HUGE, budget_micro_rho=HUGE, rows_per_person=3)
    forty_people_in_each_placement = events_of(list(range(40)) * 3, placements=[0] * 40 + [1] * 40 + [2] * 40)

    assert len(noisy_release(forty_people_in_each_placement, policy, FOUR_WEEKS)) == 0


def test_what_is_noised_does_not_depend_on_who_is_in_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole public grid gets noise, so not even the number of draws tells whether someone is there."""
    policy = noisy_policy(tmp_path, skus=("sku-0", "sku-1"))
    sizes: list[int] = []

    def record(sums: Counts, distance: float, terms: NoiseTerms) -> Counts:
        sizes.append(len(sums))
        return sums

    monkeypatch.setattr("clean_room.noisy_release.noised", record)
    for events in (events_of([1]), events_of([*range(200), 999], skus=[0] * 200 + [7])):
        noisy_release(events, policy, FOUR_WEEKS)

    four_weeks_of_three_placements, two_months_of_two_skus = 4 * 3, 2 * 2 * 3
    assert sizes == [four_weeks_of_three_placements + two_months_of_two_skus] * 2 * (len(METRICS) + 1)


def test_a_product_off_the_public_list_is_never_named(tmp_path: Path) -> None:
    policy = noisy_policy(tmp_path, release_micro_rho=HUGE, budget_micro_rho=HUGE, skus=("sku-0",))
    events = events_of(list(range(400)), skus=[0] * 200 + [1] * 200)

    atoms = noisy_release(events, policy, FOUR_WEEKS)

    assert set(atoms["sku_id"].dropna()) == {"sku-0"}


def test_noise_has_the_spread_that_its_interval_says(tmp_path: Path) -> None:
    terms = noisy_policy(tmp_path).noise
    assert terms is not None
    sums = np.full(1_500, 10_000, dtype=np.int64)

    errors = noised(sums, terms.distance(METRICS[0]), terms) - sums

    inside = float(np.mean(np.abs(errors) <= terms.half_width_95(METRICS[0], 1)))
    assert 0.92 < inside < 0.98
    assert abs(errors.mean()) < 4 * errors.std() / np.sqrt(len(errors))


def test_a_noisy_policy_is_never_released_exactly(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="noisy_release"):
        release(events_of(list(range(200))), noisy_policy(tmp_path), FOUR_WEEKS)


def test_epsilon_follows_bun_and_steinke() -> None:
    assert epsilon(500_000, delta=1e-6) == pytest.approx(0.5 + 2 * np.sqrt(0.5 * np.log(1e6)))


def test_more_rows_per_person_or_a_second_view_mean_more_noise(tmp_path: Path) -> None:
    def scale(policy: Policy) -> float:
        assert policy.noise is not None
        return policy.noise.scale(policy.noise.distance(METRICS[0]))

    one = scale(noisy_policy(tmp_path / "one"))

    assert scale(noisy_policy(tmp_path / "rows", rows_per_person=4)) == pytest.approx(4 * one)
    assert scale(noisy_policy(tmp_path / "skus", skus=("sku-0",))) == pytest.approx(np.sqrt(2) * one)
