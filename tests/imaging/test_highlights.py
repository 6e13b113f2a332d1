"""What the camera could still draw is not burned out: a crown in the sun, white hair, a white scarf."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from branding.look import Look
from generation.imaging import run
from generation.imaging.lighting.highlights import highlights
from tests.imaging import people

NO_SKIN = np.zeros((24, 24))


def below_white(gain: np.ndarray, picture: np.ndarray, skin: np.ndarray, unit: float) -> np.ndarray:
    return highlights(picture, skin, unit).below_white(gain)


@given(st.floats(0.6, 3.0), st.floats(0.02, 1.0))
def test_no_place_gets_darker_than_it_was_or_brighter_than_asked(gain: float, light: float) -> None:
    picture = np.full((24, 24, 3), light, np.float32)
    held = below_white(np.full_like(picture, gain), picture, NO_SKIN, 30.0)
    lit = picture * held
    assert lit.max() <= light * gain + 1e-5
    assert lit.min() >= min(light, light * gain) - 1e-5
    assert lit.max() < max(0.81, light + 1e-5)


def test_dark_places_get_all_of_the_light() -> None:
    picture = np.full((24, 24, 3), 0.15, np.float32)
    gain = np.full_like(picture, 2.0)
    assert np.array_equal(below_white(gain, picture, NO_SKIN, 30.0), gain)


def test_pale_skin_gets_more_of_it_than_a_collar_beside_deep_skin() -> None:
    picture = np.full((24, 24, 3), 0.6, np.float32)
    gain = np.full_like(picture, 1.1)
    pale = below_white(gain, picture, np.ones((24, 24)), 30.0).mean()
    assert below_white(gain, picture, NO_SKIN, 30.0).mean() < pale <= 1.1


def test_brighter_places_stay_brighter() -> None:
    ramp = np.linspace(0.05, 0.9, 400, dtype=np.float32)
    picture = np.repeat(np.repeat(ramp[None, :, None], 9, axis=0), 3, axis=2)
    lit = picture * below_white(np.full_like(picture, 1.7), picture, np.zeros((9, 400)), 1.0)
    assert (np.diff(lit[4, :, 0]) > 0).all()


def test_what_would_have_burned_white_is_white_and_a_bright_colour_stays_one() -> None:
    collar, scarf = np.float32([0.60, 0.66, 0.58]), np.float32([0.75, 0.35, 0.40])

    def lit(colour: np.ndarray) -> np.ndarray:
        picture = np.broadcast_to(colour, (24, 24, 3)).astype(np.float32)
        return (picture * below_white(np.full_like(picture, 1.6), picture, NO_SKIN, 30.0))[12, 12]

    assert np.ptp(lit(collar)) / lit(collar).max() < 0.6 * np.ptp(collar) / collar.max()
    assert np.ptp(lit(scarf)) / lit(scarf).max() == pytest.approx(np.ptp(scarf) / scarf.max(), abs=1e-3)


@pytest.mark.parametrize("name", ["raphael-warnock", "bonnie-watson-coleman", "grace-napolitano"])
def test_a_bright_head_is_not_burned_out(name: str) -> None:
    picture = run.finish(people.master(f"portraits/{name}.jpg"), Look(), (512, 640))
    # Burned at their worst, 7938, 1221 and 2517 of these pixels were white.
    assert int((picture[:320].min(axis=-1) >= 250).sum()) < 400
