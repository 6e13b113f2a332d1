"""Where the person is: a soft mask tied to one face.

MediaPipe's selfie segmentation sees 256 x 256 pixels, whatever it is given. It therefore runs on
three crops around the face (whole reach, bust, head) and each crop speaks where it is the finest
one that saw the pixel with context around it. The pose net gives a second opinion, which takes out
flags and furniture that the first takes for clothes. What does not connect to this face is dropped.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.landmarks import FACE_OVAL, Landmarks, eye_middle, face_unit, region
from generation.imaging.matting.nets import body_mask, selfie_mask
from generation.imaging.types import SRGB8, Alpha, Face

# Crops in units of eye-to-chin distance around the eyes: left/right, up, down. The head crop has
# room for big hair, the bust crop for shoulders; the widest is clipped to the photo.
_CROPS = ((3.2, 2.6, 3.8), (2.2, 2.0, 2.4), (1.45, 1.65, 1.25))
# A finer crop fades in over this share of its size, because the net is unsure at its own border.
_FEATHER = 0.14
# The second net's say: below the first it strikes out what the first took for the person, above the
# second it gives back what the first left out. Its edges are coarse, hence the reach (in eye-to-chin
# units) within which it has no say.
_STRIKE = (0.25, 0.70)
_GIVE = (0.70, 0.92)
_NO_SAY = 0.04
_CERTAIN = (0.90, 0.97)
_HALF_HEARTED = 0.4
# Below the first of these the first net's probability counts as none, above the second as all.
_FIRM = (0.45, 0.92)
# It is only believed where it agrees that the face is one.
_SEES_FACE = 0.8


def _window(height: int, width: int, sides: tuple[bool, bool, bool, bool]) -> Alpha:
    """Weight of a crop: 1 inside, fading to 0 at those sides (left, top, right, bottom) where the
    photo goes on; where the photo itself ends the crop knows as much as anyone."""

    def ramp(size: int, low: bool, high: bool) -> NDArray[np.float32]:
        at = (np.arange(size, dtype=np.float32) + 0.5) / size
        weight = np.ones(size, np.float32)
        if low:
            weight = np.minimum(weight, np.clip(at / _FEATHER - 0.25, 0, 1))
        if high:
            weight = np.minimum(weight, np.clip((1 - at) / _FEATHER - 0.25, 0, 1))
        return weight

    left, top, right, bottom = sides
    out: Alpha = np.outer(ramp(height, top, bottom), ramp(width, left, right)).astype(np.float32)
    return out


def person_probability(pixels: SRGB8, face: Face, others: Sequence[Landmarks] = ()) -> Alpha:
    """Probability that a pixel belongs to the person whose face this is.

    `pixels` is (H, W, 3) sRGB; `others` are the landmarks of further faces in it, whose bodies are left
    out. Returns (H, W) float32 in 0..1.
    """
    height, width = pixels.shape[:2]
    unit, (eye_x, eye_y) = face_unit(face.landmarks), eye_middle(face.landmarks)
    out = np.zeros((height, width), np.float32)
    for side, up, down in _CROPS:
        x0, x1 = max(0, round(eye_x - side * unit)), min(width, round(eye_x + side * unit))
        y0, y1 = max(0, round(eye_y - up * unit)), min(height, round(eye_y + down * unit))
        if x1 - x0 < 16 or y1 - y0 < 16:
            continue
        found = selfie_mask(pixels[y0:y1, x0:x1])
        first = (side, up, down) == _CROPS[0]
        open_sides = (x0 > 0, y0 > 0, x1 < width, y1 < height)
        weight = np.ones_like(found) if first else _window(y1 - y0, x1 - x0, open_sides)
        out[y0:y1, x0:x1] += weight * (found - out[y0:y1, x0:x1])
    out = _second_opinion(out, pixels, face, unit)
    out = np.clip((out - _FIRM[0]) / (_FIRM[1] - _FIRM[0]), 0, 1).astype(np.float32)
    for other in others:
        out *= _nearer_than(face.landmarks, other, (height, width))
    return _connected(out, face, unit)


def _nearer_than(own: Landmarks, other: Landmarks, shape: tuple[int, int]) -> Alpha:
    """1 where a pixel is nearer to the own head and body than to the other's, each measured in its own
    size; the body is a line straight down from the eyes."""
    ys, xs = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)

    def away(landmarks: Landmarks) -> NDArray[np.float32]:
        (x, y), unit = eye_middle(landmarks), face_unit(landmarks)
        above = np.maximum(y - ys, 0)
        # A body is wider than a head: below the chin a shoulder counts as near.
        width = np.where(ys > y + unit, 1.5, 1.0)
        return np.asarray(np.hypot((xs - x) / width, above) / unit, np.float32)

    mine = np.clip((away(other) - away(own)) * 8 + 0.5, 0, 1).astype(np.float32)
    mine[region(other, FACE_OVAL, shape) > 0] = 0.0
    return np.asarray(mine, np.float32)


def _second_opinion(probability: Alpha, pixels: SRGB8, face: Face, unit: float) -> Alpha:
    """Strike out and give back by the pose net, away from the edge that it draws."""
    body = body_mask(pixels)
    oval = region(face.landmarks, FACE_OVAL, probability.shape) > 0
    if body is None or not oval.any() or float(body[oval].mean()) < _SEES_FACE:
        return probability
    reach = max(1, round(_NO_SAY * unit))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
    generous = cv2.GaussianBlur(cv2.dilate(body, kernel), (0, 0), reach / 2)
    strict = cv2.GaussianBlur(cv2.erode(body, kernel, borderType=cv2.BORDER_REPLICATE), (0, 0), reach / 2)
    keep = np.clip((generous - _STRIKE[0]) / (_STRIKE[1] - _STRIKE[0]), 0, 1)
    # The first net is sure of a person's inside and half-hearted about everything that only looks like
    # one: only that is for the second to decide.
    certain = np.clip((probability - _CERTAIN[0]) / (_CERTAIN[1] - _CERTAIN[0]), 0, 1)
    struck = probability * np.maximum(keep, certain)
    give = np.clip((strict - _GIVE[0]) / (_GIVE[1] - _GIVE[0]), 0, 1) * (probability > _HALF_HEARTED)
    return np.asarray(np.maximum(struck, give).astype(np.float32), np.float32)


def _connected(probability: Alpha, face: Face, unit: float) -> Alpha:
    """Keep what hangs together with the face. A thin bridge (a shoulder touching a flag, a hand on
    it) is cut by opening before looking for what connects."""
    solid = (probability > 0.5).astype(np.uint8)
    oval = region(face.landmarks, FACE_OVAL, probability.shape)
    radius = max(1, round(0.06 * unit))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    opened = cv2.morphologyEx(solid, cv2.MORPH_OPEN, kernel) | oval
    _, labels = cv2.connectedComponents(opened, connectivity=4)
    inside = labels[oval > 0]
    label = np.bincount(inside[inside > 0]).argmax() if (inside > 0).any() else 0
    mine = (labels == label).astype(np.uint8) if label else oval
    # Give back what opening shaved off, and a margin of softness for hair.
    reach = max(1, round(0.14 * unit))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    near = cv2.dilate(mine, kernel)
    out: Alpha = np.where(near > 0, probability, 0.0).astype(np.float32)
    out[oval > 0] = np.maximum(out[oval > 0], 0.99)
    return _without_holes(out)


def _without_holes(probability: Alpha) -> Alpha:
    """Fill holes that the outside cannot reach and that are small against the person; a gap between
    arm and body is seen background and stays."""
    solid = (probability > 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - solid, connectivity=4)
    limit = 0.004 * float(solid.sum())
    height, width = solid.shape
    for label in range(1, count):
        x, y, w, h, area = stats[label]
        touches = x == 0 or y == 0 or x + w == width or y + h == height
        if not touches and area < limit:
            probability[labels == label] = 1.0
    return probability
