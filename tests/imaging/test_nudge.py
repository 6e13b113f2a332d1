"""Small changes of a finished picture: bounded by style and skin, judged, and nothing else moves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from branding.look import Framing
from generation.imaging import color, nudge, photocheck, settling
from generation.imaging.errors import SubjectError
from generation.imaging.finishing.vary import Variation, variations
from generation.imaging.nudge import STEPS, Nudge, Skin
from generation.imaging.types import Candidate, Gallery
from tests.generation.nudging import LOOK, SIZE, portrait

STEP = st.integers(-STEPS, STEPS)
NUDGES = st.builds(Nudge, STEP, STEP, STEP)
FRAMINGS = st.builds(
    Framing,
    eye_line=st.floats(0.25, 0.60),
    head_height=st.floats(0.10, 0.35),
    eye_center=st.floats(0.35, 0.65),
)
SKINS = st.builds(Skin, lightness=st.floats(15, 90), drift=st.floats(-3.5, 3.5), ita_drift=st.floats(-7, 7))


@pytest.fixture(scope="module")
def gallery() -> Gallery:
    return photocheck.build_gallery([portrait()[0]])


def _made(picture: Candidate) -> nudge.Made:
    framing = {"eye_line": picture.eye_line, "head_height": picture.head_height, "roll_deg": picture.roll_deg}
    drift = picture.gates["skin_lightness"].value
    return nudge.Made(picture.master, picture.variation, "retouched", framing, drift, picture.scores)


def _render(steps: Nudge, gallery: Gallery) -> Candidate:
    return nudge.render(_made(portrait()[1]), steps, LOOK, SIZE, gallery, lambda stage, share: None)


@given(framing=FRAMINGS, seed=st.integers(0, 2**32 - 1), number=st.integers(0, 20), steps=NUDGES)
def test_whatever_is_offered_stays_within_the_style(
    framing: Framing, seed: int, number: int, steps: Nudge
) -> None:
    made = variations(number + 1, seed)[number]
    if not nudge.room(made, framing, None).holds(steps):
        return
    moved = steps.applied(made)
    asked = framing.head_height + moved.head
    assert abs(moved.head) <= nudge.MOST_SIZE + 1e-6 < settling.BARS["head_height"]
    assert abs(moved.shift) <= nudge.MOST_SIDE + 1e-6
    framed = moved.framing(framing)
    assert framed.eye_line == framing.eye_line
    # Nothing that is offered is cut off silently at the ends of what a style can say.
    assert steps.size == 0 or framed.head_height == pytest.approx(asked, abs=1e-6)
    Framing.model_validate(framed.model_dump())
    # The light is the style's own: only the person is exposed a little more or less.
    assert (moved.azimuth_deg, moved.ratio, moved.rim) == (made.azimuth_deg, made.ratio, made.rim)


@given(skin=SKINS, step=STEP)
def test_no_step_is_offered_that_would_take_the_skin_past_its_gate(skin: Skin, step: int) -> None:
    low, high = nudge.room(Variation(), LOOK.framing, skin).brightness
    if not low <= step <= high:
        return
    light = color.linear_to_lab(np.full((1, 1, 3), _luminance(skin.lightness), np.float32))[0, 0, 0]
    after = color.linear_to_lab(
        np.full((1, 1, 3), _luminance(skin.lightness) * 2 ** (step * nudge.LIGHT_STEP_EV), np.float32)
    )[0, 0, 0]
    assert abs(skin.drift + float(after - light)) <= max(nudge.MOST_L_DRIFT, abs(skin.drift)) + 0.01


def _luminance(lightness: float) -> float:
    return ((lightness + 16) / 116) ** 3


@given(steps=NUDGES)
def test_nothing_asked_for_is_always_offered_and_the_ends_bound_what_is(steps: Nudge) -> None:
    room = nudge.room(Variation(head=0.004, shift=-0.02), LOOK.framing, Skin(60, 1.9, 0.0))
    assert room.holds(Nudge())
    assert room.side[0] == 0
    assert room.brightness[1] < STEPS
    if room.holds(steps):
        assert not steps.side < 0


def test_a_lighter_person_stands_before_the_same_backdrop(gallery: Gallery) -> None:
    before, after = portrait()[1], _render(Nudge(brightness=1), gallery)
    corner = (slice(0, 40), slice(0, 60))
    assert np.array_equal(before.image[corner], after.image[corner])
    assert after.measures["skin_l"] > before.measures["skin_l"] + 0.3
    assert after.gates["skin_lightness"].passed
    assert after.head_height == pytest.approx(before.head_height, abs=0.002)
    assert after.variation["exposure_ev"] == nudge.LIGHT_STEP_EV


@settings(max_examples=5, deadline=None)
@given(size=STEP, side=STEP)
def test_the_finished_crop_measures_within_the_bars(gallery: Gallery, size: int, side: int) -> None:
    picture = portrait()[1]
    room = nudge.room(Variation.read(picture.variation), LOOK.framing, None)
    steps = Nudge(0, size, side)
    if not room.holds(steps):
        return
    after = _render(steps, gallery)
    assert abs(after.eye_line - LOOK.framing.eye_line) <= settling.BARS["eye_line"]
    assert abs(after.head_height - LOOK.framing.head_height) <= settling.BARS["head_height"]
    moved = after.head_height - picture.head_height
    assert moved == pytest.approx(size * nudge.SIZE_STEP, abs=0.004)
    assert all(gate.passed for gate in after.gates.values())


def test_the_same_wish_is_the_same_bytes(gallery: Gallery) -> None:
    wish = Nudge(brightness=-1, size=1, side=1)
    assert np.array_equal(_render(wish, gallery).image, _render(wish, gallery).image)


def test_what_fails_a_check_is_refused_not_shown(gallery: Gallery) -> None:
    # Twice the bound of brightness in one step, as a forged request would ask for.
    with pytest.raises(SubjectError) as refused:
        _render(Nudge(brightness=9), gallery)
    assert refused.value.code in {"nudge_skin", "gate_skin_lightness", "gate_skin_ita", "gate_clipped"}
    with pytest.raises(SubjectError, match="nudge_framing"):
        _render(Nudge(size=-6), gallery)
