"""Small pictures read at chosen pixels of a large one."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def sampled(small: Array, where: Array) -> Array:
    """(N, C) float32: `small` (h, w, C) bilinearly at the set pixels of `where` (H, W), in its order.

    The same values that enlarging `small` to (H, W) would give there, without holding the enlargement:
    of a photo only the edge of the person is looked at. (OpenCV's remap rounds positions to a 32nd of a
    pixel, which shows where the slope of alpha over colour is steep.)
    """
    rows, columns = np.nonzero(where)
    top, bottom, down = _between(rows, small.shape[0], where.shape[0])
    left, right, across = _between(columns, small.shape[1], where.shape[1])
    above = small[top, left] + across * (small[top, right] - small[top, left])
    below = small[bottom, left] + across * (small[bottom, right] - small[bottom, left])
    return np.asarray(above + down * (below - above), np.float32)


def _between(at: Array, small: int, large: int) -> tuple[Array, Array, Array]:
    """Per position of the large picture the two neighbours in the small one and the way to the second."""
    place = (at.astype(np.float32) + 0.5) * np.float32(small / large) - 0.5
    low = np.floor(place).astype(np.int32)
    part = (place - low).astype(np.float32)[:, None]
    return np.clip(low, 0, small - 1), np.clip(low + 1, 0, small - 1), part
