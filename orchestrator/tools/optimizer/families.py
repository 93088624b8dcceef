"""Response curves of one kind at a time, as arrays. Axes: L lines of the plan, K knots.

Every family knows its curve, the least concave function above it (its envelope) on [low, high], and where the
envelope's slope falls to a given value.
"""

from typing import Protocol

import numpy as np

from orchestrator.tools.optimizer.curves import Floats

HALVINGS = 60


class Family(Protocol):
    low: Floats
    high: Floats

    def value(self, spend: Floats) -> Floats:
        """(L,) what the curve itself is worth."""

    def envelope(self, spend: Floats) -> Floats: ...

    def slope(self, spend: Floats) -> Floats:
        """(L,) of the envelope, value per extra unit of spend; infinite for a root curve at 0."""

    def spend_at(self, slope: Floats) -> Floats:
        """(L,) the spend past which the envelope rises less than `slope`; may lie outside [low, high]."""

    def knots(self, count: int) -> Floats:
        """(L, K) rising spends from `low` to `high`, closest where the envelope bends most."""


class _Concave:
    """A smooth concave curve is its own envelope."""

    def __init__(self, scale: Floats, half: Floats, low: Floats, high: Floats) -> None:
        self.scale, self.half, self.low, self.high = scale, half, low, high

    def value(self, spend: Floats) -> Floats:
        raise NotImplementedError

    def envelope(self, spend: Floats) -> Floats:
        return self.value(spend)

    def _bend(self, spend: Floats) -> Floats:
        """The scale of even knots: the integral of sqrt(|f''|), which makes the interpolation's error even."""
        raise NotImplementedError

    def _unbend(self, bend: Floats) -> Floats:
        raise NotImplementedError

    def knots(self, count: int) -> Floats:
        bends = np.linspace(self._bend(self.low), self._bend(self.high), count + 1)
        return np.array([self._unbend(bend) for bend in bends]).T


class Hill(_Concave):
    """scale * x / (x + half)."""

    def value(self, spend: Floats) -> Floats:
        return self.scale * spend / (spend + self.half)

    def slope(self, spend: Floats) -> Floats:
        return self.scale * self.half / (spend + self.half) ** 2

    def spend_at(self, slope: Floats) -> Floats:
        return np.sqrt(self.scale * self.half / slope) - self.half

    def _bend(self, spend: Floats) -> Floats:
        return -1 / np.sqrt(spend + self.half)

    def _unbend(self, bend: Floats) -> Floats:
        return 1 / bend**2 - self.half


class Log(_Concave):
    """scale * ln(1 + x / half)."""

    def value(self, spend: Floats) -> Floats:
        return self.scale * np.log1p(spend / self.half)

    def slope(self, spend: Floats) -> Floats:
        return self.scale / (spend + self.half)

    def spend_at(self, slope: Floats) -> Floats:
        return self.scale / slope - self.half

    def _bend(self, spend: Floats) -> Floats:
        return np.log(spend + self.half)

    def _unbend(self, bend: Floats) -> Floats:
        return np.exp(bend) - self.half


class Root(_Concave):
    """scale * sqrt(x); `half` is not used."""

    def value(self, spend: Floats) -> Floats:
        return self.scale * np.sqrt(spend)

    def slope(self, spend: Floats) -> Floats:
        return np.where(self.scale > 0, self.scale / (2 * np.sqrt(spend)), 0.0)

    def spend_at(self, slope: Floats) -> Floats:
        return (self.scale / (2 * slope)) ** 2

    def _bend(self, spend: Floats) -> Floats:
        return spend**0.25

    def _unbend(self, bend: Floats) -> Floats:
        return bend**4


class PowerHill:
    """top * x^p / (x^p + half^p): S-shaped for p > 1; then its envelope begins with a chord from `low` to `touch`."""

    def __init__(self, top: Floats, half: Floats, power: Floats, low: Floats, high: Floats) -> None:
        self.top, self.half, self.power, self.low, self.high = top, half, power, low, high
        self.touch = self._tangent_point()
        run = self.touch - low
        rise = self.value(self.touch) - self.value(low)
        self.chord = np.divide(rise, run, out=np.full(len(top), np.inf), where=run > 0)

    def value(self, spend: Floats) -> Floats:
        ratio = (spend / self.half) ** self.power
        return self.top * ratio / (1 + ratio)

    def envelope(self, spend: Floats) -> Floats:
        on_chord = spend < self.touch
        along = self.value(self.low) + np.where(on_chord, self.chord, 0.0) * (spend - self.low)
        return np.where(on_chord, along, self.value(spend))

    def slope(self, spend: Floats) -> Floats:
        return np.where(spend < self.touch, self.chord, self._own_slope(spend))

    def spend_at(self, slope: Floats) -> Floats:
        near, far = self.touch.copy(), self.high.copy()
        for _ in range(HALVINGS):
            middle = (near + far) / 2
            rises = self._own_slope(middle) > slope
            near, far = np.where(rises, middle, near), np.where(rises, far, middle)
        return np.where(slope >= self.chord, self.low, near)

    def knots(self, count: int) -> Floats:
        above = Hill(self.top, self.half, self.touch, self.high).knots(count)
        return np.column_stack([self.low, above])

    def _own_slope(self, spend: Floats) -> Floats:
        ratio = (spend / self.half) ** self.power
        start = (spend / self.half) ** (self.power - 1)
        return self.top * self.power / self.half * start / (1 + ratio) ** 2

    def _tangent_point(self) -> Floats:
        """(L,) from there on the curve is its own envelope: where the chord from `low` meets it as a tangent."""
        steepest = np.maximum(self.power - 1, 0.0) / (self.power + 1)
        inflection = self.half * steepest ** (1 / self.power)
        near, far = np.clip(inflection, self.low, self.high), self.high.copy()
        start = self.value(self.low)
        for _ in range(HALVINGS):
            middle = (near + far) / 2
            is_before = self.value(middle) - start < self._own_slope(middle) * (middle - self.low)
            near, far = np.where(is_before, middle, near), np.where(is_before, far, middle)
        return np.where(inflection <= self.low, self.low, far)
