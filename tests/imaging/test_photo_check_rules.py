"""From measures to findings: each can be reached, has its gravity, and depends on the framing."""

import pytest

from branding.look import Framing
from generation.imaging import photocheck
from generation.imaging.decode import encode_jpeg
from generation.imaging.face import rules
from tests.imaging.people import astronaut, check, codes
from tests.imaging.test_photo_check_faults import REJECTED, WARNED

# What no made-up photo of `test_photo_check_faults` shows: the measures that stand for it.
MEASURED: dict[str, tuple[str, dict[str, float | str]]] = {
    "generated": ("reject", {"origin": "generated"}),
    "edited": ("warn", {"origin": "edited"}),
    "filtered": ("warn", {"skin_detail": 0.08}),
    "turned_away": ("reject", {"head_pose_yaw_deg": -50.0}),
    "turned": ("warn", {"head_pose_yaw_deg": 30.0}),
    "looking_down": ("warn", {"head_pose_pitch_deg": -22.0}),
    "looking_up": ("warn", {"head_pose_pitch_deg": 22.0}),
    "looking_aside": ("warn", {"gaze_offset": 0.3}),
    "eyes_closed": ("reject", {"eyes_open": 0.08}),
    "eyes_narrow": ("warn", {"eyes_open": 0.13}),
    "mouth_open": ("warn", {"mouth_openness": 0.8}),
    "side_light": ("warn", {"side_ratio": 6.0, "darker_side": "left"}),
    "backlight": ("warn", {"background_lightness": 98.0, "face_highlight": 70.0}),
    "dark": ("warn", {"face_highlight": 40.0}),
    "bright": ("warn", {"over_exposure": 0.1}),
    "half_covered": ("reject", {"left_eye_contrast": 5.0}),
    "face_covered": ("warn", {"jaw_difference": 0.4, "side_ratio": 1.1}),
    "people_behind": ("warn", {"second_face_size": 0.4}),
    "face_small": ("warn", {"enlargement": 4.0}),
    "low_resolution": ("warn", {"width_px": 400, "height_px": 500}),
}


@pytest.mark.parametrize("code", MEASURED)
def test_each_finding_has_its_gravity_and_its_words(code: str) -> None:
    level, changed = MEASURED[code]
    measured = dict(check(astronaut()).report.measures)
    assert code == "face_small" or code not in [reason.code for reason in rules.judge(measured)[1]]
    verdict, reasons = rules.judge({**measured, **changed})
    assert verdict == level
    assert code in [reason.code for reason in reasons]


def test_there_is_no_finding_without_a_test() -> None:
    assert {rule.code for rule in rules.RULES} <= {*MEASURED, *REJECTED, *WARNED}


def test_measures_that_an_older_release_stored_without_the_new_ones_still_give_a_verdict() -> None:
    """The portal judges stored measures again when a style's framing changes."""
    new = (
        "origin",
        "skin_detail",
        "grid_peak",
        "grid_peak_colour",
        "side_colour",
        "gaze_drop",
        "head_pattern",
    )
    measured = {name: value for name, value in check(astronaut()).report.measures.items() if name not in new}
    assert rules.judge(measured)[0] in {"accept", "warn"}


def in_framing(framing: Framing) -> list[str]:
    return codes(photocheck.check_photo(encode_jpeg(astronaut()), "photo.jpg", framing))


def test_a_crop_too_tight_for_the_brand_is_said_before_anything_is_made() -> None:
    """The astronaut's photo ends at the chest: enough for a head and collar, not for half a body."""
    assert "too_close" not in in_framing(Framing())
    assert "too_close" in in_framing(Framing(head_height=0.12, eye_line=0.3))


def test_the_same_face_is_large_enough_for_a_wide_framing_only() -> None:
    small = photocheck.check_photo(encode_jpeg(astronaut()[::3, ::3]), "photo.jpg", Framing(head_height=0.34))
    assert small.report.verdict == "reject"
    assert codes(small)[0] == "face_too_small"
    wide = photocheck.check_photo(encode_jpeg(astronaut()[::3, ::3]), "photo.jpg", Framing(head_height=0.12))
    assert "face_too_small" not in codes(wide)
