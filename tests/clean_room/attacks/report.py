"""Runs every attack against both engines; the figures as JSON and as a page, with what made them."""

import platform
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from schemas.base import Frozen
from tests.clean_room.attacks.doors import Ours
from tests.clean_room.attacks.learnt import Attack, Learnt
from tests.clean_room.attacks.registry import ATTACKS, WAITING

COMMAND = "python -m tests.clean_room.attacks"
HEADING = "| attack | promised | learnt here | learnt from the naive engine |"
LIBRARIES = ("duckdb", "numpy", "pandas", "pydantic", "scipy")
NOTES = (
    "x of y, b bits: of y things the attacker went after x were told, amounts to the unit; b bits were learnt in all.",
    "An amount is worth 29.9 bits: before, it may be anything up to 1,000 units of currency, to the micro.",
    "Promised: what docs/clean_room_comparison.md says an attacker learns here; it is kept in every row.",
    "The naive engine answers the same requests with GROUP BY ... HAVING count(DISTINCT customer_id) >= 100 over raw "
    "events; for averaging it adds fresh noise to each answer.",
)


class Row(Frozen):
    attack: str
    promised: str
    kept: bool
    here: Learnt
    naive: Learnt
    seconds: float


class AttackReport(Frozen):
    command: str
    seconds: float
    versions: dict[str, str]
    notes: tuple[str, ...]
    rows: tuple[Row, ...]
    waiting: dict[str, str]


def run_attacks(on_attack: Callable[[str], None] = lambda name: None) -> AttackReport:
    started = time.process_time()
    rows = []
    with tempfile.TemporaryDirectory(prefix="attacks-") as folder:
        for number, attack in enumerate(ATTACKS):
            rows.append(_run(attack, Path(folder) / f"attack-{number}"))
            on_attack(attack.name)
    return AttackReport(
        command=COMMAND,
        seconds=round(time.process_time() - started, 1),
        versions={"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
        notes=NOTES,
        rows=tuple(rows),
        waiting={one.name: one.reason for one in WAITING},
    )


def _run(attack: Attack, folder: Path) -> Row:
    started = time.process_time()
    here, naive = attack.run(Ours(folder)), attack.run(attack.rival())
    return Row(
        attack=attack.name,
        promised=attack.promise.value,
        kept=attack.promise.is_kept(here),
        here=here,
        naive=naive,
        seconds=round(time.process_time() - started, 1),
    )


def table(report: AttackReport) -> str:
    """One row per attack, as Markdown; a broken promise is bold."""
    lines = [HEADING, "| --- | --- | --- | --- |"]
    for row in report.rows:
        promised = row.promised if row.kept else f"**{row.promised}: BROKEN**"
        lines.append(f"| {row.attack} | {promised} | {row.here.told} | {row.naive.told} |")
    lines += [f"| {name} | | not attacked yet: {reason} | |" for name, reason in report.waiting.items()]
    return "\n".join(lines)


def page(report: AttackReport) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in report.versions.items())
    made = f"Made by `{report.command}` in {report.seconds:.0f} s of one core, with {versions}."
    notes = "\n".join(f"* {note}" for note in report.notes)
    return f"# Attacks on the clean room\n\n{made}\n\n{notes}\n\n{table(report)}\n"


def with_table(document: str, report: AttackReport) -> str:
    """The document with its table of attacks, from its heading to the next empty line, replaced by the report's."""
    before, found, after = document.partition(HEADING)
    return before + table(report) + "\n\n" + after.partition("\n\n")[2] if found else document


def write(report: AttackReport, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "attacks.json").write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    (directory / "attacks.md").write_text(page(report), encoding="utf-8")


def read(directory: Path) -> AttackReport:
    return AttackReport.model_validate_json((directory / "attacks.json").read_text(encoding="utf-8"))
