"""From a soft mask to sure person, sure backdrop and the band between."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.landmarks import FACE_OVAL, eye_middle, face_unit, region
from generation.imaging.types import Alpha

# Half width of the band in eye-to-chin units. Hair needs room for strands; a jacket's edge is hard,
# and a wide band there lets a backdrop of the same colour eat into the shoulder.
_HAIR_OUTSIDE, _HAIR_INSIDE = 0.13, 0.09
_CLOTH_OUTSIDE, _CLOTH_INSIDE = 0.05, 0.05
# The net's own doubt counts as unknown between these.
_SURE_BACK, _SURE_PERSON = 0.06, 0.94


def _hair_weight(landmarks: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
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


def make_trimap(probability: Alpha, landmarks: NDArray[Any]) -> Alpha:
    """(H, W) float32 of 0 (backdrop), 0.5 (unknown), 1 (person).

    The photo's own borders are no edge of the person: distance is measured on a mask that goes on
    beyond them.
    """
    unit = face_unit(landmarks)
    pad = max(4, round(0.2 * unit))
    wide = cv2.copyMakeBorder(probability, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    inside = _distance(wide > 0.5)[pad:-pad, pad:-pad]
    outside = _distance(wide <= 0.5)[pad:-pad, pad:-pad]
    hair = _hair_weight(landmarks, probability.shape)
    reach_in = unit * (_CLOTH_INSIDE + hair * (_HAIR_INSIDE - _CLOTH_INSIDE))
    reach_out = unit * (_CLOTH_OUTSIDE + hair * (_HAIR_OUTSIDE - _CLOTH_OUTSIDE))
    trimap = np.full(probability.shape, 0.5, np.float32)
    trimap[(inside > reach_in) & (probability > _SURE_PERSON)] = 1.0
    trimap[(outside > reach_out) & (probability < _SURE_BACK)] = 0.0
    trimap[(inside > 2.5 * reach_in)] = 1.0
    trimap[(outside > 2.0 * reach_out)] = 0.0
    face = cv2.erode(region(landmarks, FACE_OVAL, probability.shape), np.ones((5, 5), np.uint8))
    trimap[face > 0] = 1.0
    return trimap
