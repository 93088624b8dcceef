"""The report as a page: every table says how many worlds it rests on."""

from collections.abc import Iterable, Sequence

from orchestrator.evaluation.report import EvaluationReport, Interval, ScenarioReport
from orchestrator.evaluation.scenarios import GRAINS, KS, grain_words, privacy_name
from orchestrator.evaluation.statistics import Paired
from orchestrator.evaluation.visibility import LADDER, arm_name

LABELS = {
    "iroas_accuracy": "Accuracy of incremental ROAS by cell",
    "rank_correlation": "Rank correlation of cells' returns with the truth",
    "right_decisions": "Share of spend on rightly funded or cut cells",
    "predicted_iroas": "Incremental ROAS the arm predicts",
    "realised_iroas": "Incremental ROAS realised",
    "optimism": "Predicted less realised",
    "realised_margin": "Incremental margin realised, before spend",
    "realised_revenue": "Incremental revenue realised",
    "realised_profit": "Incremental margin less spend",
    "headroom_captured": "Share of the way from today's mix to the oracle",
    "regret": "Margin lost against the oracle",
    "skus_actionable": "SKUs seen on their own",
    "skus_optimised": "SKUs moved without loss",
    "stockouts_avoided": "Share of stock-out days avoided against today's mix",
    "wasted_spend": "Spend on SKUs out of stock",
    "interval_coverage": "Share of cells whose 95 % interval holds the truth",
    "bias": "Predicted less true return, by spend",
}
ILLUSTRATIVE = (
    ("iroas_accuracy", "76 % to 94 %", 100.0, "%"),
    ("realised_iroas", "2.8x to 3.5x", 1.0, "x"),
    ("skus_optimised", "28 to 42", 1.0, ""),
)
"""From the product's brief, where they were made up to say what should be measured."""
PLAN_METRICS = ("realised_profit", "headroom_captured", "realised_iroas", "stockouts_avoided", "wasted_spend")


def markdown(report: EvaluationReport) -> str:
    main = report.scenario("held_out")
    parts = [
        "# Clean-room data alone, and the brand's own data beside it",
        _how(report),
        "## Both arms, held-out worlds",
        comparison_table(main),
        "## The brief's illustrations beside what was measured",
        _illustrations(main),
        "## Every way to plan, held-out worlds",
        _arms_table(main),
        "## What each part of the brand's data is worth",
        _ladder_table(main),
        _shapley_table(main),
        "## Where it must be worth nothing, and where it could hurt",
        _verdicts(one for one in report.scenarios if one.name.startswith(("other_family", "null", "feed_"))),
    ]
    if any(one.name.startswith("sensitivity_") for one in report.scenarios):
        parts += ["## In other markets", _verdicts(_named(report, "sensitivity_"))]
    parts += ["## The price of privacy", _privacy_table(report)]
    return "\n\n".join(parts) + "\n"


def comparison_table(of: ScenarioReport) -> str:
    rows = [
        (
            LABELS[metric],
            _number(of.arms["full"][metric].mean),
            _number(of.arms["clean_room"][metric].mean),
            _gap(gap),
            f"{gap.won:.0%}",
            _number(gap.worst_decile),
        )
        for metric, gap in of.full_less_clean_room.items()
    ]
    head = ("", "full", "clean room", "difference (95 %)", "worlds won", "worst tenth")
    return f"{_about(of)}\n\n{_table(head, rows)}"


HEADLINE = (
    "iroas_accuracy", "optimism", "realised_iroas", "realised_profit", "headroom_captured", "skus_actionable",
)  # fmt: skip


def headline_table(report: EvaluationReport) -> str:
    """The rows that a first page has room for."""
    main = report.scenario("held_out")
    rows = [
        (
            LABELS[metric],
            _number(main.arms["full"][metric].mean),
            _number(main.arms["clean_room"][metric].mean),
            _gap(main.full_less_clean_room[metric]),
        )
        for metric in HEADLINE
    ]
    return _table(("", "full", "clean room", f"difference (95 %, {main.worlds} worlds)"), rows)


def _how(report: EvaluationReport) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    quick = "" if report.profile == "full" else " **This is the quick profile: too few worlds to quote.**"
    return (
        f"Made by `{report.command}` in {report.seconds:,.0f} s, worlds kept from a stopped run not counted, on "
        f"{report.machine}; {versions}; code "
        f"`{report.code}`.{quick} Both arms plan the sample brief in the same simulated worlds with the same draws, "
        "budget, limits and solver; only what they may see differs. Truth comes from running a world again without the "
        "spend. Differences are paired by world, with a 95 % t interval; the JSON file has the bootstrap's beside it. "
        "Money is in currency units over the campaign. The worst certified optimality gap of any plan is "
        f"{report.largest_gap:.4%}."
    )


def _illustrations(of: ScenarioReport) -> str:
    rows = []
    for metric, said, scale, unit in ILLUSTRATIVE:
        clean, full = (of.arms[arm][metric].mean * scale for arm in ("clean_room", "full"))
        rows.append((LABELS[metric], said, f"{clean:.1f}{unit} to {full:.1f}{unit}"))
    rows.append(("Creative compliance", "85 % to 98 %", "not measured here: data access does not write copy"))
    note = "The first column of figures is an illustration from the product's brief, never a result."
    return f"{note}\n\n{_table(('', 'illustration', 'measured, clean room to full'), rows)}"


def _arms_table(of: ScenarioReport) -> str:
    rows = []
    for name, arm in of.arms.items():
        gains = of.less_status_quo.get(name)
        rows.append(
            (
                name,
                _gap(gains["realised_profit"]) if gains else "",
                *(_with_interval(arm[metric]) for metric in PLAN_METRICS),
                str(of.worlds) if gains or name == "status_quo" else "fewer",
            )
        )
    head = ("arm", "profit against today's mix", *(LABELS[metric] for metric in PLAN_METRICS), "worlds")
    return f"{_about(of)}\n\n{_table(head, rows)}"


def _ladder_table(of: ScenarioReport) -> str:
    metrics = list(of.ladder)
    rows = [
        (arm_name(parts), *(_with_interval(of.ladder[metric][step]) for metric in metrics))
        for step, parts in enumerate(LADDER)
    ]
    return "One part more at a time:\n\n" + _table(("sees", *(LABELS[metric] for metric in metrics)), rows)


def _shapley_table(of: ScenarioReport) -> str:
    rows = []
    for number, first in enumerate(next(iter(of.shapley.values()))):
        cells = [of.shapley[metric][number] for metric in of.shapley]
        shares = [_with_interval(one.value) + ("" if one.share is None else f", {one.share:.0%}") for one in cells]
        rows.append((first.part.value, *shares))
    text = "Shapley values: each part's gain averaged over all orders of adding the parts, and its share of the whole:"
    return f"{text}\n\n{_table(('part', *(LABELS[metric] for metric in of.shapley)), rows)}"


def _verdicts(scenarios: Iterable[ScenarioReport]) -> str:
    rows = []
    for one in scenarios:
        profit, accuracy = one.full_less_clean_room["realised_profit"], one.full_less_clean_room["iroas_accuracy"]
        rows.append((one.title, str(one.worlds), _gap(profit), verdict(profit), _gap(accuracy), verdict(accuracy)))
    head = ("worlds", "n", "profit, full less clean room", "", "accuracy, full less clean room", "")
    return _table(head, rows)


def verdict(gap: Paired) -> str:
    """
    >>> verdict(Paired(worlds=9, mean=1, sd=1, t95=(0.2, 1.8), bca95=None, won=1, worst_decile=0))
    'full wins'
    """
    if gap.is_above_zero:
        return "full wins"
    return "full loses" if gap.is_below_zero else "tie"


def _privacy_table(report: EvaluationReport) -> str:
    rows = []
    for k in KS:
        for dated in GRAINS:
            one = report.scenario(privacy_name(k, dated))
            arm = one.arms["clean_room"]
            gain = one.less_status_quo["clean_room"]["realised_profit"]
            rows.append(
                (
                    str(k),
                    grain_words(dated),
                    f"{arm['told_by_placement'].mean:.0%}",
                    f"{arm['told_by_sku'].mean:.0%}",
                    _with_interval(arm["realised_margin"]),
                    _gap(gain),
                    _with_interval(arm["iroas_accuracy"]),
                )
            )
    head = ("k", "asked", "spend told by placement", "by SKU too", LABELS["realised_margin"],
            "profit against today's mix", LABELS["iroas_accuracy"])  # fmt: skip
    first = report.scenario(privacy_name(KS[0], None))
    text = (
        "The clean-room arm alone, as the threshold k (rows and people a cell needs) and the grain of the question "
        "change. k = 1 is no protection at all."
    )
    return f"{text} {_about(first)}\n\n{_table(head, rows)}"


def _named(report: EvaluationReport, prefix: str) -> list[ScenarioReport]:
    return [one for one in report.scenarios if one.name.startswith(prefix)]


def _about(of: ScenarioReport) -> str:
    return f"Seeds {of.seeds}, {of.worlds} worlds."


def _gap(gap: Paired) -> str:
    low, high = gap.t95
    return f"{_number(gap.mean, signed=True)} ({_number(low, signed=True)} to {_number(high, signed=True)})"


def _with_interval(value: Interval) -> str:
    low, high = value.ci95
    return f"{_number(value.mean)} ({_number(low)} to {_number(high)})"


def _number(value: float, signed: bool = False) -> str:
    """
    >>> _number(1234.5), _number(0.123), _number(-0.5, signed=True)
    ('1,234', '0.12', '-0.50')
    """
    sign = "+" if signed else ""
    return f"{value:{sign},.0f}" if abs(value) >= 100 else f"{value:{sign}.2f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join(['---'] * len(head))} |"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
