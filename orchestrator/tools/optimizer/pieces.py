"""The linear pieces that stand for every line's envelope in one program. Axes: L lines, K knots, P pieces."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orchestrator.tools.optimizer.curves import Floats, Ints
from orchestrator.tools.optimizer.envelopes import Envelopes, Knots

# Knots where the envelope's slope is the price times e to these, times a round's spread: most of them close to it.
AROUND = np.array([-1.0, -0.2, 0.0, 0.2, 1.0])
SPREADS = (0.4, 0.15, 0.03, 0.006, 0.002)  # by round: how far prices are expected to move in it, as a share


@dataclass(frozen=True)
class Pieces:
    """`line` (P,) owner, `width`, `slope` (P,), `base` (L,) value at the minimum.

    `chord` (P,) never overstates the envelope; `slope` is the same, unless the pieces were cut to lie above it.
    """

    line: Ints
    width: Floats
    slope: Floats
    chord: Floats
    base: Floats


@dataclass(frozen=True)
class Focus:
    """Where a round looks closely: round the spend at which each line's slope is `slope` (L,), and at `near` (L,)."""

    slope: Floats
    spread: float
    near: Floats | None = None

    def knots(self, curves: Envelopes, coarse: int) -> Sequence[Knots]:
        slopes = [self.slope * factor for factor in np.exp(AROUND * self.spread)]
        return list(curves.knots(coarse, slopes, self.near))


def spread_in(round_number: int) -> float:
    return SPREADS[min(round_number, len(SPREADS) - 1)]


def cut(curves: Envelopes, coarse: int, focus: Focus | None = None) -> Pieces:
    """Chords between knots. No piece shuts any spend out, however close a round looks."""
    parts = [_chords(knots) for knots in (curves.knots(coarse) if focus is None else focus.knots(curves, coarse))]
    line, width, slope = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Pieces(line, width, slope, slope, curves.envelope(curves.low))


def cut_above(curves: Envelopes, coarse: int, focus: Focus) -> Pieces | None:
    """Tangents at the knots, each up to where it meets the next; None where a slope is infinite."""
    parts = [_tangents(knots) for knots in focus.knots(curves, coarse)]
    line, width, slope, chord = (np.concatenate(column) for column in zip(*parts, strict=True))
    if not np.all(np.isfinite(slope)):
        return None
    return Pieces(line, width, slope, chord, curves.envelope(curves.low))


def _chords(knots: Knots) -> tuple[Ints, Floats, Floats]:
    width, rise = np.diff(knots.spend, axis=1), np.diff(knots.value, axis=1)
    real = width > 0
    return np.broadcast_to(knots.lines[:, None], width.shape)[real], width[real], rise[real] / width[real]


def _tangents(knots: Knots) -> tuple[Ints, Floats, Floats, Floats]:
    width, rise = np.diff(knots.spend, axis=1), np.diff(knots.value, axis=1)
    real = width > 0
    line = np.broadcast_to(knots.lines[:, None], width.shape)[real]
    width, rise = width[real], rise[real]
    first, last = knots.slope[:, :-1][real], knots.slope[:, 1:][real]
    bend = first - last
    # first * before + last * (width - before) = rise; a piece without a bend is one tangent.
    before = np.divide(rise - last * width, bend, out=width.copy(), where=bend > 1e-12 * np.abs(first))
    before = np.clip(before, 0.0, width)
    chord = rise / width
    return (
        np.append(line, line),
        np.append(before, width - before),
        np.append(np.maximum(first, chord), np.minimum(last, chord)),
        np.append(chord, chord),
    )
