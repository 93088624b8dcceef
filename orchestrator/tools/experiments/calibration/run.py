"""All settings of all sources, with progress; a source that is not installed is named, not missed in silence."""

import sys
from collections.abc import Callable
from time import process_time
from typing import Any

from tqdm import tqdm

from orchestrator.tools.experiments.arms import Arms
from orchestrator.tools.experiments.calibration.figures import Figures, figures_of
from orchestrator.tools.experiments.calibration.report import Report
from orchestrator.tools.experiments.calibration.roas import EXTRA_COST_SHARES, RoasFigures, roas_figures, roas_trials
from orchestrator.tools.experiments.calibration.settings import Setting, halves_of, settings_of
from orchestrator.tools.experiments.calibration.sources import Source, journey_source, market_source
from orchestrator.tools.experiments.calibration.trials import trials
from schemas.errors import DataMissing

SOURCES: tuple[Callable[[], Source], ...] = (market_source, journey_source)


def calibrate(repetitions: int, seed: int, command: str, sources: tuple[Callable[[], Source], ...] = SOURCES) -> Report:
    opened, missing = _opened(sources)
    begun = process_time()
    methods: list[Figures] = []
    roas: list[RoasFigures] = []
    plan = [(source, settings_of(source)) for source in opened]
    tests = sum(len(settings) + len(EXTRA_COST_SHARES) for _, settings in plan)
    with tqdm(total=tests * repetitions, unit="test", file=sys.stderr, mininterval=1) as progress:
        for source, settings in plan:
            for setting in settings:
                methods += _methods(setting, repetitions, seed, progress)
            roas += _roas(halves_of(source), repetitions, seed, progress)
    return Report.made(command, seed, repetitions, process_time() - begun, tuple(methods), tuple(roas), tuple(missing))


def _opened(sources: tuple[Callable[[], Source], ...]) -> tuple[list[Source], list[str]]:
    opened, missing = [], []
    for open_source in tqdm(sources, desc="sales", unit="source", file=sys.stderr, leave=False):
        try:
            opened.append(open_source())
        except DataMissing as error:
            missing.append(str(error))
            tqdm.write(f"left out: {error}", file=sys.stderr)
    return opened, missing


def _methods(setting: Setting[Any], repetitions: int, seed: int, progress: tqdm) -> list[Figures]:
    progress.set_description(f"{setting.source}: {setting.name}")
    found = []
    for trial in trials(setting, repetitions, seed):
        found.append(trial)
        progress.update()
    return [
        figures_of(setting.source, setting.name, method, setting.lift, [trial[method] for trial in found])
        for method in setting.methods
    ]


def _roas(setting: Setting[Arms], repetitions: int, seed: int, progress: tqdm) -> list[RoasFigures]:
    figures = []
    for extra_share in EXTRA_COST_SHARES:
        progress.set_description(f"{setting.source}: iROAS at an extra cost of {extra_share:.0%}")
        found = []
        for trial in roas_trials(setting.draw, extra_share, repetitions, seed):
            found.append(trial)
            progress.update()
        figures.append(roas_figures(setting.source, setting.name, extra_share, found))
    return figures
