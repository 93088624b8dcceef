"""Array types of the response models. Axes, also in array names: U retailer x SKU, P placement, T day."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
