"""The report as a page to read, `docs/results/adapters.md`: everything in it comes from the JSON beside it."""

from collections.abc import Callable, Collection, Iterable, Sequence

from adapters.evaluation.arms import MAIN_SEED, ArmName
from adapters.evaluation.claims import Comparison, Outcome
from adapters.evaluation.protocol import OF_BRAND_X
from adapters.evaluation.report import EvaluationReport, Score
from adapters.evaluation.tasks import BRAND_X, BRAND_Y, COMPOSITES_X, INDUSTRY, INDUSTRY_CORE

GROUPS = {
    "Industry tasks": INDUSTRY,
    "Brand X's tasks": BRAND_X,
    "What needs both: composites, taught to nobody": COMPOSITES_X,
    "Brand Y": BRAND_Y,
}


def markdown(report: EvaluationReport) -> str:
    sections = [
        _heading(report),
        _claims(report),
        *_matrix(report),
        _free(report),
        _other_seeds(report),
        _divergences(report),
        _tuned(report),
        _arms(report),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _heading(report: EvaluationReport) -> str:
    made = report.circumstances
    versions = ", ".join(f"{name} {number}" for name, number in made.versions.items())
    return (
        f"# Adapters, measured\n\n{report.basis}\n\n"
        f"Made by `{made.command}` on {report.base_model} (`{report.base_sha256[:12]}`): {made.answers:,} answers, "
        f"{made.generated:,} of them generated in the {made.seconds:,.0f} s of this run, with {made.threads} "
        f"thread(s) on {made.machine}; {versions}. All measures, also those that no claim uses, are in the JSON file."
    )


def _claims(report: EvaluationReport) -> str:
    lines = [
        "## Claims\n",
        "Written down before the test sets were opened (`adapters/evaluation/claims.py`).\n",
        *_table(
            ("", "Claim", "Outcome"),
            [(claim.number, claim.sentence, f"**{claim.outcome}**") for claim in report.claims],
        ),
        "",
        *_table(
            ("Claim", "Task", "Arm", "Against", "n (families)", "Difference", "p", "p, Holm", "Outcome"),
            [
                (claim.number, *_comparison(comparison))
                for claim in report.claims
                for comparison in claim.comparisons
                if comparison.outcome is not Outcome.NOT_MEASURED
            ],
        ),
    ]
    return "\n".join(lines)


def _comparison(comparison: Comparison) -> tuple[str, ...]:
    outcome = f"{comparison.outcome}: {comparison.reason}" if comparison.reason else comparison.outcome.value
    sign = "+" if comparison.other else ""
    return (
        comparison.task,
        comparison.arm,
        comparison.other or "(nats per token)",
        f"{comparison.n} ({comparison.families})",
        f"{comparison.difference:{sign}.3f} [{comparison.low:{sign}.3f}, {comparison.high:{sign}.3f}]",
        f"{comparison.p:.3g}",
        f"{comparison.p_holm:.3g}",
        outcome,
    )


def _matrix(report: EvaluationReport) -> list[str]:
    """One table per group of tasks: the primary measure, as served, of the main seed."""
    tables = [
        _scores(f"### {title}", tasks, report, lambda score: score.is_served and score.seed == MAIN_SEED)
        for title, tasks in GROUPS.items()
    ]
    return ["## Share right, by arm", *[table for table in tables if table]]


def _free(report: EvaluationReport) -> str:
    return _scores(
        "## Without a schema",
        (*INDUSTRY, *OF_BRAND_X),
        report,
        lambda score: not score.is_served and score.seed == MAIN_SEED,
    )


def _other_seeds(report: EvaluationReport) -> str:
    """Every training seed apart, the arms that all of them have."""
    seeds = sorted({score.seed for score in report.scores})
    if len(seeds) < 2:
        return ""
    shared = {score.arm for score in report.scores if score.seed != MAIN_SEED}
    tables = [
        _scores(f"### Seed {seed}", (*INDUSTRY_CORE, *OF_BRAND_X), report, _of_seed(seed, shared)) for seed in seeds
    ]
    return "\n\n".join(["## By training seed", *[table for table in tables if table]])


def _of_seed(seed: int, arms: Collection[ArmName]) -> Callable[[Score], bool]:
    return lambda score: score.is_served and score.seed == seed and score.arm in arms


def _scores(title: str, tasks: Sequence[str], report: EvaluationReport, wanted: Callable[[Score], bool]) -> str:
    """Arms down, tasks across; empty when nothing was asked."""
    found = {
        (score.arm, score.task): score
        for score in report.scores
        if score.is_primary and score.task in tasks and wanted(score)
    }
    shown = [task for task in tasks if any(name == task for _, name in found)]
    arms = [arm for arm in ArmName if any(name == arm for name, _ in found)]
    if not found:
        return ""
    measures = {score.task: score.measure for score in found.values()}
    rows = [(arm.value, *[_share(found.get((arm, task))) for task in shown]) for arm in arms]
    return "\n".join([f"{title}\n", *_table(("Arm", *[f"{task}: {measures[task]}" for task in shown]), rows)])


def _share(score: Score | None) -> str:
    return "" if score is None else f"{score.share:.2f} [{score.low:.2f}, {score.high:.2f}] of {score.n}"


def _divergences(report: EvaluationReport) -> str:
    if not report.divergences:
        return ""
    rows = [
        (one.arm, f"{one.nats:.3f} [{one.low:.3f}, {one.high:.3f}]", str(one.prompts)) for one in report.divergences
    ]
    return "\n".join(
        [
            "## Unrelated prompts\n",
            "KL(base ‖ arm) in nats per token, over the base's own greedy answers to control prompts.\n",
            *_table(("Arm", "Nats per token", "Prompts"), rows),
        ]
    )


def _tuned(report: EvaluationReport) -> str:
    if report.tuned is None:
        return ""
    chosen = report.tuned.chosen
    rows = [(one.industry, one.manufacturer, f"{one.share:.3f}") for one in report.tuned.tried]
    return "\n".join(
        [
            "## Weights of the tuned additive arm\n",
            f"Chosen on validation composites: industry {chosen.industry}, manufacturer {chosen.manufacturer}.\n",
            *_table(("Industry", "Manufacturer", "Share right, validation"), rows),
        ]
    )


def _arms(report: EvaluationReport) -> str:
    rows = [(one.arm, str(one.seed), one.what, " + ".join(one.sources) or "none") for one in report.arms]
    lines = ["## Arms\n", *_table(("Arm", "Seed", "What", "Adapters"), rows)]
    if report.not_measured:
        gone = [(one.arm, str(one.seed), one.reason) for one in report.not_measured]
        lines += ["\n## Not measured\n", *_table(("Arm", "Seed", "Reason"), gone)]
    return "\n".join(lines)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    return [line(headings), "|" + " --- |" * len(headings), *[line(row) for row in rows]]
