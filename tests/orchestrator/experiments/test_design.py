"""A planned test: pairs of like size, a power that the formula confirms, and a length that follows from it."""

import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from orchestrator.commands import design as command
from orchestrator.tools.experiments import Columns, panel_from_frame
from orchestrator.tools.experiments.design import Design, Wish, design_test
from orchestrator.tools.experiments.design.matching import coin_per_pair, matched_pairs
from orchestrator.tools.experiments.design.simulate import History, placebo_tests, simulated_option
from schemas.command_line import run_command
from schemas.errors import InputInvalid
from tests.orchestrator.experiments.panels import frame

HISTORY = Columns("unit", "day", "sales")


def history(seed: int, units: int = 20, weeks: int = 40) -> pd.DataFrame:
    """Weekly sales, nobody treated."""
    rows = frame(seed, units=units, days_before=weeks, days_after=1)
    return rows.assign(day=rows["day"].min() + 7 * (rows["day"] - rows["day"].min()))


def designed(rows: pd.DataFrame, **wish: float) -> Design:
    return design_test(panel_from_frame(rows, HISTORY), Wish(**{"tests": 60, **wish}))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def design() -> Design:
    return designed(history(1), lift=0.2)


def test_pairs_are_the_closest_there_are_also_when_one_unit_stays_out() -> None:
    def gaps(sizes: np.ndarray, pairs: np.ndarray) -> float:
        return float(np.abs(sizes[pairs[:, 0]] - sizes[pairs[:, 1]]).sum())

    for seed, units in [(0, 6), (1, 5), (2, 7)]:
        sizes = np.random.default_rng(seed).lognormal(0, 1, units)
        best = min(
            gaps(sizes, np.array(order)[: units // 2 * 2].reshape(-1, 2)) for order in permutations(range(units))
        )
        assert gaps(sizes, matched_pairs(sizes)) == pytest.approx(best)


def test_one_of_each_pair_is_treated_and_nobody_else() -> None:
    pairs = np.array([[0, 3], [5, 1]])

    treated = coin_per_pair(pairs, 6, np.random.default_rng(0))

    assert treated[pairs].sum(axis=1).tolist() == [1, 1]
    assert treated.sum() == 2


def test_the_larger_of_a_pair_is_treated_as_often_as_the_smaller() -> None:
    pairs = np.arange(2000).reshape(-1, 2)

    treated = coin_per_pair(pairs, 2000, np.random.default_rng(0))

    assert 440 < treated[1::2].sum() < 560  # 99.98 % binomial bounds


def test_simulated_power_is_what_the_formula_says_where_the_formula_holds() -> None:
    """Independent weeks: the t formula is right, so simulation must agree with it."""
    random = np.random.default_rng(0)
    outcome = random.uniform(150, 250, (40, 1)) + random.normal(0, 10, (40, 60))
    tests = placebo_tests(History(outcome, 7.0 * np.arange(60), 7.0), 8, 20, draws=250, seed=0)

    option = simulated_option(tests, 8, "did", lift=0.03)

    assert option.size.ci95[0] <= 0.05 <= option.size.ci95[1]
    # Difference of 20 + 20 means over 8 weeks after and 30 to 52 before: sd 10 * sqrt(2 / 20 * (1 / 8 + 1 / 41)).
    expected = (2.02 + 0.85) * 10 * np.sqrt(2 / 20 * (1 / 8 + 1 / 41)) / 200
    assert option.minimum_detectable_relative == pytest.approx(expected, rel=0.15)


def test_a_longer_test_finds_smaller_lifts(design: Design) -> None:
    found = [option.minimum_detectable_relative for option in design.durations]

    assert len(found) >= 3
    assert found[-1] is not None and found[0] is not None and found[-1] < found[0]


def test_more_units_find_the_lift_more_often(design: Design) -> None:
    power = [option.power_at_lift.share for option in design.sample_sizes]

    assert [option.units for option in design.sample_sizes] == sorted({o.units for o in design.sample_sizes})
    assert power[-1] > power[0]


def test_the_recommendation_is_the_shortest_length_that_is_enough(design: Design) -> None:
    weeks = design.recommendation.weeks

    assert weeks is not None
    for option in design.durations:
        if option.weeks < weeks:
            assert option.power_at_lift.share < 0.8
    assert next(o for o in design.durations if o.weeks == weeks).power_at_lift.share >= 0.8


def test_every_pair_has_one_treated_and_one_control_of_like_size(design: Design) -> None:
    assert len(design.pairs) == 10
    assert all(design.assignment[pair.treated] == "treatment" for pair in design.pairs)
    assert all(design.assignment[pair.untreated] == "control" for pair in design.pairs)
    assert len(design.assignment) == 20
    assert {"did", "cuped"} >= {design.method}
    assert design.estimand and design.limits


def test_a_lift_too_small_to_find_gets_no_recommendation_but_what_could_be_found() -> None:
    none = designed(history(2), lift=0.001, weeks=4)

    assert none.recommendation.weeks is None
    assert "finds 0.1% 80% of the time" in none.recommendation.reason
    assert none.reading.startswith("No design")


def test_units_with_gaps_stay_out_of_the_design() -> None:
    rows = history(3)
    rows = rows.drop(rows.index[5])

    made = designed(rows, weeks=4, lift=0.2)

    assert "u0" not in made.assignment
    assert made.units == 18
    assert made.units_left_out == 2


@pytest.mark.parametrize(
    ("rows", "wish", "named"),
    [
        (history(4, units=4), {}, "4 of 4 units have a row for every period; a design needs at least 6"),
        (history(4, weeks=5), {}, "6 periods of history; a design needs at least 8"),
        (history(4), {"weeks": 30}, "a test of 30 weeks does not fit a history of 41.0 weeks"),
        (history(4), {"weeks": 0.5}, "choose 1.0 to 20.5 weeks"),
    ],
)
def test_a_history_that_cannot_carry_the_test_is_refused(
    rows: pd.DataFrame, wish: dict[str, float], named: str
) -> None:
    with pytest.raises(InputInvalid, match=named):
        designed(rows, **wish)


def test_the_command_writes_a_design_that_measure_understands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "history.csv", tmp_path / "design.json"
    history(5).sample(frac=1, random_state=0).to_csv(path, index=False)
    words = ["--unit", "unit", "--time", "day", "--outcome", "sales", "--weeks", "4", "--lift", "0.3", "--tests", "30"]

    with pytest.raises(SystemExit) as exit_:
        run_command(command.main, ["--data", str(path), *words, "--out", str(out)])

    made = json.loads(out.read_text())
    assert not exit_.value.code
    assert capsys.readouterr().out.splitlines()[-1] == made["reading"]
    assert set(made["assignment"].values()) == {"treatment", "control"}
    assert made["method"] in made["reading"]
