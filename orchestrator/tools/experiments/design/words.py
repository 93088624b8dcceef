"""What a design recommends, and what it rests on."""

from collections.abc import Sequence

from orchestrator.tools.experiments.catalogue import METHOD_FACTS
from orchestrator.tools.experiments.design.results import Option, Recommendation
from orchestrator.tools.experiments.design.simulate import WANTED_POWER, History


def recommended(durations: Sequence[Option], sample_sizes: Sequence[Option], lift: float) -> Recommendation:
    """The shortest length that finds the lift often enough with all units, then the fewest units that do."""
    for option in durations:
        if option.power_at_lift.share >= WANTED_POWER:
            enough = [size for size in (*sample_sizes, option) if size.power_at_lift.share >= WANTED_POWER]
            units = min(size.units for size in enough)
            return Recommendation(
                weeks=option.weeks,
                units=units,
                reason=f"the shortest test that finds {lift:.1%} {WANTED_POWER:.0%} of the time, with the fewest units",
            )
    best = min(
        (option.minimum_detectable_relative for option in durations if option.minimum_detectable_relative is not None),
        default=None,
    )
    finds = "no lift that was simulated" if best is None else f"{best:.1%}"
    return Recommendation(
        weeks=None,
        units=None,
        reason=(
            f"no length up to {durations[-1].weeks:g} weeks finds {lift:.1%} {WANTED_POWER:.0%} of the time; the best "
            f"finds {finds}: add units or history, test a stronger treatment, or ask for a larger --lift"
        ),
    )


def design_reading(recommendation: Recommendation, durations: Sequence[Option], lift: float, method: str) -> str:
    if recommendation.weeks is None:
        return f"No design: {recommendation.reason}."
    option = next(found for found in durations if found.weeks == recommendation.weeks)
    found = option.minimum_detectable_relative
    least = "" if found is None else f" With all {option.units} units it would find {found:.1%}."
    return (
        f"Run {recommendation.weeks:g} weeks with {recommendation.units} units or more, half of them treated: "
        f"a true lift of {lift:.1%} would be found in {option.power_at_lift.share:.0%} of such tests with all units "
        f"(simulated, {option.power_at_lift.ci95[0]:.0%} to {option.power_at_lift.ci95[1]:.0%}).{least} "
        f"Without an effect {option.size.share:.1%} of them saw one. Measure with --method {method}."
    )


def design_limits(method: str, history: History) -> tuple[str, ...]:
    weeks = history.outcome_UT.shape[1] * history.period_days / 7
    return (
        *METHOD_FACTS[method].limits,
        "Simulated on history: it holds as far as the coming weeks are as noisy as the past ones.",
        f"Simulated tests start in the later half of {weeks:.0f} weeks and overlap, so they repeat one another.",
        "The lift was put in as the same share of every treated unit's outcome.",
        "Measured without regard to the pairs, which leaves the interval somewhat wide.",
        "Units must not affect each other: keep stores with shared customers in one unit.",
    )
