"""The whites of the eyes say the same of the light in a photo and in a larger or smaller copy of it."""

import cv2
import numpy as np
import pytest

from generation.imaging.lighting import temperature
from generation.imaging.lighting.eyes import eye_white
from tests.imaging import people

_MIRED = 3.0


# At one size the first two read 4.2 and 3.6 mired (sd) over these copies.
@pytest.mark.parametrize("name", ["carolyn-bourdeaux", "marilyn-strickland", "dan-newhouse"])
def test_a_copy_of_another_size_has_the_same_whites(name: str) -> None:
    photo = people.checked(f"portraits/{name}.jpg")
    assert photo.decoded is not None and photo.face is not None
    pixels, read = photo.decoded.pixels, []
    for share in (1.0, 0.93, 0.85, 0.77, 1.3, 1.7):
        size = (round(pixels.shape[1] * share), round(pixels.shape[0] * share))
        way = cv2.INTER_AREA if share < 1 else cv2.INTER_CUBIC
        copy = np.asarray(cv2.resize(pixels, size, interpolation=way), np.uint8)
        points = photo.face.landmarks * np.float32(size[0] / pixels.shape[1])
        whites = eye_white(copy, np.asarray(points, np.float32))
        assert whites is not None
        read.append(temperature._to_mired_offset(whites))
    assert np.std(read) < _MIRED
