"""The grade: greys stay grey, nothing folds, whites roll off, shadows open, skin keeps its colour."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from branding.look import Grade
from generation.imaging.finishing import grade

RAMP = np.repeat(np.linspace(0.0, 1.0, 400, dtype=np.float32)[None, :, None] ** 2, 3, axis=2)


def _row(**values: float) -> np.ndarray:
    return np.asarray(grade.grade(RAMP, Grade(**{"contrast": 0.0, **values}))[0, :, 0])


def test_contrast_spreads_and_keeps_grey_grey() -> None:
    out = grade.grade(RAMP, Grade(contrast=0.4))
    assert np.ptp(out, axis=2).max() < 1e-5
    assert out[0, 100, 0] < RAMP[0, 100, 0] and out[0, 350, 0] > RAMP[0, 350, 0]


@settings(max_examples=150, deadline=None)
@given(
    exposure_ev=st.floats(-1, 1),
    white_point=st.floats(0.8, 1.25),
    contrast=st.floats(-0.5, 0.6),
    highlights=st.floats(0, 1),
    shadows=st.floats(0, 1),
)
def test_brighter_never_becomes_darker(**values: float) -> None:
    """No setting folds the curve (beyond the steps of its table), or lifts black."""
    row = _row(**values)
    assert np.diff(row).min() > -5e-4
    assert row[0] == pytest.approx(0, abs=1e-4) and row[-1] <= 1.0001


def test_nothing_set_changes_nothing() -> None:
    np.testing.assert_allclose(_row(), RAMP[0, :, 0], atol=3e-4)


def test_a_little_exposure_is_a_little_brighter() -> None:
    """The roll-off begins without a step."""
    assert np.abs(_row(exposure_ev=0.01) - _row()).max() < 0.01


def test_highlights_roll_off_and_leave_the_middle_alone() -> None:
    plain, rolled = _row(), _row(highlights=0.8)
    middle = RAMP[0, :, 0] < 0.3
    np.testing.assert_allclose(rolled[middle], plain[middle], atol=2e-3)
    assert rolled[-1] < 0.95
    assert np.diff(rolled)[-20:].min() > 0, "bright parts keep their differences"


def test_shadows_open_and_leave_the_lights_alone() -> None:
    plain, opened = _row(), _row(shadows=0.8)
    assert opened[60] > 1.2 * plain[60]
    np.testing.assert_allclose(opened[-80:], plain[-80:], rtol=0.02)


def test_the_white_point_says_what_becomes_white() -> None:
    low, high = _row(white_point=0.8), _row(white_point=1.25)
    assert low[-1] == pytest.approx(1.0, abs=0.01)
    assert high[-1] == pytest.approx(0.8, abs=0.01)
    assert low[200] == pytest.approx(RAMP[0, 200, 0] / 0.8, rel=0.02)


def test_saturation_spares_skin() -> None:
    skin, blue = np.array([[[0.42, 0.22, 0.14]]], np.float32), np.array([[[0.1, 0.2, 0.5]]], np.float32)

    def kept(colour: np.ndarray) -> float:
        plain, grey = (grade.grade(colour, Grade(contrast=0, saturation=value)) for value in (0, -1))
        return float(np.ptp(grey) / np.ptp(plain))

    assert kept(skin) > 0.4 and kept(blue) < 0.05
