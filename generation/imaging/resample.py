"""Fast shrinking of large photos for looking at them; not for making pictures."""

from typing import Final

import cv2
import numpy as np

from generation.imaging.types import SRGB8

# Samples per target pixel and direction that are averaged; reading more of a 12 MP photo costs tens of
# milliseconds and shows nothing more at the sizes at which models look.
OVERSAMPLING: Final = 2


def shrink(pixels: SRGB8, size: tuple[int, int]) -> SRGB8:
    """(H, W, 3) uint8 resampled to `size` (width, height), averaged from evenly spaced samples.

    A side that is not larger than asked for is interpolated.
    """
    width, height = size
    samples = (width * OVERSAMPLING, height * OVERSAMPLING)
    source = np.ascontiguousarray(pixels) if min(pixels.strides) < 0 else pixels
    if source.shape[1] > samples[0] and source.shape[0] > samples[1]:
        source = np.asarray(cv2.resize(source, samples, interpolation=cv2.INTER_NEAREST), dtype=np.uint8)
    smaller = source.shape[1] >= width and source.shape[0] >= height
    method = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.ascontiguousarray(cv2.resize(source, size, interpolation=method), dtype=np.uint8)
