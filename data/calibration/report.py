"""The profile as JSON and Markdown."""

import json
from math import isnan
from pathlib import Path
from statistics import fmean

from data.calibration.measures import MEASURES, Measure
from data.calibration.sides import BRAND_SKUS, Profile
from data.complete_journey import CAVEAT

COMMAND = "python -m data profile"
READING = (
    "A discount in Complete Journey is any loyalty price below the shelf's, in the simulated market a promotion of the "
    "brand. The store has every department and a year of it, the simulated shelf two brands' comparable products; "
    "best sellers are cut off below, so they differ less in size than a brand's whole range."
)


def write_report(profile: Profile, out: Path) -> tuple[Path, Path]:
    """`out` with the suffixes .json and .md."""
    out.parent.mkdir(parents=True, exist_ok=True)
    json_path, markdown_path = out.with_suffix(".json"), out.with_suffix(".md")
    json_path.write_text(json.dumps(_as_json(profile), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    markdown_path.write_text(as_markdown(profile), encoding="utf-8")
    return json_path, markdown_path


def as_markdown(profile: Profile) -> str:
    columns = ["simulated shelf", "lowest to highest", "Complete Journey, whole store", "one brand in it"]
    lines = [
        "# The simulated market beside grocery sales",
        "",
        f"`{COMMAND}`: {profile.simulated_from}; one retailer's shelf of both brands, mean over markets and retailers, "
        f"with the lowest and the highest. One brand: the {BRAND_SKUS} best-selling SKUs of the largest national "
        f"manufacturer. {READING} {CAVEAT}",
        "",
        f"| measure | {' | '.join(columns)} |",
        f"|---|{'---:|' * len(columns)}",
        *(_row(measure, profile) for measure in MEASURES),
        "",
    ]
    if profile.hint is not None:
        lines += [f"Without Complete Journey: {profile.hint}.", ""]
    return "\n".join(lines)


def _row(measure: Measure, profile: Profile) -> str:
    values = _simulated(profile, measure)
    spread = f"{_shown(measure, min(values))} to {_shown(measure, max(values))}"
    real = [_shown(measure, side[measure.name]) if side else "-" for side in (profile.store, profile.brand)]
    return f"| {measure.label} | {_shown(measure, fmean(values))} | {spread} | {' | '.join(real)} |"


def _shown(measure: Measure, value: float) -> str:
    if isnan(value):
        return "-"
    if measure.is_share:
        return f"{value:.1%}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _simulated(profile: Profile, measure: Measure) -> list[float]:
    return [side[measure.name] for side in profile.simulated]


def _as_json(profile: Profile) -> dict[str, object]:
    values = {measure.name: _simulated(profile, measure) for measure in MEASURES}
    spreads = {
        name: {"mean": fmean(found), "lowest": min(found), "highest": max(found)} for name, found in values.items()
    }
    return {
        "command": COMMAND,
        "simulated_from": profile.simulated_from,
        "simulated": {name: _without_nan(spread) for name, spread in spreads.items()},
        "complete_journey": {
            "store": profile.store and _without_nan(profile.store),
            "brand": profile.brand and _without_nan(profile.brand),
        },
        "reading": READING,
        "caveat": CAVEAT,
        "hint": profile.hint,
    }


def _without_nan(values: dict[str, float]) -> dict[str, float | None]:
    return {name: None if isnan(value) else value for name, value in values.items()}
