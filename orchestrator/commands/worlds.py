"""`python -m orchestrator worlds`: the same brief in many markets, so that one lucky world proves nothing."""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats
from tqdm import tqdm

from orchestrator.commands.run import check_writable
from orchestrator.preparation import prepare
from orchestrator.services import open_services
from orchestrator.settings import SAMPLE_BRIEF, read_settings
from orchestrator.workflow import run_brief
from schemas.brief import CampaignBrief, read_brief
from schemas.command_line import OneLineParser
from schemas.errors import InputInvalid, RetailMediaError
from schemas.run import Comparison

NO_MODEL = "http://127.0.0.1:9/v1"  # no model makes a number, so none is asked

FEWEST_WORLDS = 3


def main(arguments: Sequence[str]) -> int:
    parser = OneLineParser(prog="python -m orchestrator worlds", description="One brief in many simulated markets.")
    parser.add_argument("--seeds", default="200-219", help="first-last, both included (default 200-219)")
    parser.add_argument("--brief", type=Path, default=SAMPLE_BRIEF, help="the campaign brief (default: the sample)")
    parser.add_argument("--out", type=Path, default=Path("docs/results/worlds.json"), help="where the figures go")
    given = parser.parse_args(arguments)
    seeds, brief = _seeds(given.seeds), read_brief(given.brief)
    check_writable(given.out)
    found = [comparison_in(seed, brief) for seed in tqdm(seeds, unit="world", file=sys.stderr)]
    figures = {
        "command": f"python -m orchestrator worlds --seeds {given.seeds} --brief {given.brief.name}",
        "worlds": len(seeds),
        "interval": "95 %, Student's t over paired differences between worlds",
        "metrics": {row.metric: _metric(row.metric, found) for row in found[0].rows},
        "against_todays_mix": {name: _against_status_quo(name, found) for name in STATUS_QUO_METRICS},
    }
    given.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(table(figures["metrics"]))  # type: ignore[arg-type]  # the dict above is of mixed values
    print(given.out)
    return 0


STATUS_QUO_METRICS = ("realised_iroas", "realised_incremental_margin_micros", "wasted_spend_micros")


def comparison_in(seed: int, brief: CampaignBrief) -> Comparison:
    """Both arms in the market of one seed, by the path every run takes. Raises RetailMediaError naming the seed."""
    with tempfile.TemporaryDirectory(prefix=f"world-{seed}-") as scratch:
        folder = Path(scratch)
        settings = read_settings(
            market_dir=folder / "market",
            clean_room_dir=folder / "clean_room",
            runs_dir=folder / "runs",
            model_url=NO_MODEL,
        )
        prepare(settings, brief.brand_id, say=lambda line: None, seed=seed)
        record = run_brief(brief, open_services(settings))
    if record.comparison is None:
        raise RetailMediaError(f"world {seed}: {record.failure}")
    return record.comparison


def _seeds(text: str) -> range:
    first, dash, last = text.partition("-")
    if not (dash and first.isdecimal() and last.isdecimal() and int(last) - int(first) >= FEWEST_WORLDS - 1):
        raise InputInvalid(f"--seeds {text!r}: give first-last with at least {FEWEST_WORLDS} seeds, such as 200-219")
    return range(int(first), int(last) + 1)


def _metric(name: str, found: list[Comparison]) -> dict[str, Any]:
    rows = [next(row for row in comparison.rows if row.metric == name) for comparison in found]
    full = np.array([row.full for row in rows])
    clean = np.array([row.clean_room for row in rows])
    return {
        "label": rows[0].label,
        "unit": rows[0].unit,
        "full": float(full.mean()),
        "clean_room": float(clean.mean()),
        **_paired(full - clean),
        "worlds_won_by_full": sum(row.better == "full" for row in rows),
        "worlds_won_by_clean_room": sum(row.better == "clean_room" for row in rows),
    }


def _against_status_quo(name: str, found: list[Comparison]) -> dict[str, Any]:
    today = np.array([getattr(comparison.status_quo, name) for comparison in found], dtype=float)
    arms = {
        arm: np.array([getattr(getattr(comparison, arm).metrics, name) for comparison in found], dtype=float)
        for arm in ("full", "clean_room")
    }
    return {"status_quo": float(today.mean()), **{arm: _paired(values - today) for arm, values in arms.items()}}


def _paired(differences: "np.ndarray[Any, np.dtype[np.float64]]") -> dict[str, Any]:
    mean = float(differences.mean())
    half = float(stats.t.ppf(0.975, len(differences) - 1) * stats.sem(differences))
    return {"difference": mean, "ci95": [mean - half, mean + half]}


def table(metrics: dict[str, dict[str, Any]]) -> str:
    """Means of both arms and their paired difference, as the documents show it; money in currency units."""
    width = max(len(metric["label"]) for metric in metrics.values())
    lines = [f"{'':{width}}  {'full':>10}  {'clean room':>10}  difference (95 % interval)"]
    for metric in metrics.values():
        scale = 1e-6 if metric["unit"] == "money" else 1.0
        low, high = (scale * bound for bound in metric["ci95"])
        full, clean, gap = (scale * metric[key] for key in ("full", "clean_room", "difference"))
        lines.append(
            f"{metric['label']:{width}}  {full:10,.2f}  {clean:10,.2f}  {gap:+,.2f} ({low:+,.2f} to {high:+,.2f})"
        )
    return "\n".join(lines)
