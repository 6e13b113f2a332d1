"""Work on a large picture strip by strip: what is computed of a pixel alone, in the processor's cache.

Each step of such work makes a picture of its own: at 3 MP that is 40 MB, which the kernel hands out page by
page and takes back. A strip's stay where they are. Strips are cut by the picture's size alone, so the same
picture is the same bytes everywhere.
"""

from collections.abc import Callable
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

# Pixels of a strip: three channels of float32 and what is made of them lie in a megabyte.
_STRIP_PX: Final = 32_768


def by_strips(
    work: Callable[..., NDArray[Any]], *pictures: NDArray[Any], out: NDArray[Any] | None = None
) -> NDArray[Any]:
    """`work(*parts)` over horizontal strips of pictures (H, W, ...) of one size, joined.

    `work` returns (h, W, ...) for parts of h rows, from each pixel's own values. They are written into `out`
    where there is one; it may be one of the pictures.
    """
    height, width = pictures[0].shape[:2]
    rows = max(1, _STRIP_PX // max(1, width))
    if height <= rows and out is None:
        return work(*pictures)
    first = work(*(picture[:rows] for picture in pictures))
    out = np.empty((height, *first.shape[1:]), first.dtype) if out is None else out
    out[:rows] = first
    for top in range(rows, height, rows):
        out[top : top + rows] = work(*(picture[top : top + rows] for picture in pictures))
    return out


def for_channels(values: NDArray[Any]) -> NDArray[Any]:
    """(..., 3) values (...) once for every channel, to be multiplied with colours: numpy spreads over an axis
    of three six times as slowly."""
    if values.ndim != 2:
        return np.repeat(values[..., None], 3, axis=-1)
    return np.asarray(cv2.merge([values, values, values]))
