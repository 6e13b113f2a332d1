"""Teeth and whites of the eyes stay white, whatever is done to the light on the skin around them."""

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from branding.look import Look
from generation.imaging import color, rig
from generation.imaging.finishing.vary import Variation
from generation.imaging.landmarks import INNER_LIPS, region, skin_region
from generation.imaging.lighting import estimate, temperature
from tests.imaging import people

_PEOPLE = ("", "portraits/adriano-espaillat.jpg", "portraits/rashida-tlaib.jpg", "portraits/dan-newhouse.jpg")


def _teeth(path: str) -> tuple[NDArray[Any], float]:
    """What the rig does to a person's teeth: change of CIELAB a* and b* (2,), and stops against the skin."""
    master = people.master(path)
    _, gain = rig.lighting(master, Look(), Variation())
    own = temperature.balance(temperature.Colour(master.light.temperature_k, master.light.tint), 5600.0)
    small, landmarks = estimate.small_view(master.foreground, master.landmarks)
    photo = np.asarray(small @ own.T, np.float32)
    lit = photo * cv2.resize(gain, (photo.shape[1], photo.shape[0]))
    inside = region(landmarks, INNER_LIPS, photo.shape[:2]) > 0
    skin = skin_region(landmarks, photo.shape[:2]) > 0
    before, after = color.linear_to_lab(photo[inside]), color.linear_to_lab(lit[inside])
    bright = before[:, 0] >= np.quantile(before[:, 0], 0.6)
    stops = np.log2(color.luminance(lit) / np.maximum(color.luminance(photo), 1e-4) + 1e-6)
    darker = float(stops[inside][bright].mean() - stops[skin].mean())
    return (after - before)[bright, 1:].mean(axis=0), darker


@pytest.mark.parametrize("path", _PEOPLE, ids=["astronaut", "adriano", "rashida", "dan"])
def test_teeth_do_not_turn_yellow(path: str) -> None:
    assert np.hypot(*_teeth(path)[0]) < 5


@pytest.mark.parametrize("path", _PEOPLE, ids=["astronaut", "adriano", "rashida", "dan"])
def test_teeth_do_not_turn_grey(path: str) -> None:
    assert _teeth(path)[1] > -0.5
