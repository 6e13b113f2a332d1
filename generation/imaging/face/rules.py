"""From measures to a verdict: one table, read from top to bottom.

Each row is a finding: its code, whether it refuses or warns, and when it holds. The order is that of what
helps most, so the first reason is the one to act on. Bounds are calibrated on the labelled photos: every
good portrait passes, every made-up fault is caught; where a bound lies between the two, it says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from generation.imaging.messages import reason
from generation.imaging.types import Reason, Verdict

Measures = Mapping[str, float | int | str | bool | None]
Level = Literal["reject", "warn"]
# Groups that explain further faults of the same photo away: a mask is not also asked for in the dark.
_UNSEEN: Final = frozenset({"generated", "no_face", "too_small", "too_dark", "too_bright", "several_faces"})
# Findings about what covers the face; one of them is enough.
_COVER: Final = frozenset(
    {"half_covered", "sunglasses", "eyes_covered", "mouth_covered", "not_a_photo", "face_covered"}
)

MIN_SIDE_PX: Final = 256
GOOD_SIDE_PX: Final = 512
# Enlargement of the face for a 2048 px headshot: beyond 3 it is soft beside a sharp one; at 7 (a face of 50
# pixels between the eyes in the default framing) there is no detail left to show.
MAX_ENLARGEMENT: Final = 7.0
GOOD_ENLARGEMENT: Final = 3.0
# A second face this large stands beside the person, a smaller one behind.
BESIDE: Final = 0.75
MAX_YAW_DEG: Final = 45.0
TURNED_YAW_DEG: Final = 25.0
MAX_PITCH_DEG: Final = 30.0
NODDING_PITCH_DEG: Final = 18.0
MAX_ROLL_DEG: Final = 35.0
TILTED_ROLL_DEG: Final = 15.0
# Below 0.7 blur shows in a headshot; what lies below 0.5 cannot be sharpened honestly.
SHARP: Final = 0.7
BLURRED: Final = 0.5
# L* of the brightest 2 % of the face: 60 and more in every usable photo, 4 in nearly black ones.
BLACK_HIGHLIGHT: Final = 30.0
DARK_HIGHLIGHT: Final = 46.0
# L* of the skin: the darkest skin of the labelled set, well lit, has 35.
DARK_SKIN: Final = 29.0
BURNT_SHARE: Final = 0.25
BRIGHT_SHARE: Final = 0.06
BURNT_LIGHTNESS: Final = 93.0
# Brighter over darker side: dramatic studio light reaches 11, a hard shadow over half the face 50.
SHADOW_RATIO: Final = 20.0
SIDE_LIGHT_RATIO: Final = 4.0
BRIGHT_BACKGROUND: Final = 80.0
BACKLIGHT_STEP: Final = 18.0
# Eyes and mouths of real faces range over 25 L* and more, painted-over ones over less than 10.
NO_CONTRAST: Final = 12.0
MOUTH_TO_EYES: Final = 0.35
DARK_EYES: Final = 0.45
COVERED_SHARE: Final = 0.3
UNLIKE_COLOUR: Final = 30.0
# Paint and paper have no texture anywhere; real faces have less than 0.01 of it on their rougher part.
DRAWN_SHARE: Final = 0.05
# A face without any colour in a photo with colour is stone, metal or clay.
COLOURLESS_SHARE: Final = 0.85
COLOURFUL_PHOTO: Final = 8.0
GREY_PHOTO: Final = 2.5
# One half of the jaw is something else, and light does not explain it: the sides are equally bright.
JAW_DIFFERENCE: Final = 0.25
EVEN_LIGHT: Final = 1.6
CLOSED_EYES: Final = 0.11
NARROW_EYES: Final = 0.15
# Iris against the line between the eye's corners: -0.14 to -0.04 in photos that look into the camera.
LEVEL_GAZE: Final = (-0.165, 0.015)
WIDE_MOUTH: Final = 0.6
SIDEWAYS_GAZE: Final = 0.22
CUT_SHARE: Final = 0.05
# Proportions of labelled faces: 1.03 to 1.32.
SQUASHED: Final = (0.92, 1.55)
GRAINY: Final = 9.0
NOISY: Final = 4.8
BROKEN_BLOCKS: Final = 6.0
BLOCKY: Final = 3.0
# The most in a usable photo is 0.07 (a shine beside the glasses); a lamp in one lens covers 0.15 and more.
GLARE_SHARE: Final = 0.09
# Dark skin is not dark light: it counts only where most of the face lies far below its own highlights (at
# most 52 in a usable portrait).
BELOW_HIGHLIGHT: Final = 55.0
# Both sides of evenly lit faces differ by up to 12 in a*, b*, by 14 in hard side light.
MIXED_COLOUR: Final = 16.0
# A bar across the eyes covers the nose between them; sunglasses leave it visible.
BARRED_BRIDGE: Final = 0.5
# Printed edges above the forehead: braids reach 0.28, printed cloth 0.37 and more.
PRINTED_HEAD: Final = 0.33
# Periodic patterns on the face: up to 1.4 in photos of people, 4.1 to 4.8 in photos of screens.
SCREEN_PEAK: Final = 2.6
MAYBE_SCREEN_PEAK: Final = 2.0
# Skin detail of retouched official portraits goes down to 0.126 of the features' detail.
SMOOTHED_SKIN: Final = 0.115
# Hair and skull reach at least this far above the mesh, in eye spans; the bald reach 0.5.
CUT_HEADROOM: Final = 0.25
# Tight official portraits lack up to 0.08 of the default framing below; more shows as a cut body.
CROPPED_BELOW: Final = 0.12


class _Of:
    """Measures as numbers; what is missing counts as 0."""

    def __init__(self, measures: Measures) -> None:
        self._measures = measures

    def says(self, name: str, value: str) -> bool:
        """Whether a measure in words has this value."""
        return self._measures.get(name) == value

    def __getattr__(self, name: str) -> float:
        value = self._measures.get(name)
        return float(value) if isinstance(value, int | float) else 0.0


@dataclass(frozen=True, slots=True)
class Rule:
    """A finding: holds when `when` says so; `data` fills its sentence."""

    code: str
    level: Level
    when: Callable[[_Of], bool]
    data: Callable[[Measures], dict[str, Any]] = lambda measures: {}


def _eye_contrasts(m: _Of) -> tuple[float, float]:
    low, high = sorted((m.left_eye_contrast, m.right_eye_contrast))
    return low, high


def _half_covered(m: _Of) -> bool:
    low, high = _eye_contrasts(m)
    one_side_flat = max(m.flat_left, m.flat_right) > COVERED_SHARE and min(m.flat_left, m.flat_right) < 0.2
    return (low < NO_CONTRAST < high and m.side_ratio < SHADOW_RATIO) or (
        one_side_flat and m.over_exposure < BRIGHT_SHARE and m.blockiness < BLOCKY
    )


def _mouth_covered(m: _Of) -> bool:
    _, high = _eye_contrasts(m)
    flat = m.mouth_contrast < min(NO_CONTRAST, MOUTH_TO_EYES * high) and high > NO_CONTRAST
    return flat or m.lower_upper_colour > UNLIKE_COLOUR


def _eyes_covered(m: _Of) -> bool:
    """No lids, lashes or irises where they should be, though the mouth can be seen."""
    _, high = _eye_contrasts(m)
    return high < NO_CONTRAST < m.mouth_contrast


def _barred(m: _Of) -> bool:
    """A dark bar across both eyes and the nose between them."""
    return m.eye_brightness < DARK_EYES and m.bridge_brightness < BARRED_BRIDGE


def _recapture(m: _Of) -> float:
    return max(m.grid_peak, m.grid_peak_colour)


def _dark(m: _Of) -> bool:
    """By the face's own highlights: the mean of a well-lit dark face is that of an unlit light one."""
    in_shadow = m.face_highlight - m.skin_lightness > BELOW_HIGHLIGHT
    return m.face_highlight < DARK_HIGHLIGHT or (m.skin_lightness < DARK_SKIN and in_shadow)


def _looking_aside(m: _Of) -> bool:
    aside = abs(m.gaze_offset) > SIDEWAYS_GAZE or not LEVEL_GAZE[0] <= m.gaze_drop <= LEVEL_GAZE[1]
    return aside and abs(m.head_pose_yaw_deg) < TURNED_YAW_DEG


def _not_a_photo(m: _Of) -> bool:
    # Everywhere: a mask or a hand leaves a part of the face as it is.
    flat = min(m.flat_left, m.flat_right, m.flat_upper) > DRAWN_SHARE
    drawn = flat and m.over_exposure < BRIGHT_SHARE and m.blockiness < BLOCKY
    return drawn or (m.colourless > COLOURLESS_SHARE and m.photo_colour > COLOURFUL_PHOTO)


def _face_covered(m: _Of) -> bool:
    facing = abs(m.head_pose_yaw_deg) < TURNED_YAW_DEG
    return facing and m.jaw_difference > JAW_DIFFERENCE and m.side_ratio < EVEN_LIGHT


def _size(measures: Measures) -> dict[str, Any]:
    return {"width": measures["width_px"], "height": measures["height_px"]}


def _side(measures: Measures) -> dict[str, Any]:
    return {"side": measures["darker_side"]}


RULES: Final[tuple[Rule, ...]] = (
    Rule("generated", "reject", lambda m: m.says("origin", "generated")),
    Rule("too_small", "reject", lambda m: min(m.width_px, m.height_px) < MIN_SIDE_PX, _size),
    Rule("no_face", "reject", lambda m: m.faces < 1),
    Rule("several_faces", "reject", lambda m: m.second_face_size >= BESIDE, lambda m: {"count": m["faces"]}),
    Rule("face_too_small", "reject", lambda m: m.enlargement > MAX_ENLARGEMENT),
    Rule("too_dark", "reject", lambda m: m.face_highlight < BLACK_HIGHLIGHT),
    Rule(
        "too_bright",
        "reject",
        lambda m: m.over_exposure > BURNT_SHARE or m.skin_lightness > BURNT_LIGHTNESS,
    ),
    Rule("turned_away", "reject", lambda m: abs(m.head_pose_yaw_deg) > MAX_YAW_DEG),
    Rule("recapture", "reject", lambda m: _recapture(m) > SCREEN_PEAK),
    Rule("face_cut", "reject", lambda m: m.cut_off > CUT_SHARE),
    Rule("half_covered", "reject", _half_covered),
    Rule("eyes_covered", "reject", _barred),
    Rule("sunglasses", "reject", lambda m: m.eye_brightness < DARK_EYES),
    Rule("eyes_covered", "reject", _eyes_covered),
    Rule("not_a_photo", "reject", _not_a_photo),
    Rule("mouth_covered", "reject", _mouth_covered),
    Rule("side_shadow", "reject", lambda m: m.side_ratio > SHADOW_RATIO, _side),
    Rule("blurry", "reject", lambda m: m.sharpness < BLURRED),
    Rule(
        "squashed",
        "reject",
        lambda m: not SQUASHED[0] <= m.face_proportion <= SQUASHED[1],
    ),
    Rule("noisy", "reject", lambda m: m.noise > GRAINY),
    Rule("compressed", "reject", lambda m: m.blockiness > BROKEN_BLOCKS),
    Rule("looking_down", "reject", lambda m: m.head_pose_pitch_deg < -MAX_PITCH_DEG),
    Rule("looking_up", "reject", lambda m: m.head_pose_pitch_deg > MAX_PITCH_DEG),
    Rule("tilted_far", "reject", lambda m: abs(m.head_pose_roll_deg) > MAX_ROLL_DEG),
    Rule("eyes_closed", "reject", lambda m: m.eyes_open < CLOSED_EYES),
    Rule("recapture", "warn", lambda m: _recapture(m) > MAYBE_SCREEN_PEAK),
    Rule("edited", "warn", lambda m: m.says("origin", "edited")),
    Rule("dark", "warn", _dark),
    Rule("side_light", "warn", lambda m: m.side_ratio > SIDE_LIGHT_RATIO, _side),
    Rule("mixed_light", "warn", lambda m: m.side_colour > MIXED_COLOUR),
    Rule(
        "backlight",
        "warn",
        lambda m: m.background_lightness > max(BRIGHT_BACKGROUND, m.face_highlight + BACKLIGHT_STEP),
    ),
    Rule("bright", "warn", lambda m: m.over_exposure > BRIGHT_SHARE),
    Rule("blurry", "warn", lambda m: m.sharpness < SHARP),
    Rule("low_resolution", "warn", lambda m: min(m.width_px, m.height_px) < GOOD_SIDE_PX),
    Rule("face_small", "warn", lambda m: m.enlargement > GOOD_ENLARGEMENT),
    Rule("turned", "warn", lambda m: abs(m.head_pose_yaw_deg) > TURNED_YAW_DEG),
    Rule("looking_down", "warn", lambda m: m.head_pose_pitch_deg < -NODDING_PITCH_DEG),
    Rule("looking_up", "warn", lambda m: m.head_pose_pitch_deg > NODDING_PITCH_DEG),
    Rule("tilted", "warn", lambda m: abs(m.head_pose_roll_deg) > TILTED_ROLL_DEG),
    Rule("black_and_white", "warn", lambda m: m.photo_colour < GREY_PHOTO),
    Rule("face_covered", "warn", _face_covered),
    Rule(
        "filtered",
        "warn",
        lambda m: m.says("origin", "filtered") or (m.skin_detail < SMOOTHED_SKIN and m.sharpness > SHARP),
    ),
    Rule("people_behind", "warn", lambda m: 0.0 < m.second_face_size < BESIDE),
    Rule("hat", "warn", lambda m: m.head_covering > 0.5 or m.head_pattern > PRINTED_HEAD),
    Rule("eyes_narrow", "warn", lambda m: m.eyes_open < NARROW_EYES),
    Rule("looking_aside", "warn", _looking_aside),
    Rule("glare", "warn", lambda m: m.glare > GLARE_SHARE and m.over_exposure < BRIGHT_SHARE),
    Rule("mouth_open", "warn", lambda m: m.mouth_openness > WIDE_MOUTH),
    Rule("noisy", "warn", lambda m: m.noise > NOISY),
    Rule("compressed", "warn", lambda m: m.blockiness > BLOCKY),
    Rule("head_cut", "warn", lambda m: m.headroom < CUT_HEADROOM),
    Rule("too_close", "warn", lambda m: m.missing_below > CROPPED_BELOW),
)


def judge(measures: Measures) -> tuple[Verdict, tuple[Reason, ...]]:
    """Verdict and reasons, what helps most first. A code is told once, at its graver level."""
    numbers = _Of(measures)
    found: dict[str, tuple[Level, Reason]] = {}
    for rule in RULES:
        if rule.code in found or not rule.when(numbers):
            continue
        if rule.code in _COVER and _COVER & found.keys():
            continue
        found[rule.code] = (rule.level, reason(rule.code, **rule.data(measures)))
        if rule.code in _UNSEEN:
            break
    levels = {level for level, _ in found.values()}
    verdict: Verdict = "reject" if "reject" in levels else "warn" if levels else "accept"
    if verdict == "reject":
        # Somebody who must take a new photo is told why, not everything else about this one.
        return verdict, tuple(why for level, why in found.values() if level == "reject")
    return verdict, tuple(why for _, why in found.values())


def quality(measures: Measures) -> float:
    """How good a source for a headshot a usable photo is, about 0..1: sharp, large, frontal, evenly lit."""
    m = _Of(measures)
    size = min(1.0, 1.0 / max(m.enlargement, 0.5))
    frontal = max(0.0, 1.0 - abs(m.head_pose_yaw_deg) / 45.0)
    even = min(1.0, 2.0 / max(m.side_ratio, 1.0))
    return 0.3 * m.sharpness + 0.25 * size + 0.25 * frontal + 0.2 * even
