"""Photos of one person under lamps of different colour come out alike."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from branding.look import Grade, Look
from generation.imaging import gates, materials, rig, run
from generation.imaging.finishing.vary import Variation
from generation.imaging.lighting import temperature
from generation.imaging.lighting.eyes import eye_white
from generation.imaging.lighting.temperature import STUDIO_WHITE_K, Colour
from generation.imaging.rig import light_of
from generation.imaging.types import LinearRGB, MasterLayers
from tests.imaging import people


def _found(linear: LinearRGB, master: MasterLayers) -> float:
    """Mired of the light that is found."""
    return 1e6 / light_of(linear, master.alpha, master.landmarks).temperature_k


def _under(master: MasterLayers, mired: float) -> LinearRGB:
    """The person by a lamp that is so much warmer, half as bright so that nothing clips."""
    lamp = temperature.balance(Colour(1e6 / (1e6 / STUDIO_WHITE_K + mired)), STUDIO_WHITE_K)
    return np.asarray(0.5 * master.foreground @ np.linalg.inv(lamp).T, np.float32)


@pytest.mark.parametrize("mired", [-30.0, 30.0])
def test_about_half_of_a_cast_is_taken_out_by_the_face_alone(mired: float) -> None:
    master = people.master()
    moved = _found(_under(master, mired), master) - _found(_under(master, 0.0), master)
    assert 0.4 <= moved / mired <= 1.0


def test_the_whites_of_the_eyes_follow_the_lamp() -> None:
    master = people.master()
    before, after = (eye_white(_under(master, mired), master.landmarks) for mired in (0.0, 30.0))
    assert before is not None and after is not None
    warmth = np.log(after[0] / after[2]) - np.log(before[0] / before[2])
    lamp = _under(master, 30.0).reshape(-1, 3).sum(axis=0) / _under(master, 0.0).reshape(-1, 3).sum(axis=0)
    assert warmth == pytest.approx(np.log(lamp[0] / lamp[2]), abs=0.05)


def test_red_veins_say_nothing() -> None:
    master = people.master()
    eyes = master.foreground.copy()
    plain = eye_white(eyes, master.landmarks)
    # Three of four columns are bloodshot.
    for column in range(3):
        eyes[:, column::4] *= np.array([1.0, 0.75, 0.6], np.float32)
    seen = eye_white(eyes, master.landmarks)
    assert plain is not None and seen is not None
    assert abs(np.log(seen[0] / seen[2]) - np.log(plain[0] / plain[2])) < 0.15
    assert abs(np.log(1.0 / 0.6)) > 0.5


def test_no_light_is_read_where_no_eye_is_seen() -> None:
    master = people.master()
    far = np.asarray(master.landmarks * 0.02, np.float32)
    assert eye_white(master.foreground, far) is None


@pytest.mark.parametrize("name", ["mark-takano", "mondaire-jones"])
def test_moved_light_leaves_white_where_the_style_has_it(name: str) -> None:
    """Relit collars and eyes read up to 9 mired off until the finished picture is looked at."""
    master, look = people.master(f"portraits/{name}.jpg"), Look()
    seen = gates.measure(run.finish(master, look, (819, 1024)), master, look).light

    assert abs(1e6 / seen.temperature_k - 1e6 / look.light.temperature_k) < 5
    assert abs(seen.tint) < 0.015


@given(
    kelvin=st.floats(3000, 9000),
    tint=st.floats(-0.5, 0.5),
    read=st.floats(2500, 12000),
    tinged=st.floats(-0.5, 0.5),
)
def test_the_last_word_on_white_is_a_small_one(
    kelvin: float, tint: float, read: float, tinged: float
) -> None:
    found = Colour(kelvin, tint)
    after = temperature.trimmed(found, Colour(read, tinged), STUDIO_WHITE_K)

    moved = 1e6 / after.temperature_k - 1e6 / kelvin
    assert abs(moved) <= 8.001
    assert abs(after.tint - tint) <= 0.02001
    assert moved * (1e6 / read - 1e6 / STUDIO_WHITE_K) >= -1e-6


@pytest.mark.parametrize("colours", ["black and white", "warm table"])
def test_colours_that_a_style_wants_are_not_trimmed_away(colours: str) -> None:
    grid = np.stack(np.meshgrid(*3 * [np.linspace(0, 1, 9)], indexing="ij"), axis=-1).reshape(-1, 3)[:, ::-1]
    rows = "\n".join(" ".join(f"{one:g}" for one in row) for row in grid * np.array([1.0, 0.9, 0.6]))
    style = Grade(lut=materials.add(f"LUT_3D_SIZE 9\n{rows}\n".encode()))
    if colours == "black and white":
        style = Grade(saturation=-1.0)
    plain, coloured = (
        rig.lighting(people.master(), Look(grade=one), Variation())[0] for one in (Grade(), style)
    )

    assert np.abs(plain - coloured).max() < 0.01
