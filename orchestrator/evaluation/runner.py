"""Runs scenarios world by world on all cores, and keeps every world's scores so that a stopped run goes on."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from orchestrator.evaluation.arms import arm_with, baselines, gather, slsqp_arm
from orchestrator.evaluation.oracle import oracle
from orchestrator.evaluation.scenarios import Contest, Scenario
from orchestrator.evaluation.scoring import Scores, scores
from orchestrator.evaluation.visibility import EVERY_SET, LADDER
from orchestrator.evaluation.worlds import World, build_world
from orchestrator.settings import SAMPLE_BRIEF
from schemas.base import Frozen
from schemas.brief import CampaignBrief, read_brief

ROOT = Path(__file__).resolve().parents[2]
DECIDES = (
    "clean_room",
    "data/market",
    "orchestrator/evaluation",
    "orchestrator/evidence",
    "orchestrator/tools/optimizer",
)
"""Where a change may change a score: kept scores of other code are not used."""
SHOWS = ("report.py", "tables.py", "figures.py", "statistics.py")
"""Of these, what only shows scores that are there already."""


class WorldScores(Frozen):
    """One world of one scenario: by arm, each metric's value."""

    scenario: str
    seed: int
    arms: dict[str, Scores]


Task = tuple[Scenario, int]


def run(
    scenarios: Sequence[Scenario], kept: Path, on_done: Callable[[WorldScores], None] = lambda done: None
) -> list[WorldScores]:
    """Every world of the scenarios; what `kept` already has is read from there, and what is new is added to it."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    file = kept.with_name(f"{kept.stem}-{code_digest()}{kept.suffix}")
    found = {(scores.scenario, scores.seed): scores for scores in _read(file)}
    tasks = [(scenario, seed) for scenario in scenarios for seed in scenario.seeds]
    for scenario, seed in tasks:
        if (scenario.name, seed) in found:
            on_done(found[scenario.name, seed])
    missing = [(scenario, seed) for scenario, seed in tasks if (scenario.name, seed) not in found]
    file.write_text("".join(scores.model_dump_json() + "\n" for scores in found.values()), encoding="utf-8")
    with file.open("a", encoding="utf-8") as lines:
        for done in _in_parallel(missing):
            lines.write(done.model_dump_json() + "\n")
            lines.flush()
            found[done.scenario, done.seed] = done
            on_done(done)
    return [found[scenario.name, seed] for scenario, seed in tasks]


def world_scores(scenario: Scenario, seed: int, brief: CampaignBrief) -> WorldScores:
    """Raises RetailMediaError where a plan cannot be made in this world."""
    world = build_world(seed, brief, scenario.changes_of(seed), scenario.policies, scenario.dated)
    sight = gather(world)
    plans = [*baselines(world, sight), oracle(world, sight)]
    match scenario.contest:
        case Contest.EVERY_ARM:
            plans += [arm_with(parts, world, sight) for parts in EVERY_SET]
        case Contest.BOTH_ARMS:
            plans += [arm_with(parts, world, sight) for parts in (LADDER[0], LADDER[-1])]
        case Contest.CLEAN_ROOM:
            plans.append(arm_with(LADDER[0], world, sight))
    if seed - scenario.seeds.start < scenario.slsqp_worlds:
        plans.append(slsqp_arm(world, sight))
    found = scores(world, plans)
    found["clean_room"] |= told_shares(world)
    return WorldScores(scenario=scenario.name, seed=seed, arms=found)


def told_shares(world: World) -> Scores:
    """Of the brand's spend, the share in rows that the clean rooms told by placement, and by SKU in it."""
    total = float(world.delivery["cost"].sum())
    by_sku = sum(int(row["cost"]) for row in world.released if "sku_id" in row)  # type: ignore[call-overload]  # a sum of micros
    whole = sum(int(row["cost"]) for row in world.released if "sku_id" not in row)  # type: ignore[call-overload]
    return {"told_by_placement": whole / total, "told_by_sku": by_sku / total}


def code_digest() -> str:
    found = hashlib.sha256(SAMPLE_BRIEF.read_bytes())
    for folder in DECIDES:
        for path in sorted(path for path in (ROOT / folder).rglob("*.py") if path.name not in SHOWS):
            found.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]


def _in_parallel(tasks: Sequence[Task]) -> Iterator[WorldScores]:
    if not tasks:
        return
    os.environ.setdefault(
        "OMP_NUM_THREADS", "1"
    )  # a world a core; threads inside one would only get in each other's way
    # Not forked: what HiGHS and DuckDB hold in this process does not survive it.
    with ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(_task, task) for task in tasks]
        try:
            for done in as_completed(waiting):
                yield done.result()
        except BaseException:
            for one in waiting:
                one.cancel()
            raise


def _task(task: Task) -> WorldScores:
    return world_scores(*task, read_brief(SAMPLE_BRIEF))


def _read(file: Path) -> Iterator[WorldScores]:
    """A run that was stopped while it wrote leaves half a line, which is done again."""
    if not file.is_file():
        return
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            yield WorldScores.model_validate(json.loads(line))
        except ValueError:
            continue
