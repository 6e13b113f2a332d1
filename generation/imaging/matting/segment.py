"""Where the person is: a soft mask tied to one face.

MediaPipe's selfie segmentation sees 256 x 256 pixels, whatever it is given. It therefore runs on two
crops around the face (whole reach, bust), and on each it is asked about many turned views of the picture
(test-time augmentation). Where the views agree they are mostly right; a flag's fold beside a neck is a
person in some and none in others. `deciding` settles such places with other witnesses. What does not connect
to this face is dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.landmarks import FACE_OVAL, Landmarks, eye_middle, face_unit, region
from generation.imaging.matting import models
from generation.imaging.matting.deciding import EDGE, decided, disc
from generation.imaging.matting.nets import selfie_views
from generation.imaging.matting.trimap import known_face
from generation.imaging.types import SRGB8, Alpha, Face

# Crops in units of eye-to-chin distance around the eyes: left/right, up, down; clipped to the photo. A
# crop of the head alone is no help: without shoulders the net takes more for the person.
_CROPS: Final = ((3.2, 2.6, 3.8), (2.2, 2.0, 2.4))
# A finer crop fades in over this share of its size, because the net is unsure at its own border.
_FEATHER: Final = 0.14
# Order statistics of the views' votes: what most views say at a person's edge is closest to the truth
# just below the median; the quarter that says least is the one that flags do not fool.
_QUANTILES: Final = (0.25, 0.45, 0.70)
# Below the first of these a probability counts as none, above the second as all.
_FIRM: Final = (0.30, 0.70)


@dataclass(frozen=True, slots=True)
class Opinion:
    """A segmenter's answer; a stronger one (BiRefNet, MODNet) plugs in by giving the same.

    `probability` (H, W) float32 0..1 that a pixel is the person's. `contested` (H, W) float32 0..1: how
    strongly the witnesses contradict each other there, over an area and not just along an edge, and
    unless the colours say that it is the person. `before`: area of what is held or stands before the chest
    (`deciding`), in squares of eyes to chin. `middle` (H, W): the middle vote of the
    segmenter's views, before any other witness.
    """

    probability: Alpha
    contested: Alpha
    before: float
    middle: Alpha


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


def person_probability(pixels: SRGB8, face: Face, others: Sequence[Landmarks] = ()) -> Opinion:
    """What of a picture belongs to the person whose face this is.

    `pixels` is (H, W, 3) sRGB; `others` are the landmarks of further faces in it, whose bodies are left
    out.
    """
    shape = (pixels.shape[0], pixels.shape[1])
    net = models.chosen()
    if net is None:
        votes = _votes(pixels, face.landmarks)
        middle = votes[..., 1]
        out, contested, before = decided(pixels, votes, face.landmarks)
    else:
        (out, contested), before = _told_by(net, pixels, face.landmarks), 0.0
        middle = out
    out = np.clip((out - _FIRM[0]) / (_FIRM[1] - _FIRM[0]), 0, 1).astype(np.float32)
    for other in others:
        out *= _nearer_than(face.landmarks, other, shape)
    return Opinion(_connected(out, face, middle), contested, before, middle)


def _told_by(net: models.MattingNet, pixels: SRGB8, landmarks: Landmarks) -> tuple[Alpha, Alpha]:
    """What the operator's network says of the whole reach around the face, and where it is undecided over an
    area rather than along an edge."""
    unit, (eye_x, eye_y) = face_unit(landmarks), eye_middle(landmarks)
    side, up, down = _CROPS[0]
    x0, x1 = max(0, round(eye_x - side * unit)), round(eye_x + side * unit)
    y0, y1 = max(0, round(eye_y - up * unit)), round(eye_y + down * unit)
    out = np.zeros(pixels.shape[:2], np.float32)
    out[y0:y1, x0:x1] = net(np.ascontiguousarray(pixels[y0:y1, x0:x1]))
    doubt = (1 - np.abs(2 * out - 1)).astype(np.float32)
    return out, np.asarray(cv2.morphologyEx(doubt, cv2.MORPH_OPEN, disc(EDGE * unit)), np.float32)


def _votes(pixels: SRGB8, landmarks: Landmarks) -> NDArray[np.float32]:
    """(H, W, 3): low, middle and high order statistic of the views' votes."""
    height, width = pixels.shape[:2]
    unit, (eye_x, eye_y) = face_unit(landmarks), eye_middle(landmarks)
    votes = np.zeros((height, width, 3), np.float32)
    covered: tuple[int, ...] = ()
    for side, up, down in _CROPS:
        x0, x1 = max(0, round(eye_x - side * unit)), min(width, round(eye_x + side * unit))
        y0, y1 = max(0, round(eye_y - up * unit)), min(height, round(eye_y + down * unit))
        if x1 - x0 < 16 or y1 - y0 < 16 or (x0, y0, x1, y1) == covered:
            continue
        found = _quantiles(selfie_views(pixels[y0:y1, x0:x1]))
        layers = np.ascontiguousarray(np.moveaxis(found, 0, -1).astype(np.float32))
        layers = np.clip(cv2.resize(layers, (x1 - x0, y1 - y0), interpolation=cv2.INTER_CUBIC), 0, 1)
        weight = np.ones(layers.shape[:2], np.float32)
        if covered:
            weight = _window(y1 - y0, x1 - x0, (x0 > 0, y0 > 0, x1 < width, y1 < height))
        votes[y0:y1, x0:x1] += weight[..., None] * (layers - votes[y0:y1, x0:x1])
        covered = (x0, y0, x1, y1)
    return votes


def _quantiles(views: NDArray[np.float32]) -> NDArray[np.float32]:
    """The `_QUANTILES` of (V, h, w) views, between neighbours linearly. The views are sorted whole planes at
    a time (odd-even transposition), six times as fast as numpy's way along the first axis."""
    planes, count = list(views), len(views)
    for start in (step % 2 for step in range(count)):
        for at in range(start, count - 1, 2):
            pair = planes[at], planes[at + 1]
            planes[at], planes[at + 1] = cv2.min(*pair), cv2.max(*pair)
    out = []
    for share in _QUANTILES:
        low = int(share * (count - 1))
        part = np.float32(share * (count - 1) - low)
        out.append(planes[low] + part * (planes[min(low + 1, count - 1)] - planes[low]))
    return np.asarray(out, np.float32)


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


def _connected(probability: Alpha, face: Face, middle: Alpha) -> Alpha:
    """Keep what hangs together with the face. A thin bridge (a shoulder touching a flag, a hand on
    it) is cut by opening before looking for what connects."""
    unit, solid = face_unit(face.landmarks), (probability > 0.5).astype(np.uint8)
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
    known = known_face(face.landmarks, middle)
    out[known] = np.maximum(out[known], 0.99)
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
