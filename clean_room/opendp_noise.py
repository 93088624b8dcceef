"""OpenDP's discrete Gaussian, and its price; the only module that imports OpenDP (extra `privacy`)."""

import math
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from clean_room.noise_terms import MICRO, NoiseTerms
from schemas.errors import BuildFailed, DataMissing

Counts = npt.NDArray[np.int64]


def noised(sums: Counts, distance: float, terms: NoiseTerms) -> Counts:
    """The sums with noise of the scale that a part of the release's price buys.

    Raises BuildFailed when OpenDP's proven price is more than what the ledger was charged.
    """
    try:
        dp: Any = import_module("opendp.prelude")
    except ImportError as error:
        raise DataMissing(
            "a policy of mode 'dp' needs OpenDP; install it with `pip install 'retail-media-federation[privacy]'`"
        ) from error
    dp.enable_features("contrib")
    vectors = dp.vector_domain(dp.atom_domain(T="i64"))
    measurement = dp.m.make_gaussian(vectors, dp.l2_distance(T="f64"), scale=terms.scale(distance))
    price = math.ceil(measurement.map(distance) * MICRO)
    if price > terms.part_micro_rho:
        raise BuildFailed(
            f"noise of scale {terms.scale(distance)!r} costs {price} micro-rho, more than the {terms.part_micro_rho} "
            "that were reserved; nothing was released"
        )
    return np.array(measurement(sums.tolist()), dtype=np.int64)
