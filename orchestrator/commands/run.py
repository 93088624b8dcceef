"""`python -m orchestrator run`: a brief through all six agents."""

import sys
from collections.abc import Sequence
from pathlib import Path

from orchestrator.preparation import prepare
from orchestrator.runs import write_record
from orchestrator.services import open_services
from orchestrator.settings import read_settings
from orchestrator.workflow import run_brief
from schemas.brief import read_brief
from schemas.command_line import OneLineParser
from schemas.errors import InputInvalid
from schemas.run import RunRecord, StepRecord
from schemas.tasks import Task
from schemas.units import from_micros


def main(arguments: Sequence[str]) -> int:
    parser = OneLineParser(prog="python -m orchestrator run", description="A brief through all six agents.")
    parser.add_argument("--brief", type=Path, required=True, help="the campaign brief, a JSON file")
    parser.add_argument("--clean-room", action="store_true", help="plan with clean-room data only")
    parser.add_argument(
        "--model-url", help="base URL of an OpenAI-compatible server (default http://127.0.0.1:8000/v1)"
    )
    parser.add_argument("--market", type=Path, help="market folder (default var/market; made when missing)")
    parser.add_argument(
        "--clean-room-dir", type=Path, help="clean-room folder (default var/clean_room; built when missing)"
    )
    parser.add_argument("--out", type=Path, required=True, help="where the run record goes")
    given = parser.parse_args(arguments)
    brief = read_brief(given.brief)
    check_writable(given.out)
    settings = read_settings(market_dir=given.market, clean_room_dir=given.clean_room_dir, model_url=given.model_url)
    prepare(settings, brief.brand_id, say=lambda line: print(line, file=sys.stderr))
    record = run_brief(brief, open_services(settings), given.clean_room, on_step=_report)
    write_record(record, given.out)
    if record.failure is not None:
        print(f"{record.failure} (the steps done so far are in {given.out})", file=sys.stderr)
        return 2
    print(_summary(record))
    print(given.out)
    return 0


def check_writable(out: Path) -> None:
    """A run takes a minute: find out that its result has nowhere to go before, not after. Raises InputInvalid."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputInvalid(f"cannot write {str(out)!r}: {error.strerror}; choose another --out") from error
    if out.is_dir():
        raise InputInvalid(f"--out {str(out)!r} is a folder; name a file")


def _report(task: Task, step: StepRecord | None) -> None:
    if step is None:
        print(f"{task.value} ...", file=sys.stderr, flush=True)
        return
    words = f"template ({step.fallback})" if step.fallback else f"{step.answered_by or 'code'}"
    print(f"{task.value} done in {step.seconds:.1f} s, {step.tokens.completion} tokens, {words}", file=sys.stderr)


def _summary(record: RunRecord) -> str:
    comparison = record.comparison
    if comparison is None:
        return "no comparison"
    width = max(len(row.label) for row in comparison.rows)
    lines = [f"{'':{width}}  {'full':>14}  {'clean room':>14}"]
    lines += [
        f"{row.label:{width}}  {_cell(row.unit, row.full)}  {_cell(row.unit, row.clean_room)}"
        for row in comparison.rows
    ]
    return "\n".join(lines)


def _cell(unit: str, value: float) -> str:
    match unit:
        case "money":
            return f"{from_micros(round(value)):14,.0f}"
        case "count":
            return f"{value:14,.0f}"
        case "share":
            return f"{value:14.1%}"
        case _:
            return f"{value:13.2f}x"
