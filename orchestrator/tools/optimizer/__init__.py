"""Concave budget allocation by linear programming, with a certificate."""

from orchestrator.tools.optimizer.allocate import optimize
from orchestrator.tools.optimizer.curves import value_at
from orchestrator.tools.optimizer.reading import parse_problem, read_problem

__all__ = ["optimize", "parse_problem", "read_problem", "value_at"]
