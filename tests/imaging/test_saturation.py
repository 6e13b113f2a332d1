"""Colours that a camera turned up are calmed by what skin looks like; other pictures stay as they are."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from branding.look import LightRig, Look
from generation.imaging import color, rig
from generation.imaging.finishing.skin import skin_lab
from generation.imaging.finishing.vary import Variation
from generation.imaging.lighting import estimate, saturation, temperature
from generation.imaging.types import MasterLayers
from tests.imaging import people


def _chroma_of_skin(master: MasterLayers, look: Look | None = None) -> tuple[float, float]:
    """CIELAB chroma and lightness of the face's skin, white balanced; with `look` as that shows it."""
    small, landmarks = estimate.small_view(master.foreground, master.landmarks)
    matrix = temperature.balance(
        temperature.Colour(master.light.temperature_k, master.light.tint), Look().light.temperature_k
    )
    if look is not None:
        matrix = np.asarray(rig.lighting(master, look, Variation())[0], np.float32)
    lab = skin_lab(np.asarray(small @ matrix.T, np.float32), landmarks)
    return float(np.hypot(lab[1], lab[2])), float(lab[0])


def _turned_up(master: MasterLayers, share: float) -> MasterLayers:
    turned = master.foreground @ saturation.matrix(share).T.astype(np.float32)
    return replace(master, foreground=np.maximum(turned, 0).astype(np.float32))


def test_colours_that_were_turned_up_come_back_and_lightness_stays() -> None:
    strong = _turned_up(people.master(), 3.2)
    before, light = _chroma_of_skin(strong)
    after, kept = _chroma_of_skin(strong, Look())
    assert before > 40
    assert 32 < after < before - 0.4 * (before - 32)
    assert kept == pytest.approx(light, abs=1.0)


def test_a_picture_with_natural_skin_is_left_alone() -> None:
    pale = people.master()
    small, landmarks = estimate.small_view(pale.foreground, pale.landmarks)
    found = temperature.Colour(pale.light.temperature_k, pale.light.tint)
    balance = temperature.balance(found, Look().light.temperature_k)
    assert saturation.calm(np.asarray(small @ balance.T, np.float32), landmarks) == 1.0
    # White alone is trimmed, by a few mired.
    assert _chroma_of_skin(pale, Look())[0] == pytest.approx(_chroma_of_skin(pale)[0], abs=2)


def test_a_style_that_leaves_light_alone_leaves_colours_alone() -> None:
    strong = _turned_up(people.master(), 3.2)
    look = Look(light=LightRig(strength=0.0))
    matrix, _ = rig.lighting(strong, look, Variation())
    found = temperature.Colour(strong.light.temperature_k, strong.light.tint)
    assert np.array_equal(matrix, temperature.balance(found, look.light.temperature_k))


@given(
    st.lists(st.floats(0.02, 0.9), min_size=3, max_size=3),
    st.floats(0.75, 1.0),
)
def test_grey_stays_and_every_colour_keeps_its_luminance(rgb: list[float], share: float) -> None:
    matrix, colour = saturation.matrix(share), np.array(rgb)
    assert np.allclose(matrix @ np.full(3, 0.4), 0.4)
    assert float(color.LUMINANCE @ (matrix @ colour)) == pytest.approx(float(color.LUMINANCE @ colour))


def test_a_picture_without_a_face_is_left_alone() -> None:
    outside = np.full((478, 3), -1000.0, np.float32)
    assert saturation.calm(np.full((40, 40, 3), 0.5, np.float32), outside) == 1.0
