"""What a drawn picture must hold beyond the gates of every picture: it is this person, as they are.

Compared with the person's own photos, by numbers that need no model beyond those that wheels carry: skin
against the photos' own white-balanced skin, glasses, beard, head covering and hair against what the photos
show, a face whose two halves belong together, and no hands. Bounds come from the labelled portraits and the
second photos of the same people, taken years apart. Doubled collars have no gate: no detector that wheels
carry knows a collar from a scarf or a lapel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from branding.look import Look
from generation.imaging import color, hands
from generation.imaging.face import worn
from generation.imaging.finishing.skin import skin_lab
from generation.imaging.gates import MOST_ITA_DRIFT_DEG, MOST_L_DRIFT, Measured
from generation.imaging.identity import marks
from generation.imaging.landmarks import CHIN, FACE_OVAL, Landmarks, eye_middle, face_unit, region
from generation.imaging.lighting import estimate, temperature
from generation.imaging.lighting.eyes import eye_white
from generation.imaging.matting.segment import person_probability
from generation.imaging.prompt import Visible
from generation.imaging.types import SRGB8, Alpha, CheckedPhoto, Face, Gallery, Gate

# Change of the glasses' and the beard's log-odds against the nearest photo; they reach 5. Of the labelled
# people whom the weights have not seen, 276 of 291 pairs with and without glasses change by more, and 188 of
# 204 with and without a beard; none of 21 and 24 pairs of one person who stayed as they were, and none of 81
# headshots against the photo (`tests/benchmarks/worn_eval.py`, docs/benchmarks.md).
MOST_GLASSES_CHANGE: Final = 2.5
MOST_BEARD_CHANGE: Final = 2.5
# Factor on the area of hair (or what covers it) around the face; photos of one person years apart reach 1.44.
MOST_HAIR_CHANGE: Final = 1.7
# Lab distance of the crown's colour, light taken out by the skin's: of 25 pairs one lies above, a turned head
# before a bright wall; the others reach 29.
MOST_CROWN_CHANGE: Final = 40.0
# Difference of the two halves of the face as drawn on each other, in eye-to-chin units, and how much more of
# it a degree of turn shows: real faces lie below 0.05 from the front and reach 0.12 at 30 degrees.
MOST_ASYMMETRY: Final = 0.08
_ASYMMETRY_PER_DEG: Final = 0.003
# Hands in sight; half of one, since they are whole.
MOST_HANDS: Final = 0.5
# Eye-to-chin size in which extents are measured, in pixels.
_UNIT_PX: Final = 64.0
# Hair beside the face between eyes and chin, in squared units, from which it is long.
_LONG_HAIR: Final = 0.5
# Mesh points that face each other across the nose.
_MIRRORED: Final = (
    (33, 263),
    (133, 362),
    (61, 291),
    (234, 454),
    (172, 397),
    (105, 334),
    (50, 280),
    (98, 327),
)
_MIDDLE: Final = (10, 168, 1, 152)


@dataclass(frozen=True, slots=True)
class Own:
    """One photo of the person as far as drawn pictures are compared with it."""

    skin: tuple[float, float, float]
    worn: worn.Worn
    hair: float
    # Hair beside the face alone.
    side: float
    crown: NDArray[np.float32] | None


class Wearer:
    """The person's photos, measured once per shoot, white-balanced to the look's temperature."""

    def __init__(self, gallery: Gallery, look: Look) -> None:
        self._kelvin = look.light.temperature_k
        self._photos = [photo for photo in gallery.photos if photo.decoded and photo.face]
        self._own: list[Own] | None = None

    @property
    def own(self) -> Sequence[Own]:
        """Every photo's numbers, measured when first asked for."""
        if self._own is None:
            self._own = [_own(photo, self._kelvin) for photo in self._photos]
        return self._own

    @property
    def faces(self) -> list[tuple[SRGB8, Landmarks]]:
        """Every photo with the points of its face."""
        return [(one.decoded.pixels, one.face.landmarks) for one in self._photos if one.decoded and one.face]

    @property
    def skins(self) -> NDArray[np.float64]:
        """(photos, 3) the skin of every photo in CIELAB."""
        return np.array([one.skin for one in self.own], np.float64)

    def visible(self) -> Visible:
        """What can surely be seen in the photos, for the words: None where they differ or nobody can say."""
        wears = [one.worn for one in self.own]
        long_ = [one.side > _LONG_HAIR for one in self.own]
        return Visible(
            glasses=_agreed([worn.says(one.glasses, worn.GLASSES) for one in wears]),
            beard=_agreed([worn.says(one.beard, worn.BEARD) for one in wears]),
            head_covering=True if wears and all(one.covered for one in wears) else None,
            hair="long" if long_ and all(long_) else None,
        )


def _agreed(said: Sequence[bool | None]) -> bool | None:
    return said[0] if said and len(set(said)) == 1 else None


def judge(image: SRGB8, measured: Measured, wearer: Wearer, look: Look) -> dict[str, Gate]:
    """Every further gate of a drawn picture by name, failed ones included."""
    own, seen = wearer.own, _seen(image, measured.face, None)
    skins = np.array([_exposed(one.skin, look) for one in own])
    ita = _beyond(float(color.ita_deg(np.array(measured.skin))), color.ita_deg(skins))
    lightness = _beyond(measured.skin[0], skins[:, 0])
    gates = {
        "own_skin_ita": Gate(ita, MOST_ITA_DRIFT_DEG, abs(ita) <= MOST_ITA_DRIFT_DEG),
        "own_skin_lightness": Gate(lightness, MOST_L_DRIFT, abs(lightness) <= MOST_L_DRIFT),
        "glasses": _change(seen.worn.glasses, [one.worn.glasses for one in own], MOST_GLASSES_CHANGE),
        "beard": _change(seen.worn.beard, [one.worn.beard for one in own], MOST_BEARD_CHANGE),
        "head_covering": _covering(seen.worn.covered, [one.worn.covered for one in own]),
        "hair": _hair(seen.hair, [one.hair for one in own]),
        "hair_colour": _crown(seen.crown, [one.crown for one in own]),
    }
    skewed = asymmetry(measured.face.landmarks)
    bound = MOST_ASYMMETRY + _ASYMMETRY_PER_DEG * abs(measured.face.yaw_deg)
    # A headshot asks for no hands, and what models draw badly most often is their fingers.
    seen_hands = float(hands.count(image))
    return {
        **gates,
        "geometry": Gate(skewed, bound, skewed <= bound),
        "hands": Gate(seen_hands, MOST_HANDS, seen_hands <= MOST_HANDS),
    }


def numbers(image: SRGB8, measured: Measured, wearer: Wearer) -> dict[str, float]:
    """How much of the person's moles, lines and freckles (`marks_detail`), and of frames, beard and hairline
    (`marks_traits`), is found again, 0..1; see `identity.marks`.

    No gate: of 32 pairs of true photos of one person, taken years apart, a tenth measure 0, as most pairs of
    two people do (medians 0.09 and 0.03 in detail, 0.23 and 0.00 in traits). A bound that refuses nothing
    real would refuse nothing.
    """
    kept = marks.best(wearer.faces, image, measured.face.landmarks)
    return {"marks_detail": round(kept.detail, 4), "marks_traits": round(kept.traits, 4)}


def _exposed(skin: tuple[float, float, float], look: Look) -> NDArray[Any]:
    """The photo's skin at the exposure that the brand asks for (L* goes with the cube root of light)."""
    lab = np.array(skin, np.float64)
    lab[0] = (lab[0] + 16) * 2.0 ** (look.grade.exposure_ev / 3) - 16
    return lab


def _beyond(seen: float, own: NDArray[Any]) -> float:
    """Signed distance from what the middle half of the person's photos show; 0 among them. Photos differ in
    exposure: what several of them agree on is the person's."""
    low, high = np.quantile(own, [0.25, 0.75])
    return float(seen - np.clip(seen, low, high))


def _change(seen: float | None, own: Sequence[float | None], bound: float) -> Gate:
    """Signed change against the nearest photo: positive is gained. 0 where nobody can say."""
    known = [score for score in own if score is not None]
    if seen is None or not known:
        return Gate(0.0, bound, True)
    change = min((seen - score for score in known), key=abs)
    return Gate(change, bound, abs(change) <= bound)


def _covering(seen: bool, own: Sequence[bool]) -> Gate:
    """1 gained, -1 lost, 0 as in at least one photo."""
    if not own or seen in own:
        return Gate(0.0, 0.5, True)
    return Gate(1.0 if seen else -1.0, 0.5, False)


def _hair(seen: float, own: Sequence[float]) -> Gate:
    """The factor by which the area of hair differs from the nearest photo's, 1 and more."""
    # A shaved head's rim of matte is nobody's haircut.
    factors = [max(seen + 0.2, one + 0.2) / min(seen + 0.2, one + 0.2) for one in own]
    factor = min(factors, default=1.0)
    return Gate(factor, MOST_HAIR_CHANGE, factor <= MOST_HAIR_CHANGE)


def _crown(seen: NDArray[np.float32] | None, own: Sequence[NDArray[np.float32] | None]) -> Gate:
    known = [one for one in own if one is not None]
    if seen is None or not known:
        return Gate(0.0, MOST_CROWN_CHANGE, True)
    distance = min(float(np.linalg.norm(seen - one)) for one in known)
    return Gate(distance, MOST_CROWN_CHANGE, distance <= MOST_CROWN_CHANGE)


def asymmetry(landmarks: Landmarks) -> float:
    """How far the halves of a face are from mirror images, in eye-to-chin units; 0 is symmetric.

    With depth, so that a turned head stays nearly symmetric.
    """
    points = landmarks.astype(np.float64)
    left, right = (points[[pair[side] for pair in _MIRRORED]] for side in (0, 1))
    across = (right - left).mean(axis=0)
    across /= max(float(np.linalg.norm(across)), 1e-6)
    middle = points[list(_MIDDLE)].mean(axis=0)
    mirrored = left - 2 * ((left - middle) @ across)[:, None] * across
    return float(np.linalg.norm(mirrored - right, axis=1).mean() / max(face_unit(landmarks), 1e-6))


def _own(photo: CheckedPhoto, kelvin: float) -> Own:
    assert photo.decoded is not None and photo.face is not None
    return _seen(photo.decoded.pixels, photo.face, kelvin)


def _seen(pixels: SRGB8, face: Face, kelvin: float | None) -> Own:
    """The numbers of a picture, white-balanced to `kelvin`, or as it is where it has the look's light."""
    linear = color.srgb8_to_linear(pixels)
    balanced, landmarks = estimate.small_view(linear, face.landmarks)
    if kelvin is not None:
        found = temperature.estimate(balanced, landmarks, eye_white(pixels, face.landmarks))
        balanced = np.asarray(balanced @ temperature.balance(found, kelvin).T, np.float32)
    skin = skin_lab(balanced, landmarks)
    hair, side = _extent(pixels, face)
    crown = _crown_colour(balanced, landmarks, skin)
    return Own((float(skin[0]), float(skin[1]), float(skin[2])), worn.worn(pixels, face), hair, side, crown)


def _extent(pixels: SRGB8, face: Face) -> tuple[float, float]:
    """Area of the head outside the face (hair and what covers it) and its part beside the face, both in
    squared eye-to-chin units and above the chin."""
    scale = min(1.0, _UNIT_PX / face_unit(face.landmarks))
    size = (max(16, round(pixels.shape[1] * scale)), max(16, round(pixels.shape[0] * scale)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    landmarks = face.landmarks * np.float32(scale)
    person: Alpha = person_probability(
        small, Face(face.box, landmarks, face.yaw_deg, face.pitch_deg, face.roll_deg, face.score)
    ).probability
    unit, middle = face_unit(landmarks), eye_middle(landmarks)
    down = (landmarks[CHIN, :2] - middle) / max(unit, 1e-3)
    ys, xs = np.mgrid[0 : person.shape[0], 0 : person.shape[1]].astype(np.float32)
    below = ((xs - middle[0]) * down[0] + (ys - middle[1]) * down[1]) / unit
    hair = (person > 0.5) & (below < 0.75) & (region(landmarks, FACE_OVAL, person.shape) == 0)
    return float(hair.sum() / unit**2), float((hair & (below >= 0)).sum() / unit**2)


def _crown_colour(
    balanced: NDArray[np.float32], landmarks: Landmarks, skin: NDArray[Any]
) -> NDArray[np.float32] | None:
    """Median Lab right above the forehead less the skin's; None where the picture ends below it."""
    unit, (x, y) = face_unit(landmarks), landmarks[10, :2]
    top, bottom = round(float(y) - 0.40 * unit), round(float(y) - 0.10 * unit)
    left, right = round(float(x) - 0.45 * unit), round(float(x) + 0.45 * unit)
    part = balanced[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    if top < 0 or part.size < 60:
        return None
    lab = np.median(color.linear_to_lab(np.ascontiguousarray(part)).reshape(-1, 3), axis=0)
    return np.asarray(lab - skin, np.float32)
