"""The report's figures, as SVG that a page can show in light and dark."""

from collections.abc import Callable
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from orchestrator.evaluation.report import EvaluationReport, Interval
from orchestrator.evaluation.scenarios import GRAINS, KS, grain_words, privacy_name
from orchestrator.evaluation.tables import LABELS
from orchestrator.evaluation.visibility import LADDER, arm_name

matplotlib.use("Agg")
matplotlib.rcParams["svg.hashsalt"] = "evaluation"  # the same figures give the same bytes

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
"""Okabe and Ito's, told apart by colour-blind readers on white and on black."""
ARMS = ("equal_split", "attributed_lp", "clean_room", "box_30", "full", "oracle")


def write_figures(report: EvaluationReport, folder: Path) -> tuple[Path, ...]:
    figures: dict[str, Callable[[Axes, EvaluationReport], None]] = {
        "comparison_arms.svg": _arms,
        "comparison_ladder.svg": _ladder,
        "comparison_privacy.svg": _privacy,
    }
    written = []
    for name, draw in figures.items():
        figure = Figure(figsize=(7.2, 4.0), layout="constrained")
        figure.patch.set_facecolor("white")
        draw(figure.subplots(), report)
        figure.savefig(folder / name, metadata={"Date": None})
        written.append(folder / name)
    return tuple(written)


def _arms(axes: Axes, report: EvaluationReport) -> None:
    main = report.scenario("held_out")
    shown = [name for name in ARMS if name in main.less_status_quo]
    for place, name in enumerate(shown):
        gain = main.less_status_quo[name]["realised_profit"]
        _bar(axes, place, Interval(mean=gain.mean, ci95=gain.t95), COLOURS[name == "full"])
    axes.axvline(0, color="0.6", linewidth=1)
    axes.set_yticks(range(len(shown)), [name.replace("_", " ") for name in shown])
    axes.set_xlabel(f"{LABELS['realised_profit']}, against today's mix: paired over {main.worlds} worlds, 95 %")


def _bar(axes: Axes, place: int, value: Interval, colour: str) -> None:
    low, high = value.ci95
    axes.errorbar(value.mean, place, xerr=[[value.mean - low], [high - value.mean]], fmt="o", color=colour, capsize=4)


def _ladder(axes: Axes, report: EvaluationReport) -> None:
    main = report.scenario("held_out")
    steps = main.ladder["headroom_captured"]
    for place, value in enumerate(steps):
        _bar(axes, place, value, COLOURS[0])
    axes.axvline(0, color="0.6", linewidth=1)
    axes.set_yticks(range(len(steps)), [arm_name(parts).replace("clean_room", "clean room") for parts in LADDER])
    axes.set_xlabel(f"{LABELS['headroom_captured']}, {main.worlds} worlds")


def _privacy(axes: Axes, report: EvaluationReport) -> None:
    for number, dated in enumerate(GRAINS):
        reports = [report.scenario(privacy_name(k, dated)) for k in KS]
        values = [one.less_status_quo["clean_room"]["realised_profit"] for one in reports]
        places = [place + (number - 1.5) * 0.08 for place in range(len(KS))]
        low, high = ([abs(value.t95[side] - value.mean) for value in values] for side in (0, 1))
        axes.errorbar(
            places, [value.mean for value in values], yerr=[low, high], fmt="o-", capsize=3, color=COLOURS[number],
            label=f"asked {grain_words(dated)}",
        )  # fmt: skip
    axes.axhline(0, color="0.6", linewidth=1)
    axes.set_xticks(range(len(KS)), [str(k) for k in KS])
    axes.set_xlabel("k: rows and people that a cell needs to be told")
    axes.set_ylabel("Profit against today's mix")
    axes.legend(frameon=False)
