"""From a soft mask to sure person, sure backdrop and the band between."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.landmarks import FACE_OVAL, eye_middle, face_unit, region, skin_region
from generation.imaging.matting.colours import colour_odds
from generation.imaging.types import Alpha

# Half width of the band in eye-to-chin units. Hair needs room for strands; a jacket's edge is hard,
# and a wide band there lets a backdrop of the same colour eat into the shoulder.
_HAIR_OUTSIDE, _HAIR_INSIDE = 0.13, 0.09
_CLOTH_OUTSIDE, _CLOTH_INSIDE = 0.05, 0.05
# The net's own doubt counts as unknown between these.
_SURE_BACK, _SURE_PERSON = 0.06, 0.94
# Skin: this many deviations from the face's own Lab median (no less spread than that), seen on a share
# between these of the person within that reach (eye-to-chin units).
_ALIKE, _LEAST_SPREAD, _LEAST_SKIN_PX = 2.5, (6.0, 3.0, 3.0), 50
_SKIN_SHARE, _LOOK_AROUND = (0.4, 0.7), 0.1
# The backdrop between strands: colour odds below this, that far inside at most and that far from the face
# (eye-to-chin units), where glasses and earrings are. Vivid: CIELAB chroma above the first.
_VIVID = 35.0
_BETWEEN_BELOW, _BETWEEN_HAIR, _BETWEEN_WITHIN, _BETWEEN_AWAY = 0.15, 0.3, 0.22, 0.12
# Backdrop of any colour: odds below this in a place of that half width (eye-to-chin units), where the middle
# vote is below the last.
_PLACE_BELOW, _PLACE, _DOUBTED = 0.05, 0.012, 0.90
# The jaw: all within the first distance of the face's oval, none beyond the second, from between these
# heights below the eyes on (eye-to-chin units).
_JAW_NEAR, _JAW_BELOW = (0.05, 0.10), (0.30, 0.50)
# The face is known to be the person's that far inside its oval (eye-to-chin units; on the side that a face
# turns away the mesh lies up to a tenth beyond the jaw), and in all of it but where the middle vote of the
# segmenter's views is below the second.
_FACE_INSIDE, _FACE_VOTE = 0.10, 0.45
# Plain backdrop: colour odds below this everywhere within that reach, and that far outside.
_PLAIN_BELOW, _PLAIN_AROUND, _PLAIN_OUTSIDE = 0.08, 0.04, 0.06


def hair_weight(landmarks: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """(H, W) float32: 1 around the head, 0 at the shoulders; long hair beside the neck in between."""
    unit, (eye_x, eye_y) = face_unit(landmarks), eye_middle(landmarks)
    ys, xs = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    below = (ys - (eye_y + 0.9 * unit)) / (0.5 * unit)
    aside = (np.abs(xs - eye_x) - 1.25 * unit) / (0.5 * unit)
    return np.asarray(np.clip(1 - np.maximum(below, aside), 0, 1), np.float32)


def _distance(mask: NDArray[Any]) -> NDArray[Any]:
    """Distance of each set pixel to the nearest unset one."""
    out: NDArray[Any] = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    return out


def depths(mask: NDArray[Any], unit: float) -> NDArray[Any]:
    """How deep each pixel lies in a mask that goes on beyond the picture, in eye-to-chin units."""
    wide = cv2.copyMakeBorder(mask.astype(np.uint8), 2, 2, 2, 2, cv2.BORDER_REPLICATE)
    return np.asarray(cv2.distanceTransform(wide, cv2.DIST_L2, 5)[2:-2, 2:-2] / unit)


def _near_skin(image: NDArray[Any], probability: Alpha, landmarks: NDArray[Any]) -> NDArray[Any]:
    """(H, W) float32: 1 where the person's edge nearby is bare skin or the jaw, which have no strands."""
    unit = face_unit(landmarks)
    alike = skin_coloured(cv2.cvtColor(image, cv2.COLOR_RGB2Lab), landmarks)
    inside = (probability > _SURE_PERSON).astype(np.float32)
    size = (2 * max(1, round(_LOOK_AROUND * unit)) + 1,) * 2
    skin, person = cv2.blur(alike * inside, size), cv2.blur(inside, size)
    share = skin / np.maximum(person, 0.05)
    seen = np.clip((share - _SKIN_SHARE[0]) / (_SKIN_SHARE[1] - _SKIN_SHARE[0]), 0, 1)
    return np.asarray(np.maximum(seen, beside_jaw(landmarks, probability.shape)), np.float32)


def skin_coloured(lab: NDArray[Any], landmarks: NDArray[Any]) -> NDArray[Any]:
    """(H, W) boolean: the colour is one of the face's own skin, of a picture in CIELAB (H, W, 3)."""
    face = lab[skin_region(landmarks, (lab.shape[0], lab.shape[1])) > 0]
    if len(face) < _LEAST_SKIN_PX:
        return np.zeros(lab.shape[:2], bool)
    middle, spread = np.median(face, axis=0), np.maximum(face.std(axis=0), _LEAST_SPREAD)
    return np.asarray((np.abs(lab - middle) < _ALIKE * spread).all(axis=-1))


def beside_jaw(landmarks: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """(H, W) float32: 1 right beside the face below the ears. Where hair hangs there, the person's edge is
    farther out."""
    unit, (_, eye_y) = face_unit(landmarks), eye_middle(landmarks)
    away = _distance(region(landmarks, FACE_OVAL, (shape[0], shape[1])) == 0) / unit
    near = np.clip((_JAW_NEAR[1] - away) / (_JAW_NEAR[1] - _JAW_NEAR[0]), 0, 1)
    below = (np.arange(shape[0], dtype=np.float32) - eye_y) / unit
    below = np.clip((below - _JAW_BELOW[0]) / (_JAW_BELOW[1] - _JAW_BELOW[0]), 0, 1)
    return np.asarray(near * below[:, None], np.float32)


def make_trimap(
    image: NDArray[Any], probability: Alpha, landmarks: NDArray[Any], middle: Alpha | None = None
) -> Alpha:
    """(H, W) float32 of 0 (backdrop), 0.5 (unknown), 1 (person).

    `image` is (H, W, 3) float32 sRGB 0..1, `middle` the middle vote of the segmenter's views (none:
    `probability`). The photo's own borders are no edge of the person: distance is
    measured on a mask that goes on beyond them.
    """
    unit = face_unit(landmarks)
    pad = max(4, round(0.2 * unit))
    wide = cv2.copyMakeBorder(probability, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    inside = _distance(wide > 0.5)[pad:-pad, pad:-pad]
    outside = _distance(wide <= 0.5)[pad:-pad, pad:-pad]
    hair = hair_weight(landmarks, probability.shape) * (1 - _near_skin(image, probability, landmarks))
    reach_in = unit * (_CLOTH_INSIDE + hair * (_HAIR_INSIDE - _CLOTH_INSIDE))
    reach_out = unit * (_CLOTH_OUTSIDE + hair * (_HAIR_OUTSIDE - _CLOTH_OUTSIDE))
    trimap = np.full(probability.shape, 0.5, np.float32)
    trimap[(inside > reach_in) & (probability > _SURE_PERSON)] = 1.0
    trimap[(outside > reach_out) & (probability < _SURE_BACK)] = 0.0
    trimap[(inside > 2.5 * reach_in)] = 1.0
    trimap[(outside > 2.0 * reach_out)] = 0.0
    middle = probability if middle is None else middle
    face = known_face(landmarks, middle)
    trimap[face] = 1.0
    odds = colour_odds(image, trimap >= 1, trimap <= 0, unit, eye_middle(landmarks))
    trimap = _without_plain_backdrop(trimap, odds, outside / unit, unit)
    outer = np.clip((_BETWEEN_WITHIN - inside / unit) / 0.05, 0, 1)
    inner = np.where(trimap >= 1, odds, np.float32(1))
    trimap[_between_strands(image, inner, hair * outer, landmarks)] = 0.5
    seen = cv2.dilate(backdrop_seen(odds, middle, unit).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    around_head = hair_weight(landmarks, probability.shape) * outer > _BETWEEN_HAIR
    trimap[seen & (trimap >= 1) & around_head & ~face] = 0.5
    return trimap


def known_face(landmarks: NDArray[Any], middle: Alpha) -> NDArray[Any]:
    """(H, W) boolean: where the mesh says face, but for what lies beyond the jaw that is turned away."""
    inside = _distance(region(landmarks, FACE_OVAL, middle.shape))
    return np.asarray((inside > 2) & ((middle > _FACE_VOTE) | (inside > _FACE_INSIDE * face_unit(landmarks))))


def backdrop_seen(odds: Alpha, middle: Alpha, unit: float) -> NDArray[Any]:
    """(H, W) boolean: places, not strands, where every colour is the backdrop's alone and the views doubt:
    a burned-out cheek may be as white as the wall."""
    size = 2 * max(1, round(_PLACE * unit)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    seen = ((odds < _PLACE_BELOW) & (middle < _DOUBTED)).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(seen, cv2.MORPH_OPEN, disc) > 0)


def _without_plain_backdrop(trimap: Alpha, odds: Alpha, outside: NDArray[Any], unit: float) -> Alpha:
    """The band without the places where every colour around is the backdrop's: no strand is there."""
    size = 2 * max(1, round(_PLAIN_AROUND * unit)) + 1
    most = cv2.dilate(odds, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    plain = (trimap > 0) & (trimap < 1) & (most < _PLAIN_BELOW) & (outside > _PLAIN_OUTSIDE)
    return np.where(plain, 0.0, trimap).astype(np.float32)


def _between_strands(image: NDArray[Any], odds: Alpha, hair: NDArray[Any], at: NDArray[Any]) -> NDArray[Any]:
    """(H, W) boolean: outer hair (`hair` 0..1) that has a vivid colour of the backdrop's after all. Pale ones
    may be highlights."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2Lab)
    away = _distance(region(at, FACE_OVAL, odds.shape) == 0) / face_unit(at)
    vivid = np.hypot(lab[..., 1], lab[..., 2]) > _VIVID
    seen = ((odds < _BETWEEN_BELOW) & vivid & (hair > _BETWEEN_HAIR) & (away > _BETWEEN_AWAY)).astype(
        np.uint8
    )
    seen = cv2.morphologyEx(seen, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return np.asarray((cv2.dilate(seen, np.ones((5, 5), np.uint8)) > 0) & (hair > 0) & (away > 0))
