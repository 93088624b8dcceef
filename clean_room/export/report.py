"""The loss report as text: one target in full, or the targets side by side."""

from collections.abc import Sequence

from clean_room.export.promises import Kept, Promise, TargetReport
from clean_room.policy import Policy


def report_text(report: TargetReport, policy: Policy) -> str:
    """What the exported rule keeps of the policy, promise by promise, each with its source."""
    lost = [promise for promise, verdict in report.verdicts.items() if verdict.kept is Kept.LOST]
    lines = [
        f"{policy.retailer_id}, policy {policy.version}, to {report.target}: "
        f"{len(lost)} of {len(Promise)} promises lost",
        "",
    ]
    for promise in Promise:
        verdict = report.verdicts[promise]
        lines += [f"{verdict.kept:<10}  {_ours(promise, policy)}", f"{'':<10}  {verdict.how} [{verdict.source}]"]
    lines += ["", f"{report.target} adds:", *(f"  {added}" for added in report.adds)]
    lines += ["", "not verified:", *(f"  {open_question}" for open_question in report.unverified)]
    return "\n".join(lines) + "\n"


def loss_table(reports: Sequence[TargetReport]) -> str:
    """One row per promise, one column per target; the table of docs/clean_room_comparison.md."""
    width = max(len(promise) for promise in Promise)
    head = f"{'':<{width}}  " + "  ".join(f"{report.target:<10}" for report in reports)
    rows = [
        f"{promise:<{width}}  " + "  ".join(f"{report.verdicts[promise].kept:<10}" for report in reports)
        for promise in Promise
    ]
    return "\n".join(line.rstrip() for line in (head, *rows))


def _ours(promise: Promise, policy: Policy) -> str:
    """The promise with this policy's numbers."""
    numbers = {
        Promise.PEOPLE: f" ({policy.min_people})",
        Promise.ROWS: f" ({policy.min_rows})",
        Promise.DOMINANCE: f" ({policy.dominance.contributors} of them at most {policy.dominance.max_share:.0%})",
        Promise.LATENCY: f" ({policy.latency_profile})",
    }
    return f"{promise}{numbers.get(promise, '')}"
