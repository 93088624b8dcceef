"""All worlds' scores as the figures that may be quoted, each with its interval and the worlds it rests on."""

from collections.abc import Iterable, Mapping, Sequence

from orchestrator.evaluation.runner import WorldScores
from orchestrator.evaluation.scenarios import Scenario
from orchestrator.evaluation.statistics import Paired, mean_interval, paired, shapley
from orchestrator.evaluation.visibility import EVERY_SET, LADDER, Part, arm_name
from schemas.base import Frozen

COMPARED = (
    "iroas_accuracy", "rank_correlation", "right_decisions", "predicted_iroas", "realised_iroas", "optimism",
    "realised_margin", "realised_profit", "headroom_captured", "skus_actionable", "skus_optimised",
    "stockouts_avoided", "wasted_spend", "interval_coverage", "bias",
)  # fmt: skip
"""Metrics of the full arm set beside the clean room's; definitions in `evidence/metrics.py`."""
AGAINST_TODAY = ("realised_profit", "realised_iroas", "stockouts_avoided", "wasted_spend")
EXPLAINED = ("realised_profit", "headroom_captured", "iroas_accuracy", "right_decisions")
"""What the ladder and the Shapley values are drawn for."""


class Interval(Frozen):
    """Mean over worlds with its 95 % t interval."""

    mean: float
    ci95: tuple[float, float]


class Shapley(Frozen):
    """One part's worth. `share`: of full less clean room, on average over worlds; None where that is not above 0."""

    part: Part
    value: Interval
    share: float | None


class ScenarioReport(Frozen):
    """`full_less_clean_room`: by metric; `less_status_quo`: by arm and metric."""

    name: str
    title: str
    seeds: str
    worlds: int
    arms: dict[str, dict[str, Interval]]
    full_less_clean_room: dict[str, Paired] = {}
    less_status_quo: dict[str, dict[str, Paired]] = {}
    ladder: dict[str, tuple[Interval, ...]] = {}
    shapley: dict[str, tuple[Shapley, ...]] = {}


class EvaluationReport(Frozen):
    """`largest_gap`: the worst certified optimality gap of any plan, so that no difference comes from the solver."""

    command: str
    profile: str
    code: str
    machine: str
    versions: dict[str, str]
    seconds: float
    largest_gap: float
    scenarios: tuple[ScenarioReport, ...]

    def scenario(self, name: str) -> ScenarioReport:
        return next(one for one in self.scenarios if one.name == name)


def scenario_reports(scenarios: Iterable[Scenario], found: Sequence[WorldScores]) -> tuple[ScenarioReport, ...]:
    by_scenario: dict[str, list[WorldScores]] = {}
    for one in found:
        by_scenario.setdefault(one.scenario, []).append(one)
    return tuple(_report(scenario, by_scenario[scenario.name]) for scenario in scenarios)


def largest_gap(found: Sequence[WorldScores]) -> float:
    return max(arm.get("certified_gap", 0.0) for one in found for name, arm in one.arms.items() if name != "slsqp")


def _report(scenario: Scenario, worlds: Sequence[WorldScores]) -> ScenarioReport:
    arms = {name: _columns(worlds, name) for name in worlds[0].arms}
    both = "full" in arms
    every = both and all(arm_name(parts) in arms for parts in EVERY_SET)
    return ScenarioReport(
        name=scenario.name,
        title=scenario.title,
        seeds=f"{scenario.seeds.start}-{scenario.seeds.stop - 1}",
        worlds=len(worlds),
        arms={
            name: {metric: _interval(values) for metric, values in columns.items()} for name, columns in arms.items()
        },
        full_less_clean_room=_paired(arms, "full", "clean_room", COMPARED) if both else {},
        less_status_quo={
            name: _paired(arms, name, "status_quo", AGAINST_TODAY)
            for name, columns in arms.items()
            if name != "status_quo" and len(columns["realised_profit"]) == len(worlds)
        },
        ladder={metric: _ladder(arms, metric) for metric in EXPLAINED} if every else {},
        shapley={metric: _shapley(arms, metric) for metric in EXPLAINED} if every else {},
    )


def _columns(worlds: Sequence[WorldScores], arm: str) -> dict[str, list[float]]:
    """By metric, over the worlds that ran the arm; SLSQP runs in a few only.

    A metric that a world lacks is left out: an arm that was told nothing solved nothing, so it has no gap.
    """
    ran = [one.arms[arm] for one in worlds if arm in one.arms]
    shared = [metric for metric in ran[0] if all(metric in scores for scores in ran)]
    return {metric: [scores[metric] for scores in ran] for metric in shared}


def _interval(values: Sequence[float]) -> Interval:
    mean, ci95 = mean_interval(values)
    return Interval(mean=mean, ci95=ci95)


def _paired(
    arms: Mapping[str, Mapping[str, list[float]]], first: str, second: str, metrics: Iterable[str]
) -> dict[str, Paired]:
    return {
        metric: paired(arms[first][metric], arms[second][metric])
        for metric in metrics
        if metric in arms[first] and metric in arms[second] and len(arms[first][metric]) > 1
    }


def _ladder(arms: Mapping[str, Mapping[str, list[float]]], metric: str) -> tuple[Interval, ...]:
    return tuple(_interval(arms[arm_name(parts)][metric]) for parts in LADDER)


def _shapley(arms: Mapping[str, Mapping[str, list[float]]], metric: str) -> tuple[Shapley, ...]:
    values = {parts: arms[arm_name(parts)][metric] for parts in EVERY_SET}
    whole = _interval([a - b for a, b in zip(values[LADDER[-1]], values[LADDER[0]], strict=True)]).mean
    found = []
    for part, worth in shapley(values).items():
        value = _interval(worth)
        found.append(Shapley(part=part, value=value, share=value.mean / whole if whole > 0 else None))
    return tuple(found)
