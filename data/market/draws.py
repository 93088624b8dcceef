"""Counter-based randomness: a draw is a function of (seed, stream, day, position) and of nothing else.

So taking one cell's spend away shifts no other draw, and a longer world repeats the shorter one.
Philox: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, ndtri

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

EDGE = 1e-12  # keeps inverse distribution functions finite


@dataclass(frozen=True)
class Draws:
    """All randomness of one brand. Streams are named after what they decide."""

    seed: int
    brand_id: str

    def generator(self, stream: str, day: int = 0) -> np.random.Generator:
        """Days are far apart on one Philox counter, so their draws never overlap."""
        return np.random.Generator(np.random.Philox(key=self._key(stream), counter=day << 128))

    def uniform(self, stream: str, shape: tuple[int, ...]) -> Floats:
        return _open_interval(self.generator(stream).random(shape))

    def normal(self, stream: str, shape: tuple[int, ...]) -> Floats:
        return np.asarray(ndtri(self.uniform(stream, shape)))

    def uniform_by_day(self, stream: str, shape: tuple[int, ...], days: int) -> Floats:
        """Days on the last axis; day d is the same however many days are asked for."""
        key = self._key(stream)
        blocks = [
            np.random.Generator(np.random.Philox(key=key, counter=day << 128)).random(shape) for day in range(days)
        ]
        return _open_interval(np.stack(blocks, axis=-1))

    def normal_by_day(self, stream: str, shape: tuple[int, ...], days: int) -> Floats:
        return np.asarray(ndtri(self.uniform_by_day(stream, shape, days)))

    def log_normal(self, stream: str, shape: tuple[int, ...], sigma: float) -> Floats:
        """Mean 1."""
        return np.exp(sigma * self.normal(stream, shape) - sigma**2 / 2)

    def gamma_by_day(self, stream: str, shape_parameter: Floats) -> Floats:
        """Mean 1, variance 1/shape_parameter; days on the last axis."""
        *shape, days = shape_parameter.shape
        uniform = self.uniform_by_day(stream, tuple(shape), days)
        return np.asarray(gammaincinv(shape_parameter, uniform)) / shape_parameter

    def _key(self, stream: str) -> int:
        return int.from_bytes(sha256(f"{self.seed}/{self.brand_id}/{stream}".encode()).digest()[:16], "little")


def generator_at(state: Mapping[str, Any]) -> np.random.Generator:
    """Goes on where a generator was when its `bit_generator.state` was taken."""
    bits: Any = np.random.Philox(key=0)  # numpy exports no type for a state
    bits.state = state
    return np.random.Generator(bits)


def _open_interval(uniform: Floats) -> Floats:
    return np.clip(uniform, EDGE, 1 - EDGE)
