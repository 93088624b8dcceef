"""Small allocation problems for the tests."""

from collections.abc import Callable

import numpy as np

from schemas.optimization import Allocation, Cell, Group, HillCurve, Options, Problem


def hill(cell_id: str, top: float, half: float, **fields: object) -> Cell:
    return Cell.model_validate({"id": cell_id, "curve": HillCurve(kind="hill", top=top, half=half), **fields})


def hill_problem(count: int, seed: int = 0, budget_share: float = 0.25, **options: object) -> Problem:
    """Heavy-tailed hill cells at two retailers and three placements; budget is a share of all maximums."""
    random = np.random.default_rng(seed)
    tops = random.lognormal(3, 1.3, count)
    halves = tops * random.uniform(0.2, 1, count)
    cells = tuple(
        hill(
            f"c{i}",
            tops[i],
            halves[i],
            max=4 * halves[i],
            current=halves[i],
            tags={"retailer_id": "ab"[i % 2], "placement_type": "xyz"[i % 3]},
        )
        for i in range(count)
    )
    return Problem(budget=float(4 * halves.sum() * budget_share), cells=cells, options=Options.model_validate(options))


def with_groups(problem: Problem, *groups: Group) -> Problem:
    return problem.model_copy(update={"groups": groups})


def spend_where(problem: Problem, answer: Allocation, where: dict[str, str]) -> float:
    chosen = [cell.id for cell in problem.cells if where.items() <= cell.tags.items()]
    return sum(answer.allocation[cell_id] for cell_id in chosen)


def with_options(problem: Problem, **options: object) -> Problem:
    changed = Options.model_validate(problem.options.model_dump() | options)
    return problem.model_copy(update={"options": changed})


def changed_cells(problem: Problem, change: Callable[[Cell], dict[str, object]]) -> Problem:
    cells = tuple(cell.model_copy(update=change(cell)) for cell in problem.cells)
    return problem.model_copy(update={"cells": cells})
