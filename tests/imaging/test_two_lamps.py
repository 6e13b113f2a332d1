"""A warm lamp on one side and daylight on the other: the finished face has one colour."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from branding.look import Look
from generation.imaging import rig
from generation.imaging.finishing.vary import Variation
from generation.imaging.landmarks import face_unit, skin_region
from generation.imaging.lighting import estimate
from generation.imaging.types import MasterLayers
from tests.imaging import people


def _warmer_on_the_right(pixels: NDArray[Any], landmarks: NDArray[Any]) -> float:
    """Stops of red against blue between the halves of the face."""
    skin = skin_region(landmarks, pixels.shape[:2]) > 0
    right = (np.arange(pixels.shape[1]) > landmarks[1, 0])[None]
    one, other = pixels[skin & ~right].mean(axis=0), pixels[skin & right].mean(axis=0)
    return float(np.log2(other[0] / other[2]) - np.log2(one[0] / one[2]))


def _finished(master: MasterLayers) -> tuple[float, float]:
    """That of the photo, and of the picture."""
    matrix, gain = rig.lighting(master, Look(), Variation())
    small, landmarks = estimate.small_view(master.foreground, master.landmarks)
    balanced = small @ matrix.T
    lit = balanced * cv2.resize(gain, (balanced.shape[1], balanced.shape[0]))
    return _warmer_on_the_right(balanced, landmarks), _warmer_on_the_right(lit, landmarks)


_PEOPLE = ("", "portraits/julia-brownley.jpg", "portraits/tim-scott.jpg")


@pytest.mark.parametrize("path", _PEOPLE, ids=["astronaut", "julia", "tim"])
@pytest.mark.parametrize("warmer", [-0.25, 0.25], ids=["left", "right"])
def test_most_of_the_difference_goes(warmer: float, path: str) -> None:
    master = people.master(path)
    across = (np.arange(master.alpha.shape[1]) - master.landmarks[1, 0]) / face_unit(master.landmarks)
    side = np.clip(across / 0.15, -1, 1) * warmer
    lamps = np.exp2(np.stack([side, np.zeros_like(side), -side], axis=-1)).astype(np.float32)[None]

    plain_in, plain_out = _finished(master)
    two_in, two_out = _finished(replace(master, foreground=master.foreground * lamps))

    assert abs(two_in - plain_in) > 0.5
    assert abs(two_out - plain_out) < 0.5 * abs(two_in - plain_in)
