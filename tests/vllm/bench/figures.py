"""From single measurements to medians, ranges and ratios. A run that failed holds its reason under `failed`."""

import re
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

Run = dict[str, Any]
Spread = dict[str, float]

# Our name -> that of `vllm bench serve`.
REPORTED = {
    "output_tokens_per_s": "output_throughput",
    "ttft_ms": "median_ttft_ms",
    "tpot_ms": "median_tpot_ms",
    "p99_itl_ms": "p99_itl_ms",
}
COMPARED = ("output_tokens_per_s", "ttft_ms", "tpot_ms")


def figures_of(result: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(result[reported]) for name, reported in REPORTED.items() if reported in result}


def quantile(values: Sequence[float], share: float) -> float:
    """With linear interpolation.

    >>> quantile([1, 2, 3, 4, 5], 0.5)
    3
    """
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below) if place % 1 else ordered[below]


def spread(values: Sequence[float]) -> Spread:
    """
    >>> spread([2, 1, 4])
    {'median': 2, 'min': 1, 'max': 4, 'n': 3}
    """
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "n": len(values)}


def spreads(runs: Sequence[Run], names: Sequence[str]) -> dict[str, Spread]:
    """Of the runs that succeeded; empty when none did."""
    good = [run for run in runs if "failed" not in run]
    return {name: spread([run[name] for run in good]) for name in names} if good else {}


def ratios(runs: Sequence[Run], plain: Sequence[Run]) -> dict[str, Spread]:
    """Each run to the plain one of the same repeat, so that both were taken in the same minutes.

    >>> own, plain = {"output_tokens_per_s": 1, "ttft_ms": 4, "tpot_ms": 3}, dict.fromkeys(COMPARED, 2)
    >>> ratios([own, own], [plain, {"failed": "gone"}])["ttft_ms"]
    {'median': 2.0, 'min': 2.0, 'max': 2.0, 'n': 1}
    """
    pairs = [
        (own, other) for own, other in zip(runs, plain, strict=True) if "failed" not in own and "failed" not in other
    ]
    return {name: spread([own[name] / other[name] for own, other in pairs]) for name in COMPARED} if pairs else {}


def spread_text(found: Mapping[str, float] | None, unit: str = "") -> str:
    """
    >>> spread_text(spread([0.5, 0.25, 1.0]), "x"), spread_text(None)
    ('0.50x (0.25 to 1.00)', 'failed')
    """
    if found is None:
        return "failed"
    return f"{found['median']:.2f}{unit} ({found['min']:.2f} to {found['max']:.2f})"


def table(cases: Sequence[Mapping[str, Any]]) -> str:
    """Ratios to vLLM without LoRA, median and range over the repeats."""
    lines = ["| case | output tokens/s | time to first token | time per token |", "|---|---|---|---|"]
    for case in cases[1:]:
        cells = [spread_text(case["to_no_lora"].get(name)) for name in COMPARED]
        lines.append(f"| {case['title']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def without_paths(text: str) -> str:
    """A reason goes into a file that is shared; where it happened on this disk does not.

    >>> without_paths("cannot open /home/someone/file: gone")
    'cannot open <path>: gone'
    """
    return re.sub(r"(?<![\w.])/[\w./@+-]+", "<path>", text)
