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
    width, flat = small.shape[1], np.ascontiguousarray(small, np.float32).reshape(-1, small.shape[2])
    top, bottom = top * width, bottom * width
    above, below = flat.take(top + left, axis=0), flat.take(bottom + left, axis=0)
    above += across * (flat.take(top + right, axis=0) - above)
    below += across * (flat.take(bottom + right, axis=0) - below)
    below -= above
    below *= down
    above += below
    return np.asarray(above, np.float32)


def _between(at: Array, small: int, large: int) -> tuple[Array, Array, Array]:
    """Per position of the large picture the two neighbours in the small one and the way to the second."""
    place = (at.astype(np.float32) + 0.5) * np.float32(small / large) - 0.5
    low = np.floor(place).astype(np.int32)
    part = (place - low).astype(np.float32)[:, None]
    return np.clip(low, 0, small - 1), np.clip(low + 1, 0, small - 1), part
